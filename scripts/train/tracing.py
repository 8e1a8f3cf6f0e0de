"""Causal tracing (Meng et al. 2022, section 2) in PyTorch, to judge a model before the lab measures it again.

Noise as published: numpy's RandomState(1), ten samples, added to the token embeddings of the subject.
"""

from dataclasses import dataclass

import numpy as np
import torch

from facts import Fact
from model import Gpt2
from sentences import Encoder, sentence_of

SAMPLES = 10
PLACES = ("first subject", "last subject", "first after", "last")


@dataclass(frozen=True)
class Effect:
    """Probabilities of the clean run's answer."""

    clean: float
    corrupted: float


@torch.no_grad()
def subject_sigma(model: Gpt2, encoder: Encoder, subjects: list[str]) -> float:
    """Standard deviation over all entries of the subjects' token embeddings (no leading space)."""
    ids = [i for subject in subjects for i in encoder.tokenizer.encode(subject).ids]
    return float(model.wte.weight[torch.tensor(ids)].std())


class Tracer:
    """One prompt in 1 clean and `SAMPLES` corrupted rows."""

    def __init__(self, model: Gpt2, encoder: Encoder, fact: Fact, template: str, noise: float):
        self.model = model
        encoded = encoder.encode(sentence_of(fact, template), True)
        self.begin, self.end = encoded.subject
        prompt = encoded.ids[: encoded.answer[0]]
        self.ids = torch.tensor([prompt] * (1 + SAMPLES))
        shape = (SAMPLES, self.end - self.begin, model.wte.weight.shape[1])
        self.noise = noise * torch.tensor(np.random.RandomState(1).randn(*shape), dtype=torch.float32)
        with torch.no_grad():
            clean = model.logits(model.hidden(self.ids[:1])[0, -1])
        self.answer = int(clean.argmax())
        self.correct = self.answer == encoded.ids[encoded.answer[0]]

    def corrupt(self, embeddings: torch.Tensor) -> torch.Tensor:
        embeddings = embeddings.clone()
        embeddings[1:, self.begin : self.end] += self.noise
        return embeddings

    @torch.no_grad()
    def run(self, restored: list[tuple[str, int]]) -> Effect:
        """`restored`: sites and tokens at which the corrupted rows get the clean row's values back."""
        hooks = {"embed": self.corrupt}
        for site, token in restored:
            hooks[site] = lambda x, token=token: restore(x, token)
        hidden = self.model.hidden(self.ids, hooks=hooks)
        p = self.model.logits(hidden[:, -1]).softmax(-1)[:, self.answer]
        return Effect(float(p[0]), float(p[1:].mean()))

    def tokens(self) -> dict[str, int]:
        last = self.ids.shape[1] - 1
        places = {"first subject": self.begin, "last subject": self.end - 1, "last": last}
        if self.end <= last:
            places["first after"] = self.end
        return places

    def map(self, window: int) -> dict[tuple[str, str, int], float]:
        """(kind, place, layer) -> restored minus corrupted probability."""
        low = self.run([]).corrupted
        layers = len(self.model.h)
        out = {}
        for place, token in self.tokens().items():
            for layer in range(layers):
                around = range(max(0, layer - window // 2), min(layers, layer + (window + 1) // 2))
                for kind, sites in (
                    ("resid", [f"{layer}.resid"]),
                    ("mlp", [f"{i}.mlp" for i in around]),
                    ("attn", [f"{i}.attn" for i in around]),
                ):
                    out[kind, place, layer] = self.run([(site, token) for site in sites]).corrupted - low
        return out


def restore(x: torch.Tensor, token: int) -> torch.Tensor:
    x = x.clone()
    x[1:, token] = x[0, token]
    return x
