"""Makes room in tests/fixtures without losing a comparison.

    python3 compactFixtures.py <repository>              the files that are there
    python3 compactFixtures.py <repository> <shared>     and those of AnyEdit and the other methods that belong there

A safetensors file leaves out what follows from its other tensors and says how in its metadata (read by
src/model/testing/expandFixture.ts): a rank-one change (equal to the bit), a symmetric matrix's upper half (equal to the
bit), a change of low rank as R^T X (within 2e-5 of its norm; its bounds are 2e-3 and wider). JSON loses its spaces.
"""
import gzip
import json
import struct
import sys
from pathlib import Path

import numpy as np

TYPES = {"F32": "<f4", "F64": "<f8", "I64": "<i8", "I32": "<i4"}
LONG_CASES = ["02-memit-are-w6-v2", "07-memit-baseline-repaired", "08-alphaedit-are-w4", "09-alphaedit-baseline",
              "11-unke-are-w4", "13-unke-baseline"]
METHOD_CASES = ["grace", "grace-eps3", "kn-gpt2", "kn-gpt2-two-tokens", "lora-gpt2"]


def read(path):
    raw = path.read_bytes()
    start = 8 + struct.unpack("<Q", raw[:8])[0]
    header = json.loads(raw[8:start])
    notes = header.pop("__metadata__", {})
    tensors = {}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        tensors[name] = np.frombuffer(raw[start + begin:start + end], TYPES[entry["dtype"]]).reshape(entry["shape"])
    return tensors, notes


def write(path, tensors, notes, derived):
    metadata = {**notes, **({"derived": json.dumps(derived)} if derived else {})}
    header, offset = ({"__metadata__": metadata} if metadata else {}), 0
    for name, values in tensors.items():
        kind = next(key for key, dtype in TYPES.items() if np.dtype(dtype) == values.dtype)
        header[name] = {"dtype": kind, "shape": list(values.shape), "data_offsets": [offset, offset + values.nbytes]}
        offset += values.nbytes
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    path.parent.mkdir(parents=True, exist_ok=True)
    body = b"".join(np.ascontiguousarray(values).tobytes() for values in tensors.values())
    path.write_bytes(struct.pack("<Q", len(text)) + text + body)


def compact(tensors):
    """The tensors that stay, and how the others follow."""
    kept, derived = dict(tensors), {}
    for name, values in tensors.items():
        if values.ndim == 2 and values.shape[0] == values.shape[1] > 40 and (values == values.T).all():
            kept[f"{name}.lower"] = kept.pop(name)[np.tril_indices(values.shape[0])]
            derived[name] = {"symmetric": f"{name}.lower"}
        if name == "delta_w" and {"u", "v"} <= tensors.keys():
            order = ["u", "v"] if values.shape[0] == tensors["u"].size else ["v", "u"]
            if (np.outer(*(tensors[one] for one in order)).astype("<f4") == values).all():
                del kept[name]
                derived[name] = {"outer": order}
        residual = residual_of(name, tensors)
        if residual is not None:
            factors = in_factors(values, residual)
            names = [f"{name}.left.factor", f"{name}.right.factor"]
            del kept[name]
            kept.update(zip(names, factors))
            derived[name] = {"product": names}
    return kept, derived


def residual_of(name, tensors):
    """R [d, n] of a change written for n residuals: AnyEdit's delta_3 and residual_3, the others' b0.delta_w.2 and b0.R.2."""
    if name.startswith("delta_") and f"residual_{name[6:]}" in tensors:
        return tensors[f"residual_{name[6:]}"].T
    if "delta_w." in name:
        return tensors.get(name.replace("delta_w.", "R."))
    return None


def in_factors(values, residual):
    """The two factors whose product is the change, in the orientation that it is stored in."""
    turned = values.shape[0] != residual.shape[0]
    change = (values.T if turned else values).astype("f8")
    left = np.ascontiguousarray(residual, "<f4")
    right = np.linalg.lstsq(left.astype("f8"), change, rcond=None)[0].astype("<f4")
    error = np.linalg.norm(left.astype("f8") @ right.astype("f8") - change) / np.linalg.norm(change)
    assert error < 3e-5, error
    return (np.ascontiguousarray(right.T), np.ascontiguousarray(left.T)) if turned else (left, right)


def compact_file(source, target, keep=lambda name: True):
    tensors, notes = read(source)
    if "derived" in notes:
        return
    kept, derived = compact({name: values for name, values in tensors.items() if keep(name)})
    if derived or source != target:
        write(target, kept, notes, derived)


def minify(source, target):
    text = json.dumps(json.loads(source.read_text("utf8")), ensure_ascii=False, separators=(",", ":"))
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text + "\n", "utf8")


def compact_facts(path):
    """What training knew of each fact stays beside the weights in ../shared; tests ask for these."""
    facts = json.loads(path.read_text("utf8"))
    for fact in facts["facts"]:
        for name in set(fact) - {"subject", "relation", "target", "kind", "prompts"}:
            del fact[name]
        for prompt in fact["prompts"]:
            prompt.pop("p_first_token", None)
    path.write_text(json.dumps(facts, ensure_ascii=False, separators=(",", ":")) + "\n", "utf8")


def main(repository, shared=None):
    fixtures = Path(repository) / "tests/fixtures"
    for folder in ["editing/*/*", "linalg/*", "superposition/*"]:
        for path in fixtures.glob(f"{folder}/tensors.safetensors"):
            compact_file(path, path)
    for path in [*fixtures.glob("models/*/expected.json"), *fixtures.glob("editing/*/*/case.json")]:
        minify(path, path)
    for path in fixtures.glob("models/tiny-facts2-*/facts.json"):
        compact_facts(path)
    if shared is None:
        return
    shared = Path(shared)
    name = "tiny-facts-gpt2"
    (fixtures / "models" / name).mkdir(exist_ok=True)
    for file in ["config.json", "tokenizer.json", "tokenizer_config.json"]:
        minify(shared / "models" / name / file, fixtures / "models" / name / file)
    weights = (shared / "models" / name / "model.safetensors").read_bytes()
    (fixtures / "models" / name / "model.safetensors.gz").write_bytes(gzip.compress(weights, 9, mtime=0))
    folders = [f"anyedit/{name}/{case}" for case in ["00-shared", *LONG_CASES]]
    for folder in [*folders, *(f"methods/{case}" for case in METHOD_CASES)]:
        # Projectors follow from C; UnKE's changes and the targets z are compared by nothing.
        keep = lambda tensor: not tensor.startswith(("P_", "delta.")) and tensor != "z"
        compact_file(shared / folder / "tensors.safetensors", fixtures / folder / "tensors.safetensors", keep)
        minify(shared / folder / "case.json", fixtures / folder / "case.json")


if __name__ == "__main__":
    main(*sys.argv[1:])
