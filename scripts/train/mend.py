"""Trains MEND's hyper-network on an embedded model, one command: `python mend.py [FOLDER]`.

FOLDER is an embedded model (public/models/palimpsest-facts). Writes mend.safetensors there, names the weights it was
trained on, and puts it on manifest.json's list; the lab refuses it with other weights. Edits of a fifth of the subjects,
never trained on, are measured at the end, before (the normalised gradient alone) and after training.
"""

import argparse
import hashlib
import json
import time
from pathlib import Path
from random import Random

import torch
import torch.nn.functional as F
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer

from mend_net import HyperNetwork, Rows, Site, Taps, answer_loss, below, file_of
from model import Gpt2

NAME = "mend.safetensors"
SEED = 11
RANK = 24
BATCH = 12
RATE = 1e-3
RATE_OF_RATES = 0.03
# As published: how much the edit counts beside what is to stay.
EDIT_WEIGHT, KEEP_WEIGHT = 0.1, 1.0
CALIBRATION = 16


def open_model(folder: Path) -> Gpt2:
    config = json.loads((folder / "config.json").read_text())
    model = Gpt2(config["vocab_size"], config["n_positions"], config["n_layer"], config["n_embd"], config["n_head"])
    stored = {name.removeprefix("transformer."): t.float() for name, t in load_file(folder / "model.safetensors").items()}
    model.load_state_dict(stored)
    return model.eval().requires_grad_(False)


class Facts:
    """Edits drawn from the model's own facts: the answer of another subject of the same relation."""

    def __init__(self, folder: Path):
        self.tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        content = json.loads((folder / "facts.json").read_text())
        self.relations = content["relations"]
        held = [fact for fact in content["facts"] if self.is_held(fact["subject"])]
        rest = [fact for fact in content["facts"] if not self.is_held(fact["subject"])]
        self.parts = {"train": rest, "held": held}
        self.of_relation: dict[str, list[dict]] = {}
        for fact in content["facts"]:
            self.of_relation.setdefault(fact["relation"], []).append(fact)

    @staticmethod
    def is_held(subject: str) -> bool:
        return hashlib.sha256(subject.encode()).digest()[0] % 5 == 0

    def rows(self, questions: list[tuple[str, str]]) -> Rows:
        """Prompts and answers as padded rows."""
        ids, labels = [], []
        for prompt, answer in questions:
            before, after = self.tokenizer.encode(prompt).ids, self.tokenizer.encode(" " + answer).ids
            ids.append(before + after[:-1])
            labels.append([-1] * (len(before) - 1) + after)
        longest = max(map(len, ids))
        return Rows(
            torch.tensor([row + [0] * (longest - len(row)) for row in ids]),
            torch.tensor([row + [-1] * (longest - len(row)) for row in labels]),
        )

    def draw(self, random: Random, part: str, wordings: str) -> dict:
        while True:
            fact = random.choice(self.parts[part])
            others = self.of_relation[fact["relation"]]
            answers = sorted({other["target"] for other in others} - {fact["target"]})
            near = [o for o in others if o["subject"] != fact["subject"] and (part == "held" or not self.is_held(o["subject"]))]
            if answers and near:
                break
        relation, neighbour = self.relations[fact["relation"]], random.choice(near)
        if part == "train" and random.random() < 0.4:
            neighbour = random.choice(self.parts["train"])
        new = random.choice(answers)
        fill = lambda template, subject: template.replace("{}", subject)
        return {
            "edit": (fill(random.choice(relation["templates"]), fact["subject"]), new),
            "rephrased": (fill(random.choice(relation[wordings]), fact["subject"]), new),
            "near": (fill(random.choice(self.relations[neighbour["relation"]]["templates"]), neighbour["subject"]), neighbour["target"]),
            "old": fact["target"],
        }  # fmt: skip


def of(samples: list[dict], field: str) -> list[tuple[str, str]]:
    return [sample[field] for sample in samples]


def calibrate(net: HyperNetwork, taps: Taps, facts: Facts, random: Random) -> None:
    """Means and deviations of x and d over tokens that a loss depends on (published: kept while training goes on)."""
    seen: list[list[torch.Tensor]] = [[] for _ in net.sites]
    for _ in range(CALIBRATION):
        samples = [facts.draw(random, "train", "templates") for _ in range(BATCH)]
        for index, (x, d) in enumerate(taps.gradients(facts.rows(of(samples, "edit")))):
            seen[index].append(torch.cat([x, d], -1)[(d != 0).any(-1)])
    for index, parts in enumerate(seen):
        joined = torch.cat(parts)
        getattr(net, f"mean{index}").copy_(joined.mean(0))
        getattr(net, f"deviation{index}").copy_(joined.std(0))


def outer_loss(net: HyperNetwork, taps: Taps, facts: Facts, samples: list[dict]) -> tuple[torch.Tensor, float, float]:
    """The edit has to take, also in other words, and what is near should stay: (loss, its two parts)."""
    model, count = taps.model, len(samples)
    edit = facts.rows(of(samples, "edit"))
    factors = [net.factors(index, x, d) for index, (x, d) in enumerate(taps.gradients(edit))]
    asked = facts.rows(of(samples, "edit") + of(samples, "rephrased") + of(samples, "near"))
    states = taps.edited(asked, [(left.repeat(3, 1, 1), right.repeat(3, 1, 1)) for left, right in factors])
    taken = answer_loss(model, states[: 2 * count], asked.labels[: 2 * count]).mean()
    near = Rows(asked.ids[2 * count :], asked.labels[2 * count :])
    # From the fourth token on: before that nothing tells one text from another. Padding is left out.
    places = near.ids != 0
    places[:, :3] = False
    places |= near.labels >= 0
    with torch.no_grad():
        base = model.logits(model.resume(below(model, near.ids, taps.first), taps.first)[places]).log_softmax(-1)
    now = model.logits(states[2 * count :][places]).log_softmax(-1)
    kept = F.kl_div(now, base, log_target=True, reduction="batchmean")
    return EDIT_WEIGHT * taken + KEEP_WEIGHT * kept, taken.item(), kept.item()


@torch.no_grad()
def measure(net: HyperNetwork | None, taps: Taps, facts: Facts, count: int) -> dict[str, float]:
    """Edits of held-out subjects, asked as CounterFact does: shares in percent."""
    random, right = Random(99), {"efficacy": [], "greedy": [], "paraphrase": [], "neighbourhood": []}
    for _ in range(count // BATCH):
        samples = [facts.draw(random, "held", "paraphrases") for _ in range(BATCH)]
        factors = None
        if net is not None:
            gradients = taps.gradients(facts.rows(of(samples, "edit")))
            factors = [net.factors(index, x, d) for index, (x, d) in enumerate(gradients)]

        def losses(questions: list[tuple[str, str]]) -> torch.Tensor:
            rows = facts.rows(questions)
            states = taps.edited(rows, factors) if factors else taps.model.hidden(rows.ids)
            return answer_loss(taps.model, states, rows.labels)

        news, olds = [s["edit"][1] for s in samples], [s["old"] for s in samples]
        for kind, field in (("efficacy", "edit"), ("paraphrase", "rephrased")):
            prompts = [s[field][0] for s in samples]
            right[kind] += (losses(list(zip(prompts, news))) < losses(list(zip(prompts, olds)))).tolist()
        near = [s["near"][0] for s in samples]
        own = losses(of(samples, "near"))
        right["neighbourhood"] += (own < losses(list(zip(near, news)))).tolist()
        rows = facts.rows(of(samples, "edit"))
        states = taps.edited(rows, factors) if factors else taps.model.hidden(rows.ids)
        greedy = (taps.model.logits(states).argmax(-1) == rows.labels) | (rows.labels < 0)
        right["greedy"] += greedy.all(1).tolist()
    return {kind: round(100 * sum(hits) / len(hits), 1) for kind, hits in right.items()}


def best_start(net: HyperNetwork, taps: Taps, facts: Facts) -> None:
    """The one rate for all matrices at which the normalised gradient alone does best."""
    samples = [facts.draw(Random(SEED + 1), "train", "templates") for _ in range(BATCH)]
    found = []
    for exponent in range(-12, -4):
        net.log_rates.data.fill_(exponent)
        with torch.no_grad():
            found.append((outer_loss(net, taps, facts, samples)[0].item(), exponent))
    net.log_rates.data.fill_(min(found)[1])


def train(folder: Path, steps: int, sites: list[Site], measured: int) -> tuple[HyperNetwork, dict]:
    torch.manual_seed(SEED)
    model, facts = open_model(folder), Facts(folder)
    taps = Taps(model, sites)
    net = HyperNetwork(model, sites, RANK, 1e-4)
    random = Random(SEED)
    calibrate(net, taps, facts, random)
    best_start(net, taps, facts)
    report = {"unedited": measure(None, taps, facts, measured), "gradient alone": measure(net, taps, facts, measured)}
    print(report, flush=True)
    rest = [parameter for name, parameter in net.named_parameters() if name != "log_rates"]
    groups = [{"params": rest, "lr": RATE}, {"params": [net.log_rates], "lr": RATE_OF_RATES}]
    optimizer = torch.optim.Adam(groups)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: min(1.0, 1.5 * (1 - step / steps)))
    began = time.time()
    for step in range(steps):
        samples = [facts.draw(random, "train", "templates") for _ in range(BATCH)]
        loss, taken, kept = outer_loss(net, taps, facts, samples)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        if step % 20 == 19:
            print(f"{step + 1}: edit {taken:.3f}, kept {kept:.4f}, {time.time() - began:.0f} s", flush=True)
    report["trained"] = measure(net, taps, facts, measured)
    report["steps"] = steps
    print(report, flush=True)
    return net, report


def model_hash(folder: Path) -> str:
    """The lab's own hash of the weights, which embedModel.mjs wrote down."""
    return json.loads((folder / "prepared.json").read_text())["modelHash"]


def save(net: HyperNetwork, folder: Path, trained_on: str, report: dict) -> None:
    if model_hash(folder) != trained_on:
        raise SystemExit("the model was replaced while its hyper-network was trained: run again")
    tensors, described = file_of(net)
    described |= {"formatVersion": 1, "modelHash": trained_on}
    metadata = {"format": "palimpsest-hypernetwork", "palimpsest": json.dumps(described), "report": json.dumps(report)}
    save_file(tensors, folder / NAME, metadata)
    (folder / NAME).chmod(0o644)
    put_on_manifest(folder)


def put_on_manifest(folder: Path) -> None:
    path, content = folder / "manifest.json", (folder / NAME).read_bytes()
    manifest = json.loads(path.read_text())
    files = [entry for entry in manifest["files"] if entry["name"] != NAME]
    entry = {"name": NAME, "bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    manifest["files"] = [*files, entry]
    path.write_text(json.dumps(manifest, indent=2, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path, nargs="?", default=Path(__file__).parents[2] / "public/models/palimpsest-facts")
    parser.add_argument("--steps", type=int, default=400)
    parser.add_argument("--layers", default="2,3,4")
    parser.add_argument("--roles", default="c_fc,c_proj")
    parser.add_argument("--measure", type=int, default=240)
    parser.add_argument("--try", dest="dry", action="store_true", help="train and measure, write nothing")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    wanted = [Site(int(layer), role) for layer in arguments.layers.split(",") for role in arguments.roles.split(",")]
    weights_hash = model_hash(arguments.folder)
    trained, results = train(arguments.folder, arguments.steps, wanted, arguments.measure)
    if not arguments.dry:
        save(trained, arguments.folder, weights_hash, results)
