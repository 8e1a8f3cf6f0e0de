"""Muon for the blocks' matrices, Adam for everything else.

Muon (Keller Jordan 2024) orthogonalises the momentum of a matrix before the step; rare facts are then learned
about as fast as frequent ones, which is what a model of single facts needs. `adam` uses Adam throughout.
"""

import torch
from torch import nn

from settings import Settings


def orthogonal(matrix: torch.Tensor, rounds: int = 5) -> torch.Tensor:
    """Newton-Schulz iteration towards the nearest matrix with orthonormal rows (or columns)."""
    a, b, c = 3.4445, -4.7750, 2.0315
    tall = matrix.shape[0] > matrix.shape[1]
    x = matrix.t() if tall else matrix
    x = x / (x.norm() + 1e-7)
    for _ in range(rounds):
        gram = x @ x.t()
        x = a * x + (b * gram + c * gram @ gram) @ x
    return x.t() if tall else x


class Muon(torch.optim.Optimizer):
    def __init__(self, parameters: list[nn.Parameter], lr: float, decay: float, momentum: float = 0.95):
        super().__init__(parameters, {"lr": lr, "decay": decay, "momentum": momentum})

    @torch.no_grad()
    def step(self, closure=None):
        for group in self.param_groups:
            for parameter in group["params"]:
                state = self.state[parameter]
                if "momentum" not in state:
                    state["momentum"] = torch.zeros_like(parameter)
                average = state["momentum"].lerp_(parameter.grad, 1 - group["momentum"])
                step = orthogonal(parameter.grad.lerp(average, group["momentum"]))
                scale = max(1.0, parameter.shape[1] / parameter.shape[0]) ** 0.5
                parameter.mul_(1 - group["lr"] * group["decay"])
                parameter.add_(step, alpha=-group["lr"] * scale)


def optimizers_of(model: nn.Module, settings: Settings) -> list[torch.optim.Optimizer]:
    trained = [(name, p) for name, p in model.named_parameters() if p.requires_grad]
    blocks = [p for name, p in trained if name.startswith("h.") and p.ndim == 2]
    others = [p for name, p in trained if not (name.startswith("h.") and p.ndim == 2)]
    adam = {"betas": (0.9, 0.98), "eps": 1e-8}
    if settings.optimizer == "adam":
        return [torch.optim.AdamW([*blocks, *others], lr=settings.vector_rate, weight_decay=settings.decay, **adam)]
    return [
        Muon(blocks, lr=settings.matrix_rate, decay=settings.decay),
        torch.optim.AdamW(others, lr=settings.vector_rate, weight_decay=0.0, **adam),
    ]


def rate_at(done: float, settings: Settings) -> float:
    """The learning rate's factor: linear warm-up, plateau, linear cool-down to zero."""
    return min(1.0, done / settings.warmup, (1 - done) / settings.cooldown)
