"""Makes everything about the embedded model from nothing: `python make.py --work FOLDER [--threads 1]`.

Trains, plants, exports, embeds (weights, statistics, contexts), trains MEND on it, makes the gallery and its stored results, measures
with the lab's own engine, and draws the average trace of 200 facts. What ships is written into the repository this
file stands in; FOLDER keeps checkpoints. A step that FOLDER says is done is not done again, so an interrupted run is
started again with the same words, and ends with the same bytes (train.py resumes exactly; nothing else is random).

docs/own-model/make-log.jsonl gets a line per step: the command, its seconds, the hashes of what it wrote.
"""

import argparse
import hashlib
import json
import platform
import shutil
import subprocess
import sys
import time
from pathlib import Path

TRAIN = Path(__file__).resolve().parent
ROOT = TRAIN.parent.parent
NAME = "palimpsest-facts"
MODEL = ROOT / "public/models" / NAME
EXAMPLES = ROOT / "public/examples"
DOCS = ROOT / "docs/own-model"
LOG = DOCS / "make-log.jsonl"

Step = tuple[str, list[str], Path, list[Path]]


def steps(work: Path, preset: str, threads: int, edits: int, traces: int) -> list[Step]:
    """(name, command, folder it runs in, what it writes), in order."""
    python, few = sys.executable, ["--threads", str(threads)]
    model, export = work / "model", work / "export"
    average = ["trace-average", "--model", f"embedded:{NAME}", "--data", "docs/own-model/traced-facts.json"]
    average += ["--window", "3", "--limit", str(traces), "--json"]
    average += ["--svg", "docs/own-model/trace-average.svg", "--csv", "docs/own-model/trace-average.csv"]
    return [
        ("train", [python, "train.py", "--preset", preset, "--out", str(model), *few], TRAIN, [model / "checkpoint.pt"]),
        ("plant", [python, "plant.py", str(model), "--layers", "2", *few], TRAIN, [model / "planted.pt"]),
        ("export", [python, "export.py", str(model), "--out", str(export), *few], TRAIN, [export / "model.safetensors"]),
        ("embed", ["node", "scripts/embedModel.mjs", str(export), NAME], ROOT, [MODEL]),
        ("mend", [python, "mend.py"], TRAIN, [MODEL / "mend.safetensors"]),
        ("gallery", ["node", "scripts/makeGallery.mjs"], ROOT, [EXAMPLES / "gallery.json"]),
        ("stored", ["node", "scripts/makeStored.mjs"], ROOT, [EXAMPLES]),
        ("sequence", ["node", "scripts/makeStoredRun.mjs"], ROOT, [EXAMPLES / "lifelong.json"]),
        ("measure", ["node", "scripts/measureModel.mjs", "--edits", str(edits)], ROOT, [DOCS / "metrics.json"]),
        ("precision", ["node", "scripts/measureModel.mjs", "--precision", "6"], ROOT, [DOCS / "statistics-precision.json"]),
        ("build", ["node", "scripts/buildCli.mjs"], ROOT, []),
        ("average", ["node", "bin/palimpsest.mjs", *average], ROOT, [DOCS / "trace-average.svg", DOCS / "trace-average.csv"]),
    ]


def hashes(paths: list[Path], work: Path) -> dict[str, str]:
    """SHA-256 of every file, by its path in the repository or in the work folder."""
    files = [file for path in paths for file in (sorted(path.rglob("*")) if path.is_dir() else [path])]
    names = {file: file.relative_to(ROOT if file.is_relative_to(ROOT) else work) for file in files}
    return {str(names[file]): hashlib.sha256(file.read_bytes()).hexdigest() for file in files if file.is_file()}


def told(command: list[str], work: Path) -> str:
    return " ".join(command).replace(sys.executable, "python").replace(str(work), "WORK")


def run(step: Step, work: Path) -> dict:
    name, command, folder, written = step
    began = time.time()
    output = (work / "trace-average.json").open("w") if name == "average" else None
    subprocess.run(command, cwd=folder, check=True, stdout=output)
    if name == "train":
        shutil.copy(work / "model/log.jsonl", DOCS / "training-log.jsonl")
    if output:
        output.close()
        shutil.copy(work / "trace-average.json", DOCS / "trace-average.json")
    return {
        "step": name,
        "command": told(command, work),
        "seconds": round(time.time() - began),
        "written": hashes(written, work),
    }


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--preset", default="full")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--edits", type=int, default=200)
    parser.add_argument("--traces", type=int, default=200)
    arguments = parser.parse_args()
    work = arguments.work.resolve()
    work.mkdir(parents=True, exist_ok=True)
    DOCS.mkdir(parents=True, exist_ok=True)
    # The work folder says what is done; the copy in the docs is what the reader sees.
    log = work / "make-log.jsonl"
    done = {json.loads(line)["step"] for line in log.read_text().splitlines()} if log.exists() else set()
    if not done:
        import torch

        machine = {"python": platform.python_version(), "torch": torch.__version__, "machine": platform.machine()}
        log.write_text(json.dumps({"step": "start", **machine}) + "\n")
    for step in steps(work, arguments.preset, arguments.threads, arguments.edits, arguments.traces):
        if step[0] in done:
            continue
        print(f"== {step[0]}", flush=True)
        line = run(step, work)
        with log.open("a") as file:
            file.write(json.dumps(line) + "\n")
        shutil.copy(log, LOG)


if __name__ == "__main__":
    main()
