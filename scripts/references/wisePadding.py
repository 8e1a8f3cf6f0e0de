"""Inputs of the map at padding in EasyEdit's WISE runs, which count padding in the mean distance of a text.

    python3 wisePadding.py <shared fixtures> <out.safetensors>

The runs (fixtures methods/wise-*) pad on the left and mask the padding; the version of transformers they used lets a
padded position look at all positions alike. The lab has no padding, so its test is given these inputs: for each edit a
tensor `<case>.<edit>` [padded positions, in], row by row, in the order of the text.
"""

import json
import sys
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import load_file, save_file

HEADS, KEY_VALUE_HEADS = 4, 2


def attention(query, key, value, allowed):
    scores = query @ key.transpose(-1, -2) / query.shape[-1] ** 0.5
    # Where nothing is allowed all scores are equal, and so is the attention.
    weights = scores.masked_fill(~allowed, torch.finfo(torch.float32).min).softmax(-1)
    return (weights @ value).transpose(1, 2).flatten(2)


def by_head(x, heads):
    return x.view(*x.shape[:2], heads, -1).transpose(1, 2)


def gpt2_input(weights, ids, allowed, layer):
    """Input of c_fc in block `layer`."""

    def norm(x, name):
        return F.layer_norm(x, x.shape[-1:], weights[f"{name}.weight"], weights[f"{name}.bias"], 1e-5)

    def linear(x, name):
        return x @ weights[f"{name}.weight"] + weights[f"{name}.bias"]

    x = weights["transformer.wte.weight"][ids] + weights["transformer.wpe.weight"][: ids.shape[1]]
    for index in range(layer + 1):
        block = f"transformer.h.{index}"
        parts = linear(norm(x, f"{block}.ln_1"), f"{block}.attn.c_attn").chunk(3, -1)
        mixed = attention(*(by_head(part, HEADS) for part in parts), allowed)
        x = x + linear(mixed, f"{block}.attn.c_proj")
        inner = norm(x, f"{block}.ln_2")
        if index == layer:
            return inner
        x = x + linear(F.gelu(linear(inner, f"{block}.mlp.c_fc"), approximate="tanh"), f"{block}.mlp.c_proj")


def rotated(x):
    half = x.shape[-1] // 2
    angles = torch.outer(torch.arange(x.shape[2]).float(), 10000 ** -(torch.arange(half).float() / half))
    cos, sin = (torch.cat([f(angles)] * 2, -1) for f in (torch.cos, torch.sin))
    return x * cos + torch.cat([-x[..., half:], x[..., :half]], -1) * sin


def llama_input(weights, ids, allowed, layer):
    """Input of down_proj in block `layer`."""

    def norm(x, name):
        return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + 1e-5) * weights[f"{name}.weight"]

    def linear(x, name):
        return x @ weights[f"{name}.weight"].T

    x = weights["model.embed_tokens.weight"][ids]
    for index in range(layer + 1):
        block = f"model.layers.{index}"
        inner = norm(x, f"{block}.input_layernorm")
        query = rotated(by_head(linear(inner, f"{block}.self_attn.q_proj"), HEADS))
        key = rotated(by_head(linear(inner, f"{block}.self_attn.k_proj"), KEY_VALUE_HEADS))
        value = by_head(linear(inner, f"{block}.self_attn.v_proj"), KEY_VALUE_HEADS)
        key, value = (one.repeat_interleave(HEADS // KEY_VALUE_HEADS, 1) for one in (key, value))
        x = x + linear(attention(query, key, value, allowed), f"{block}.self_attn.o_proj")
        inner = norm(x, f"{block}.post_attention_layernorm")
        key = F.silu(linear(inner, f"{block}.mlp.gate_proj")) * linear(inner, f"{block}.mlp.up_proj")
        if index == layer:
            return key
        x = x + linear(key, f"{block}.mlp.down_proj")


def main(shared: Path, out: Path):
    found = {}
    for case in ("wise-gpt2-one-edit", "wise-llama-one-edit", "wise-llama-shards"):
        stored = json.loads((shared / "methods" / case / "case.json").read_text())
        tensors = load_file(shared / "methods" / case / "tensors.safetensors")
        weights = load_file(shared / "models" / stored["model"] / "model.safetensors")
        for edit in range(len(stored["edits"])):
            ids = tensors[f"input_ids_{edit}"].long()
            real = tensors[f"attention_mask_{edit}"].bool()
            causal = torch.ones(ids.shape[1], ids.shape[1], dtype=torch.bool).tril()
            allowed = causal[None, None] & real[:, None, None, :]
            inputs = gpt2_input(weights, ids, allowed, 3) if "gpt2" in case else llama_input(weights, ids, allowed, 4)
            found[f"{case}.{edit}"] = inputs[~real].contiguous()
    save_file(found, out)


if __name__ == "__main__":
    torch.set_grad_enabled(False)
    torch.set_num_threads(1)
    main(Path(sys.argv[1]), Path(sys.argv[2]))
