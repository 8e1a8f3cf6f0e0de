"""How well any final state could write the long answers' tokens: for every token the largest log p over all states before
the last norm, and its lead over the next token. What stands below this in a run is the optimiser's and the blocks' part.

    python scripts/measure/longTargets/reachable.py public/models/palimpsest-facts docs/anyedit/targets.json
"""

import json
import sys
from pathlib import Path

import torch
from safetensors.torch import load_file
from tokenizers import Tokenizer

STEPS = 600
RATE = 0.05

model, targets = Path(sys.argv[1]), Path(sys.argv[2])
weights = {name: tensor.float() for name, tensor in load_file(model / "model.safetensors").items()}
rows = weights["transformer.wte.weight"]
gain, bias = weights["transformer.ln_f.weight"], weights["transformer.ln_f.bias"]
tokenizer = Tokenizer.from_file(str(model / "tokenizer.json"))
read = set(tokenizer.encode((model / "corpus.txt").read_text()).ids)

forms: dict[str, list[int]] = {}
for text in json.loads(targets.read_text()):
    forms.setdefault(text["form"], []).extend(tokenizer.encode(" " + text["answer"]).ids)
wanted = torch.tensor(sorted({token for tokens in forms.values() for token in tokens}))

# Begins at each token's own row, from the rows' centre.
state = ((rows[wanted] - rows.mean(0)) / gain.clamp(min=0.05)).requires_grad_(True)
adam = torch.optim.Adam([state], lr=RATE)
at = torch.arange(len(wanted))
best = torch.full((len(wanted),), torch.inf)
lead = torch.full((len(wanted),), -torch.inf)
for _ in range(STEPS):
    logits = torch.nn.functional.layer_norm(state, (rows.shape[1],), gain, bias, 1e-5) @ rows.T
    loss = torch.nn.functional.cross_entropy(logits, wanted, reduction="none")
    with torch.no_grad():
        own = logits[at, wanted].clone()
        others = logits.detach().clone()
        others[at, wanted] = -torch.inf
        best = torch.minimum(best, loss)
        lead = torch.maximum(lead, own - others.max(1).values)
    adam.zero_grad()
    loss.sum().backward()
    adam.step()

place = {token: index for index, token in enumerate(wanted.tolist())}
print("| form | tokens | of them in the model's text | least mean −log p | smallest lead, nats |")
print("| --- | --- | --- | --- | --- |")
for form, tokens in forms.items():
    indices = [place[token] for token in tokens]
    known = sum(token in read for token in tokens) / len(tokens)
    print(f"| {form} | {len(tokens)} | {known:.2f} | {best[indices].mean():.2f} | {lead[indices].min():.2f} |")
