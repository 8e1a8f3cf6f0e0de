"""
One layer's update as the published code of MEMIT and AlphaEdit solves it (algorithms.md 4.2, 7.1), in float64 with PyTorch on
one thread: torch.linalg.solve of an f x f system for every batch. Prints CPU seconds as JSON; solve.bench.ts compares.

Usage: python3 bench/solve.py f facts d lambda
"""

import json
import sys
import time

import torch

torch.set_num_threads(1)
torch.manual_seed(1)
f, n, d, weight = (int(word) for word in sys.argv[1:])
factors = torch.randn(f, 400, dtype=torch.float64) * 12 / (1 + torch.arange(400))
c = factors @ factors.T / 12 + 1e-3 * torch.eye(f, dtype=torch.float64)
keys = torch.rand(f, n, dtype=torch.float64) - 0.5
residuals = torch.rand(d, n, dtype=torch.float64) - 0.5


def best(job, runs=4):
    """CPU seconds of this process, the best of several runs."""
    times = []
    for _ in range(runs):
        before = time.process_time()
        job()
        times.append(time.process_time() - before)
    return round(min(times), 4)


def memit(k):
    return torch.linalg.solve(weight * c + k @ k.T, k)


values, vectors = torch.linalg.eigh(c)
space = vectors[:, values < 2e-2]
projector = space @ space.T
past = torch.zeros(f, f, dtype=torch.float64)


def alpha_edit():
    system = projector @ (keys @ keys.T + past) + torch.eye(f, dtype=torch.float64)
    return torch.linalg.solve(system, projector @ keys @ residuals.T)


print(
    json.dumps(
        {
            "memit": best(lambda: memit(keys)),
            "memitTen": best(lambda: memit(keys[:, :10])),
            "alphaEdit": best(alpha_edit),
            "eigh": best(lambda: torch.linalg.eigh(c), 1),
        }
    )
)
