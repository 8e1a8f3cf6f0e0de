"""
Causal tracing as ROME publishes it (algorithms.md 1.2), in plain PyTorch on one thread, on a GPT-2-small-shaped model with
random weights: for every token and layer one whole forward pass of the clean row and ten corrupted ones, logits at every
position, noise drawn anew from numpy's RandomState(1). Prints seconds and the scores as JSON; romeTrace.bench.ts compares.

Usage: python3 bench/romeTrace.py weights.f32 shape.json
"""

import json
import sys
import time

import numpy
import torch

torch.set_num_threads(1)


def load(path, shape):
    """The weights in the order of romeTrace.bench.ts, as matrices [in, out] like GPT-2's Conv1D."""
    values = torch.from_numpy(numpy.fromfile(path, dtype=numpy.float32))
    tensors, at = {}, 0
    for name, dims in shape["tensors"]:
        size = int(numpy.prod(dims))
        tensors[name] = values[at : at + size].reshape(dims)
        at += size
    assert at == len(values), "the file holds exactly the tensors named"
    return tensors


class Gpt2:
    """GPT-2's forward pass; `patch(layer, h)` may change what a block has put out."""

    def __init__(self, weights, shape):
        self.w, self.layers, self.heads = weights, shape["layers"], shape["heads"]

    def norm(self, x, name):
        return torch.nn.functional.layer_norm(x, x.shape[-1:], self.w[f"{name}.weight"], self.w[f"{name}.bias"], 1e-5)

    def linear(self, x, name):
        weight, bias = self.w[f"{name}.weight"], self.w[f"{name}.bias"]
        return torch.addmm(bias, x.reshape(-1, x.shape[-1]), weight).reshape(*x.shape[:-1], weight.shape[1])

    def attention(self, x, block):
        rows, positions, width = x.shape
        parts = self.linear(x, f"{block}.attn.c_attn").split(width, dim=-1)
        query, key, value = (p.reshape(rows, positions, self.heads, -1).transpose(1, 2) for p in parts)
        z = torch.nn.functional.scaled_dot_product_attention(query, key, value, is_causal=True)
        return self.linear(z.transpose(1, 2).reshape(rows, positions, width), f"{block}.attn.c_proj")

    def mlp(self, x, block):
        key = torch.nn.functional.gelu(self.linear(x, f"{block}.mlp.c_fc"), approximate="tanh")
        return self.linear(key, f"{block}.mlp.c_proj")

    def forward(self, ids, corrupt, patch):
        x = corrupt(self.w["wte.weight"][ids]) + self.w["wpe.weight"][: ids.shape[1]]
        for layer in range(self.layers):
            block = f"h.{layer}"
            x = x + self.attention(self.norm(x, f"{block}.ln_1"), block)
            x = x + self.mlp(self.norm(x, f"{block}.ln_2"), block)
            x = patch(layer, x)
        return self.norm(x, "ln_f") @ self.w["wte.weight"].T


def trace(model, ids, subject, level, samples):
    """Scores [token][layer], the clean and the corrupted probability of the model's own answer."""
    begin, end = subject
    batch = torch.tensor([ids] * (samples + 1))

    def corrupt(x):
        noise = numpy.random.RandomState(1).randn(samples, end - begin, x.shape[2])
        x = x.clone()
        x[1:, begin:end] += torch.from_numpy(level * noise)
        return x

    def probabilities(restore):
        logits = model.forward(batch, corrupt, restore)
        return torch.softmax(logits[:, -1, :], dim=1)

    base = probabilities(lambda layer, x: x)
    answer = int(base[0].argmax())

    def cell(token, layer):
        def restore(now, x):
            if now == layer:
                x[1:, token] = x[0, token]
            return x

        return float(probabilities(restore)[1:, answer].mean())

    scores = [[cell(token, layer) for layer in range(model.layers)] for token in range(len(ids))]
    return scores, float(base[0, answer]), float(base[1:, answer].mean()), answer


def main():
    shape = json.load(open(sys.argv[2]))
    model = Gpt2(load(sys.argv[1], shape), shape)
    with torch.no_grad():
        model.forward(torch.tensor([shape["ids"]] * 11), lambda x: x, lambda layer, x: x)
        started, cpu = time.perf_counter(), time.process_time()
        scores, clean, corrupted, answer = trace(model, shape["ids"], shape["subject"], shape["level"], shape["samples"])
        seconds, cpu_seconds = time.perf_counter() - started, time.process_time() - cpu
    result = {"seconds": seconds, "cpuSeconds": cpu_seconds, "clean": clean, "corrupted": corrupted, "answer": answer}
    print(json.dumps({**result, "scores": scores, "torch": torch.__version__}))


if __name__ == "__main__":
    main()
