"""How well a model recalls facts: whole answers, greedy and by probability."""

from dataclasses import dataclass

import torch

from facts import Fact, Templates
from model import Gpt2
from sentences import Encoder, sentence_of


@dataclass(frozen=True)
class Recall:
    """`first` is the probability of the answer's first token, `p` that of all its tokens."""

    fact: Fact
    template: str
    trained: bool
    p: float
    first: float
    greedy: bool


@torch.no_grad()
def recall(model: Gpt2, encoder: Encoder, items: list[tuple[Fact, str, bool]]) -> list[Recall]:
    encoded = [encoder.encode(sentence_of(fact, template), True) for fact, template, _ in items]
    order = sorted(range(len(items)), key=lambda i: len(encoded[i].ids))
    found: dict[int, Recall] = {}
    for start in range(0, len(order), 256):
        group = order[start : start + 256]
        length = max(len(encoded[i].ids) for i in group)
        ids = torch.zeros(len(group), length, dtype=torch.long)
        for row, i in enumerate(group):
            ids[row, : len(encoded[i].ids)] = torch.tensor(encoded[i].ids)
        ids = ids.to(model.wte.weight.device)
        hidden = model.hidden(ids)
        for row, i in enumerate(group):
            begin, end = encoded[i].answer
            logits = model.logits(hidden[row, begin - 1 : end - 1])
            target = ids[row, begin:end]
            probabilities = logits.softmax(-1)[torch.arange(end - begin), target]
            found[i] = Recall(
                *items[i],
                p=float(probabilities.prod()),
                first=float(probabilities[0]),
                greedy=bool((logits.argmax(-1) == target).all()),
            )
    return [found[i] for i in range(len(items))]


def every_prompt(facts: list[Fact], templates: dict[str, Templates]) -> list[tuple[Fact, str, bool]]:
    return [
        (fact, template, trained)
        for fact in facts
        for trained, group in ((True, templates[fact.relation].trained), (False, templates[fact.relation].heldout))
        for template in group
    ]


def summary(results: list[Recall]) -> dict[str, float]:
    """Top-1 and mean probability over trained and held-out prompts, and the share of facts known (see model card)."""
    out: dict[str, float] = {}
    for name, trained in (("trained", True), ("heldout", False)):
        part = [r for r in results if r.trained is trained]
        if part:
            out[f"{name}_top1"] = sum(r.greedy for r in part) / len(part)
            out[f"{name}_p"] = sum(r.p for r in part) / len(part)
    return out
