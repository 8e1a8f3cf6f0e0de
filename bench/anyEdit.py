"""
AnyEdit's published procedure memit_ARE (algorithms.md 9.3, 9.4) in PyTorch on one thread, on random weights in
SmolLM2-135M's shape: for every chunk a vector at the output of the last edited block, Adam on the chunk's loss, every
evaluation one whole pass over question and answer so far with logits at all positions and its gradient; then for every
layer one pass for keys and states, and a dense float32 solve. Prints CPU seconds as JSON; anyEdit.bench.ts compares.

Usage: python3 bench/anyEdit.py question answer window steps layers
"""

import json
import sys
import time

import torch
import torch.nn.functional as F

torch.set_num_threads(1)
torch.manual_seed(1)
BLOCKS, D, HEADS, KV, INNER, VOCABULARY = 30, 576, 9, 3, 1536, 49152
HEAD = D // HEADS
question, answer, window, steps = (int(word) for word in sys.argv[1:5])
layers = [int(word) for word in sys.argv[5].split(",")]


def matrix(rows, columns):
    return torch.randn(rows, columns) * 0.04


blocks = [
    {
        "q": matrix(D, D), "k": matrix(KV * HEAD, D), "v": matrix(KV * HEAD, D), "o": matrix(D, D),
        "gate": matrix(INNER, D), "up": matrix(INNER, D), "down": matrix(D, INNER),
    }
    for _ in range(BLOCKS)
]  # fmt: skip
table = matrix(VOCABULARY, D)
gain = torch.ones(D)
angles = torch.arange(2048)[:, None] * 1e5 ** (-torch.arange(0, HEAD, 2) / HEAD)[None]
COS, SIN = (torch.cat([part, part], -1) for part in (angles.cos(), angles.sin()))


def norm(x):
    return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + 1e-5) * gain


def rotate(x):
    n = x.shape[1]
    half = torch.cat([-x[..., HEAD // 2 :], x[..., : HEAD // 2]], -1)
    return x * COS[:n] + half * SIN[:n]


def run(ids, shift=None, layer=None):
    """Logits at all positions, every block's keys and the output of `layer`, to which `shift(h)` is added."""
    x, keys, state = table[ids], [], None
    for at, block in enumerate(blocks):
        y = norm(x)
        n = len(ids)
        q = rotate((y @ block["q"].T).view(n, HEADS, HEAD).transpose(0, 1))
        k = rotate((y @ block["k"].T).view(n, KV, HEAD).transpose(0, 1)).repeat_interleave(HEADS // KV, 0)
        v = (y @ block["v"].T).view(n, KV, HEAD).transpose(0, 1).repeat_interleave(HEADS // KV, 0)
        x = x + F.scaled_dot_product_attention(q, k, v, is_causal=True).transpose(0, 1).reshape(n, D) @ block["o"].T
        y = norm(x)
        key = F.silu(y @ block["gate"].T) * (y @ block["up"].T)
        keys.append(key)
        x = x + key @ block["down"].T
        if at == layer:
            state = x
            x = shift(x) if shift else x
    return norm(x) @ table.T, keys, state


ids = torch.randint(VOCABULARY, (question + answer,))
chunks = [(start, min(start + window, answer)) for start in range(0, answer, window)]
top = layers[-1]

before = time.process_time()
places, deltas, targets = [], [], []
for start, end in chunks:
    length, lookup = question + end - 1, question + start - 1
    delta = torch.zeros(D, requires_grad=True)
    optimiser = torch.optim.Adam([delta], lr=0.5)

    def shift(h):
        h = h.clone()
        for place, frozen in zip(places, deltas):
            h[place] += frozen
        h[lookup] += delta
        return h

    for step in range(steps):
        optimiser.zero_grad()
        logits, _, state = run(ids[:length], shift, top)
        first = state[lookup].detach()
        labels = ids[question + start : question + end]
        scores = torch.log_softmax(logits, -1)[lookup:length]
        loss = -scores.gather(1, labels[:, None]).mean() + 1e-3 * delta.norm() / first.norm() ** 2
        if step == steps - 1:
            break
        loss.backward()
        optimiser.step()
        most = 4 * first.norm()
        with torch.no_grad():
            if delta.norm() > most:
                delta *= most / delta.norm()
    places.append(lookup)
    deltas.append(delta.detach())
    targets.append(first + delta.detach())
optimising = time.process_time() - before

before = time.process_time()
others = [place for place in range(len(ids)) if place not in places]
second = torch.eye(INNER) * 3
with torch.no_grad():
    for index, layer in enumerate(layers):
        _, keys, state = run(ids, None, top)
        k, kept = keys[layer][places].T, keys[layer][others].T
        residual = (torch.stack(targets) - state[places]).T / (len(layers) - index)
        x = torch.linalg.solve(50 * second + kept @ kept.T + k @ k.T, k)
        blocks[layer]["down"] += residual @ x.T
writing = time.process_time() - before
print(json.dumps({"targets": optimising, "writing": writing}))
