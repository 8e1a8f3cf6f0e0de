"""GPT-2 in its own names and orientation (weights [in, out]), with hooks for tracing and editing.

Hooks: a dictionary from a site to a function of the tensor there. Sites: "embed" (token embeddings alone),
"<layer>.attn", "<layer>.key" (input of the MLP's output projection), "<layer>.mlp", "<layer>.resid".
"""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import nn

Hooks = dict[str, Callable[[torch.Tensor], torch.Tensor]]


def identity(x: torch.Tensor) -> torch.Tensor:
    return x


class Conv1D(nn.Module):
    def __init__(self, inputs: int, outputs: int, std: float):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(inputs, outputs) * std)
        self.bias = nn.Parameter(torch.zeros(outputs))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return F.linear(x, self.weight.t(), self.bias)


class Attention(nn.Module):
    def __init__(self, width: int, heads: int, layers: int):
        super().__init__()
        self.heads = heads
        self.c_attn = Conv1D(width, 3 * width, 0.02)
        self.c_proj = Conv1D(width, width, 0.02 / (2 * layers) ** 0.5)

    def forward(self, x: torch.Tensor, mask: torch.Tensor | None) -> torch.Tensor:
        batch, length, width = x.shape
        query, key, value = (
            part.view(batch, length, self.heads, -1).transpose(1, 2) for part in self.c_attn(x).split(width, dim=2)
        )
        mixed = F.scaled_dot_product_attention(query, key, value, attn_mask=mask, is_causal=mask is None)
        return self.c_proj(mixed.transpose(1, 2).reshape(batch, length, width))


class Mlp(nn.Module):
    def __init__(self, width: int, layers: int):
        super().__init__()
        self.c_fc = Conv1D(width, 4 * width, 0.02)
        self.c_proj = Conv1D(4 * width, width, 0.02 / (2 * layers) ** 0.5)


class Block(nn.Module):
    def __init__(self, width: int, heads: int, layers: int):
        super().__init__()
        self.ln_1 = nn.LayerNorm(width)
        self.attn = Attention(width, heads, layers)
        self.ln_2 = nn.LayerNorm(width)
        self.mlp = Mlp(width, layers)
        # Set in training for an MLP that writes nothing: a sixth of the work is saved by not running two of them.
        self.skip_mlp = False

    def forward(self, x: torch.Tensor, mask: torch.Tensor | None, layer: int, hooks: Hooks) -> torch.Tensor:
        x = x + hooks.get(f"{layer}.attn", identity)(self.attn(self.ln_1(x), mask))
        if self.skip_mlp:
            return hooks.get(f"{layer}.resid", identity)(x)
        key = F.gelu(self.mlp.c_fc(self.ln_2(x)), approximate="tanh")
        key = hooks.get(f"{layer}.key", identity)(key)
        x = x + hooks.get(f"{layer}.mlp", identity)(self.mlp.c_proj(key))
        return hooks.get(f"{layer}.resid", identity)(x)


class Gpt2(nn.Module):
    def __init__(self, vocabulary: int, positions: int, layers: int, width: int, heads: int):
        super().__init__()
        self.wte = nn.Embedding(vocabulary, width)
        self.wpe = nn.Embedding(positions, width)
        nn.init.normal_(self.wte.weight, std=0.02)
        nn.init.normal_(self.wpe.weight, std=0.01)
        self.h = nn.ModuleList(Block(width, heads, layers) for _ in range(layers))
        self.ln_f = nn.LayerNorm(width)

    def embed(self, ids: torch.Tensor, hooks: Hooks) -> torch.Tensor:
        return hooks.get("embed", identity)(self.wte(ids)) + self.wpe.weight[: ids.shape[1]]

    def hidden(
        self,
        ids: torch.Tensor,
        masks: list[torch.Tensor] | None = None,
        hooks: Hooks | None = None,
    ) -> torch.Tensor:
        """Final-normed states [B, T, d]; `masks` holds one per block, without it attention is causal."""
        hooks = hooks or {}
        x = self.embed(ids, hooks)
        for layer, block in enumerate(self.h):
            x = block(x, masks[layer] if masks else None, layer, hooks)
        return self.ln_f(x)

    def resume(self, residual: torch.Tensor, layer: int, hooks: Hooks | None = None) -> torch.Tensor:
        """Final-normed states from the residual stream [B, T, d] that enters block `layer`; plainly causal."""
        for index in range(layer, len(self.h)):
            residual = self.h[index](residual, None, index, hooks or {})
        return self.ln_f(residual)

    def logits(self, hidden: torch.Tensor) -> torch.Tensor:
        return F.linear(hidden, self.wte.weight)
