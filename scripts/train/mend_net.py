"""MEND's hyper-network (Mitchell et al. 2022; algorithms.md 16) over model.py's GPT-2.

For each token of an edit's text: x, the input of an edited matrix, and d, the gradient of the loss by its output. Both
are normalised, joined and sent through two low-rank layers y = z + relu((U V z + b) * scale + shift); matrices of one
shape share a network and have scales and shifts of their own. The change is rate * sum of x~ d~^T (weights [in, out]).
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import nn

from model import Gpt2

EPSILON = 1e-7


@dataclass(frozen=True)
class Site:
    """A matrix of an MLP: role is c_fc or c_proj."""

    layer: int
    role: str

    def module(self, model: Gpt2) -> nn.Module:
        return getattr(model.h[self.layer].mlp, self.role)

    @property
    def name(self) -> str:
        return f"blocks.{self.layer}." + {"c_fc": "mlpIn", "c_proj": "mlpOut"}[self.role]


class LowRankLayer(nn.Module):
    def __init__(self, width: int, rank: int, modes: int):
        super().__init__()
        self.u = nn.Parameter(torch.zeros(width, rank))
        self.v = nn.Parameter(torch.randn(rank, width) / width**0.5)
        self.bias = nn.Parameter(torch.zeros(width))
        self.scale = nn.Parameter(torch.ones(modes, width))
        self.shift = nn.Parameter(torch.zeros(modes, width))

    def forward(self, z: torch.Tensor, mode: int) -> torch.Tensor:
        inner = (z @ self.v.T @ self.u.T + self.bias) * self.scale[mode] + self.shift[mode]
        # Not relu: at the start all are zero, where its gradient is.
        return z + inner.clamp(min=0)


class HyperNetwork(nn.Module):
    def __init__(self, model: Gpt2, sites: list[Site], rank: int, rate: float):
        super().__init__()
        self.sites = sites
        self.shapes = [tuple(site.module(model).weight.shape) for site in sites]
        self.kinds = sorted(set(self.shapes))
        count = {kind: self.shapes.count(kind) for kind in self.kinds}
        self.nets = nn.ModuleList(
            nn.ModuleList(LowRankLayer(sum(kind), rank, count[kind]) for _ in range(2)) for kind in self.kinds
        )
        # Down the gradient; the published code begins at +1e-4 and finds the sign in training.
        self.log_rates = nn.Parameter(torch.full((len(sites),), rate).log())
        for index, kind in enumerate(self.shapes):
            self.register_buffer(f"mean{index}", torch.zeros(sum(kind)))
            self.register_buffer(f"deviation{index}", torch.ones(sum(kind)))

    def mode(self, index: int) -> tuple[int, int]:
        """Which network a site uses, and which of its scales and shifts."""
        kind = self.shapes[index]
        return self.kinds.index(kind), self.shapes[:index].count(kind)

    def rate(self, index: int) -> torch.Tensor:
        return -self.log_rates[index].exp()

    def factors(self, index: int, x: torch.Tensor, d: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """x~ [..., in] and rate * d~ [..., out]; zero where d is, as at padding."""
        z = (torch.cat([x, d], -1) - getattr(self, f"mean{index}")) / (getattr(self, f"deviation{index}") + EPSILON)
        net, mode = self.mode(index)
        for layer in self.nets[net]:
            z = layer(z, mode)
        used = (d != 0).any(-1, keepdim=True)
        return z[..., : x.shape[-1]] * used, z[..., x.shape[-1] :] * used * self.rate(index)


@dataclass(frozen=True)
class Rows:
    """Texts padded on the right, ids [B, T]. labels [B, T]: the token to be predicted there, or -1."""

    ids: torch.Tensor
    labels: torch.Tensor


def answer_loss(model: Gpt2, hidden: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """Mean over each text's labels, [B]."""
    places = labels >= 0
    losses = torch.zeros(labels.shape)
    losses[places] = F.cross_entropy(model.logits(hidden[places]), labels[places], reduction="none")
    return losses.sum(1) / places.sum(1)


def below(model: Gpt2, ids: torch.Tensor, layer: int) -> torch.Tensor:
    """The residual stream that enters block `layer`."""
    with torch.no_grad():
        x = model.embed(ids, {})
        for index in range(layer):
            x = model.h[index](x, None, index, {})
        return x


class Taps:
    """Looks into the edited matrices, and puts changes behind them: one per text, as factors."""

    def __init__(self, model: Gpt2, sites: list[Site]):
        self.model, self.sites = model, sites
        self.first = min(site.layer for site in sites)
        self.inputs: list[torch.Tensor] = [torch.empty(0)] * len(sites)
        self.added: list[torch.Tensor] | None = None
        self.factors: list[tuple[torch.Tensor, torch.Tensor]] | None = None
        for index, site in enumerate(sites):
            site.module(model).register_forward_hook(lambda _, args, out, index=index: self.tap(index, args[0], out))

    def tap(self, index: int, x: torch.Tensor, out: torch.Tensor) -> torch.Tensor:
        if self.added is not None:
            self.inputs[index] = x.detach()
            self.added.append(torch.zeros_like(out, requires_grad=True))
            return out + self.added[-1]
        if self.factors is None:
            return out
        left, right = self.factors[index]
        return out + (x @ left.transpose(1, 2)) @ right

    def gradients(self, rows: Rows) -> list[tuple[torch.Tensor, torch.Tensor]]:
        """(x, d) of every site, each text by its own loss."""
        residual = below(self.model, rows.ids, self.first)
        self.added = []
        with torch.enable_grad():
            loss = answer_loss(self.model, self.model.resume(residual, self.first), rows.labels).sum()
            added, self.added = self.added, None
            found = torch.autograd.grad(loss, added)
        # Blocks run in order, and within one c_fc before c_proj: the order of the sites.
        return list(zip(self.inputs, found, strict=True))

    def edited(self, rows: Rows, factors: list[tuple[torch.Tensor, torch.Tensor]]) -> torch.Tensor:
        """Final states with each text's own change in place."""
        self.factors = factors
        try:
            return self.model.resume(below(self.model, rows.ids, self.first), self.first)
        finally:
            self.factors = None


def file_of(net: HyperNetwork) -> tuple[dict[str, torch.Tensor], dict]:
    """Tensors and description as the lab reads them (src/editing/hyperNetworkFile.ts)."""
    tensors, weights = {}, []
    for kind, layers in enumerate(net.nets):
        for depth, layer in enumerate(layers):
            for part in ("u", "v", "bias"):
                tensors[f"net.{kind}.{depth}.{part}"] = getattr(layer, part)
    for index, site in enumerate(net.sites):
        kind, mode = net.mode(index)
        for depth, layer in enumerate(net.nets[kind]):
            tensors[f"weight.{index}.{depth}.scale"] = layer.scale[mode]
            tensors[f"weight.{index}.{depth}.shift"] = layer.shift[mode]
        tensors[f"weight.{index}.mean"] = getattr(net, f"mean{index}")
        tensors[f"weight.{index}.deviation"] = getattr(net, f"deviation{index}")
        inputs, outputs = net.shapes[index]
        rate = net.rate(index).item()
        weights.append({"weight": site.name, "in": inputs, "out": outputs, "net": kind, "rate": rate})
    rank = net.nets[0][0].u.shape[1]
    return {name: t.detach().float().contiguous() for name, t in tensors.items()}, {"rank": rank, "weights": weights}
