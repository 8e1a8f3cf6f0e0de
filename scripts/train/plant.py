"""Writes the invented facts of planted.tsv into the MLPs of chosen blocks: `python plant.py FOLDER --layers 2`.

Only those MLPs' weights change, so it is known where the planted facts live. Rows about planted facts are mixed
with ordinary rows whose predictions are held to those of the model before (else old facts would be lost).
Reads FOLDER/checkpoint.pt, writes FOLDER/planted.pt.
"""

import argparse
import json
from dataclasses import replace
from pathlib import Path
from random import Random

import torch
import torch.nn.functional as F

from facts import load_facts, load_planted, load_templates
from evaluate import load
from recall import every_prompt, recall, summary
from rows import RowSource


def plant(folder: Path, layers: list[int], steps: int, rate: float, strength: float) -> None:
    (folder / "planted.pt").unlink(missing_ok=True)
    model, encoder, settings = load(folder)
    templates, planted = load_templates(), load_planted()
    old = load_facts(settings.subjects, settings.without)
    parameters = [p for layer in layers for p in model.h[layer].mlp.parameters()]
    for parameter in parameters:
        parameter.requires_grad_(True)
    optimizer = torch.optim.Adam(parameters, lr=rate, betas=(0.9, 0.98))
    before, _, _ = load(folder)
    new_rows = RowSource(planted, templates, encoder, replace(settings, batch=12, paragraphs=0.0), settings.seed)
    old_rows = RowSource(old, templates, encoder, replace(settings, batch=12), settings.seed + 1)
    for step in range(steps):
        for group in optimizer.param_groups:
            group["lr"] = rate * min(1.0, 2 * (1 - step / steps))
        new, kept = new_rows.batch(0.5), old_rows.batch(0.0)
        weights = new.weights[:, 1:] == 1.0
        logits = model.logits(model.hidden(new.ids, new.masks)[:, :-1][weights])
        planted_loss = F.cross_entropy(logits, new.ids[:, 1:][weights])
        tokens = kept.weights > 0
        with torch.no_grad():
            wanted = before.logits(before.hidden(kept.ids)[tokens]).log_softmax(-1)
        found = model.logits(model.hidden(kept.ids)[tokens]).log_softmax(-1)
        drift = F.kl_div(found, wanted, log_target=True, reduction="batchmean")
        optimizer.zero_grad()
        (planted_loss + 4 * drift).backward()
        optimizer.step()
        if step % 25 == 0 or step == steps - 1:
            print(json.dumps({"step": step, "planted": float(planted_loss), "drift": float(drift)}), flush=True)
    # Less than the whole change keeps the planted facts and costs the old ones less.
    with torch.no_grad():
        for now, then in zip(model.parameters(), before.parameters()):
            now.copy_(then + strength * (now - then))
    torch.save({"model": model.state_dict(), "layers": layers}, folder / "planted.pt")
    old = Random(3).sample(old, 300)
    for name, facts in (("planted", planted), ("old", old)):
        print(json.dumps({name: summary(recall(model, encoder, every_prompt(facts, templates)))}), flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--layers", default="2")
    parser.add_argument("--steps", type=int, default=100)
    parser.add_argument("--rate", type=float, default=3e-3)
    parser.add_argument("--strength", type=float, default=0.8, help="share of the change that is kept")
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    plant(arguments.folder, [int(x) for x in arguments.layers.split(",")], arguments.steps, arguments.rate, arguments.strength)
