"""Trains the model: `python train.py --preset full --out FOLDER [--threads 2] [--minutes 150]`.

Writes tokenizer, checkpoint and log into the folder; run again with the same arguments it goes on from the last
checkpoint, with the rows and numbers an unbroken run would have had: a break changes no bit. `--minutes` only stops
early, the schedule always covers the preset's steps.
"""

import argparse
import json
import time
from pathlib import Path
from random import Random

import torch
import torch.nn.functional as F
from tokenizers import Tokenizer

from facts import Fact, load_facts, load_templates
from model import Gpt2
from optimizer import optimizers_of, rate_at
from recall import every_prompt, recall, summary
from rows import Batch, RowSource
from sentences import Encoder
from settings import PRESETS, Settings
from tokenizer import train_tokenizer, training_text


def share_at(done: float, points: tuple[tuple[float, float], ...]) -> float:
    """Share of masked rows, by linear interpolation."""
    for (x0, y0), (x1, y1) in zip(points, points[1:]):
        if done <= x1:
            return y0 + (y1 - y0) * max(0.0, done - x0) / (x1 - x0)
    return points[-1][1]


def new_model(settings: Settings) -> Gpt2:
    model = Gpt2(settings.vocabulary, settings.positions, settings.layers, settings.width, settings.heads)
    for block in model.h[: settings.silent]:
        block.skip_mlp = True
        torch.nn.init.zeros_(block.mlp.c_proj.weight)
        for parameter in block.mlp.parameters():
            parameter.requires_grad_(False)
    return model


def loss_of(model: Gpt2, batch: Batch, settings: Settings) -> tuple[torch.Tensor, float]:
    """Weighted mean cross entropy, and the plain mean over answer tokens for the log.

    To it comes a price for sub-layers that speak louder than a root mean square of 1: left alone, the first MLP
    drowns the others in the residual stream, facts are read off there, and edits further up cannot be heard.
    Below `gather_from` every loudness has its price: there attention can only copy a token's embedding upwards.
    """
    prices: list[torch.Tensor] = []

    def priced(layer: int):
        def hook(output: torch.Tensor) -> torch.Tensor:
            square = output.square().mean(-1)
            if layer < settings.gather_from:
                prices.append(settings.quiet * square.mean())
            else:
                prices.append(settings.loudness * F.relu(square - 1).mean())
            return output

        return hook

    sites = {f"{layer}.{part}": priced(layer) for layer in range(settings.layers) for part in ("attn", "mlp")}
    hidden = model.hidden(batch.ids, batch.masks, hooks=sites)
    weights = batch.weights[:, 1:].reshape(-1)
    # The unembedding is a sixth of the work; text targets are drawn with their weight instead of weighed.
    chosen = torch.rand_like(weights) < weights
    states = hidden[:, :-1].reshape(-1, hidden.shape[-1])[chosen]
    losses = F.cross_entropy(model.logits(states), batch.ids[:, 1:].reshape(-1)[chosen], reduction="none")
    answers = weights[chosen] == 1.0
    return losses.mean() + torch.stack(prices).sum(), float(losses.detach()[answers].mean())


def quick_recall(model: Gpt2, encoder: Encoder, facts: list[Fact], templates, random: Random) -> dict[str, float]:
    items = every_prompt(facts, templates)
    return summary(recall(model, encoder, random.sample(items, min(1000, len(items)))))


def train(settings: Settings, out: Path, minutes: float, device: str) -> None:
    torch.manual_seed(settings.seed)
    facts, templates = load_facts(settings.subjects, settings.without), load_templates()
    if (out / "tokenizer.json").exists():
        tokenizer = Tokenizer.from_file(str(out / "tokenizer.json"))
    else:
        tokenizer = train_tokenizer(training_text(facts, templates, settings.seed), settings.vocabulary, out)
    encoder = Encoder(tokenizer)
    (out / "settings.json").write_text(json.dumps(settings.record(), indent=1) + "\n")

    model = new_model(settings).to(device)
    optimizers = optimizers_of(model, settings)
    source = RowSource(facts, templates, encoder, settings, settings.seed)
    step, mean_loss, tokens, checkpoint = 0, None, 0, out / "checkpoint.pt"
    if checkpoint.exists():
        saved = torch.load(checkpoint, map_location=device)
        model.load_state_dict(saved["model"])
        for optimizer, state in zip(optimizers, saved["optimizers"]):
            optimizer.load_state_dict(state)
        step, mean_loss, tokens = saved["step"], saved["mean_loss"], saved["tokens"]
        source.resume(saved["rows"])
        torch.set_rng_state(saved["torch_random"].cpu())
    full_rates = [group["lr"] for optimizer in optimizers_of(model, settings) for group in optimizer.param_groups]

    def save() -> None:
        state = {
            "model": model.state_dict(),
            "optimizers": [o.state_dict() for o in optimizers],
            "step": step,
            "mean_loss": mean_loss,
            "tokens": tokens,
            "rows": source.state(),
            "torch_random": torch.get_rng_state(),
        }
        torch.save(state, out / "checkpoint.new")
        (out / "checkpoint.new").replace(checkpoint)

    log = (out / "log.jsonl").open("a")

    def note(**values) -> None:
        print(json.dumps(values), file=log, flush=True)
        print(json.dumps(values), flush=True)

    parameters = sum(p.numel() for p in model.parameters())
    subjects = len({fact.subject for fact in facts})
    note(step=step, facts=len(facts), subjects=subjects, parameters=parameters)
    began = saved_at = time.time()
    while step < settings.steps and time.time() - began < minutes * 60:
        done = (step + 1) / settings.steps
        groups = [group for optimizer in optimizers for group in optimizer.param_groups]
        for group, rate in zip(groups, full_rates):
            group["lr"] = rate * rate_at(done, settings)
        batch = source.batch(share_at(done, settings.masked)).to(device)
        loss, answer_loss = loss_of(model, batch, settings)
        model.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        for optimizer in optimizers:
            optimizer.step()
        step += 1
        tokens += batch.ids.numel()
        mean_loss = answer_loss if mean_loss is None else 0.95 * mean_loss + 0.05 * answer_loss
        if step % 50 == 0:
            note(step=step, answer_loss=round(mean_loss, 4), seconds=round(time.time() - began), tokens=tokens)
        if step % 500 == 0 or step == settings.steps:
            measured = quick_recall(model, encoder, facts, templates, Random(step))
            note(step=step, **{k: round(v, 4) for k, v in measured.items()})
        if time.time() - saved_at > 120:
            save()
            saved_at = time.time()
    save()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--preset", choices=PRESETS, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--device", default="cpu", help="where the model computes: cpu or cuda")
    parser.add_argument("--minutes", type=float, default=1e9)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    arguments.out.mkdir(parents=True, exist_ok=True)
    train(PRESETS[arguments.preset], arguments.out, arguments.minutes, arguments.device)
