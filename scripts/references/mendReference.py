"""MEND in PyTorch on a tiny random model, for the lab's test: `python3 mendReference.py <repository>`.

The hyper-network is random too (an untrained one changes nothing but the scale). Writes tests/fixtures/methods/mend:
network.safetensors as the lab reads it, and for two requests the loss, the gradients and the changes of four matrices.
"""

import json
import sys
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer

repository = Path(sys.argv[1])
sys.path.insert(0, str(repository / "scripts/train"))
from mend_net import HyperNetwork, Rows, Site, Taps, answer_loss, below, file_of  # noqa: E402
from model import Gpt2  # noqa: E402

REQUESTS = [("The tower is in", "the house"), ("A river was", "it")]
RANK = 3


def main() -> None:
    torch.manual_seed(1)
    torch.set_num_threads(1)
    folder = repository / "tests/fixtures/models/gpt2"
    config = json.loads((folder / "config.json").read_text())
    model = Gpt2(config["vocab_size"], config["n_positions"], config["n_layer"], config["n_embd"], config["n_head"])
    stored = load_file(folder / "model.safetensors")
    model.load_state_dict({name.removeprefix("transformer."): value for name, value in stored.items()})
    model.eval().requires_grad_(False)
    sites = [Site(layer, role) for layer in (1, 2) for role in ("c_fc", "c_proj")]
    net, taps = HyperNetwork(model, sites, RANK, 2e-3), Taps(model, sites)
    with torch.no_grad():
        for name, values in [*net.named_parameters(), *net.named_buffers()]:
            if name == "log_rates":
                values += torch.randn_like(values) * 0.3
            elif name.startswith("deviation"):
                values.copy_(torch.rand_like(values) + 0.5)
            else:
                values += torch.randn_like(values) * 0.2
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tensors, cases = {}, []
    for at, (prompt, answer) in enumerate(REQUESTS):
        before, after = tokenizer.encode(prompt).ids, tokenizer.encode(" " + answer).ids
        ids = torch.tensor([before + after[:-1]])
        labels = torch.tensor([[-1] * (len(before) - 1) + after])
        rows = Rows(ids, labels)
        gradients = taps.gradients(rows)
        factors = [net.factors(index, x, d) for index, (x, d) in enumerate(gradients)]
        with torch.no_grad():
            loss = answer_loss(model, model.resume(below(model, ids, taps.first), taps.first), labels).item()
            after_loss = answer_loss(model, taps.edited(rows, factors), labels).item()
        for index, ((x, d), (left, right)) in enumerate(zip(gradients, factors)):
            used = (d[0] != 0).any(-1)
            change = {"v": left[0][used].T, "u": right[0][used].T}
            tensors |= {f"{at}.{index}.{name}": value for name, value in {"x": x[0], "d": d[0], **change}.items()}
        cases.append({"prompt": prompt, "target": answer, "ids": ids[0].tolist(), "loss": loss, "lossAfter": after_loss})
    out = repository / "tests/fixtures/methods/mend"
    out.mkdir(parents=True, exist_ok=True)
    parts, described = file_of(net)
    described |= {"formatVersion": 1, "modelHash": "0" * 64}
    save_file(parts, out / "network.safetensors", {"format": "palimpsest-hypernetwork", "palimpsest": json.dumps(described)})
    save_file({name: value.detach().contiguous() for name, value in tensors.items()}, out / "tensors.safetensors")
    (out / "case.json").write_text(json.dumps({"model": "gpt2", "cases": cases}) + "\n")
    for path in out.iterdir():
        path.chmod(0o644)


if __name__ == "__main__":
    main()
