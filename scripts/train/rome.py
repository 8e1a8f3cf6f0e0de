"""ROME (Meng et al. 2022, section 3) in PyTorch: algorithms.md sections 0.5-0.7 and 2, for judging a model."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from tokenizers import Tokenizer

from model import Gpt2
from tokenizer import END


@dataclass(frozen=True)
class Request:
    """`prompt` holds one {} for the subject; `target` is the new answer, without leading space."""

    prompt: str
    subject: str
    target: str


@dataclass(frozen=True)
class Options:
    passes: int = 20
    rate: float = 0.5
    decay: float = 1e-3
    clamp: float = 4.0
    divergence: float = 0.0625
    enough: float = 5e-2


@torch.no_grad()
def sample_contexts(model: Gpt2, tokenizer: Tokenizer, each: int, seed: int = 0) -> list[str]:
    """"{}" and `each` samples of 5 and of 10 tokens, top-5 sampling from the end-of-text token."""
    generator = torch.Generator().manual_seed(seed)
    contexts = ["{}"]
    for length in (5, 10):
        ids = torch.zeros(each, 1, dtype=torch.long)
        while ids.shape[1] < length:
            top = model.logits(model.hidden(ids)[:, -1]).topk(5)
            choice = torch.multinomial(top.values.softmax(-1), 1, generator=generator)
            ids = torch.cat([ids, top.indices.gather(1, choice)], 1)
        for row in ids:
            text = tokenizer.decode(row[1:].tolist()).replace(END, "").replace("{", "").replace("}", "")
            contexts.append(text + ". {}")
    return contexts


@torch.no_grad()
def second_moments(model: Gpt2, tokenizer: Tokenizer, lines: list[str]) -> list[torch.Tensor]:
    """Per layer E[k k^T] over every token of the lines, float64 [f, f]."""
    width = 4 * model.wte.weight.shape[1]
    sums = [torch.zeros(width, width, dtype=torch.float64) for _ in model.h]
    count = 0
    encoded = sorted((tokenizer.encode(line).ids[: model.wpe.weight.shape[0]] for line in lines), key=len)
    for start in range(0, len(encoded), 32):
        group = encoded[start : start + 32]
        longest = max(map(len, group))
        ids = torch.tensor([row + [0] * (longest - len(row)) for row in group])
        real = torch.tensor([[1] * len(row) + [0] * (longest - len(row)) for row in group], dtype=torch.bool)

        def collect(layer: int):
            def hook(keys: torch.Tensor) -> torch.Tensor:
                rows = keys[real]
                sums[layer] += (rows.t() @ rows).double()
                return keys

            return hook

        model.hidden(ids, hooks={f"{layer}.key": collect(layer) for layer in range(len(model.h))})
        count += int(real.sum())
    return [total / count for total in sums]


@dataclass
class Texts:
    """Right-padded rows [R, T], index of the subject's last token per row, and labels (-100: none)."""

    ids: torch.Tensor
    last: torch.Tensor
    labels: torch.Tensor


def texts_of(tokenizer: Tokenizer, prompts: list[tuple[str, str]], targets: list[int]) -> Texts:
    """Each prompt is (text with one {}, subject); all but the last one get the target's tokens as labels."""
    rows, last, labels = [], [], []
    for index, (text, subject) in enumerate(prompts):
        at = text.index("{}")
        encoding = tokenizer.encode(text.replace("{}", subject))
        end = at + len(subject)
        last.append(max(i for i, (b, e) in enumerate(encoding.offsets) if b < end and e > at))
        extra = targets if index < len(prompts) - 1 else []
        rows.append(encoding.ids + extra[:-1])
        label = [-100] * len(rows[-1])
        if extra:
            label[len(encoding.ids) - 1 :] = extra
        labels.append(label)
    longest = max(map(len, rows))
    pad = [longest - len(row) for row in rows]
    return Texts(
        torch.tensor([row + [0] * n for row, n in zip(rows, pad)]),
        torch.tensor(last),
        torch.tensor([label + [-100] * n for label, n in zip(labels, pad)]),
    )


def rome(
    model: Gpt2,
    tokenizer: Tokenizer,
    request: Request,
    layer: int,
    moment_factor: torch.Tensor,
    contexts: list[str],
    options: Options,
) -> tuple[torch.Tensor, torch.Tensor]:
    """(u [f], right vector [d]): add outer(u, right) to c_proj.weight [f, d] of the layer's MLP.

    `moment_factor` is the Cholesky factor of the layer's second moment.
    """
    targets = tokenizer.encode(" " + request.target).ids
    prompts = [(context.replace("{}", request.prompt), request.subject) for context in contexts]
    texts = texts_of(tokenizer, [*prompts, ("{} is a", request.subject)], targets)
    rows = torch.arange(len(prompts) + 1)
    caught: dict[str, torch.Tensor] = {}

    def catch(name: str):
        def hook(x: torch.Tensor) -> torch.Tensor:
            caught[name] = x.detach()
            return x

        return hook

    with torch.no_grad():
        names = {f"{layer}.key": catch("key"), f"{layer}.mlp": catch("mlp"), f"{layer}.resid": catch("resid")}
        model.hidden(texts.ids, hooks=names)
    keys = caught["key"][rows, texts.last][:-1]
    start = caught["mlp"][0, texts.last[0]]
    delta = best_delta(model, texts, caught["resid"], layer, start, options)
    mean_key = keys.mean(0).double()
    u = torch.cholesky_solve(mean_key[:, None], moment_factor)[:, 0]
    u = (u / u.norm()).float()
    return u, delta / (keys[0] @ u)


def best_delta(
    model: Gpt2, texts: Texts, residual: torch.Tensor, layer: int, start: torch.Tensor, options: Options
) -> torch.Tensor:
    """The change of the MLP output at the subject's last token that makes the model say the target."""
    rows = torch.arange(len(texts.last))
    labelled = texts.labels != -100
    delta = torch.zeros_like(start, requires_grad=True)
    optimizer = torch.optim.Adam([delta], lr=options.rate)
    before = None
    for step in range(options.passes):
        changed = residual.index_put((rows, texts.last), delta.expand(len(rows), -1), accumulate=True)
        hidden = model.resume(changed, layer + 1)
        losses = F.cross_entropy(model.logits(hidden[labelled]), texts.labels[labelled], reduction="mean")
        kept = model.logits(hidden[-1, texts.last[-1]]).log_softmax(-1)
        before = kept.detach() if before is None else before
        divergence = (before.exp() * (before - kept)).sum()
        size = options.decay * delta.norm() / start.norm() ** 2
        loss = losses + options.divergence * divergence + size
        if float(loss.detach()) < options.enough or step == options.passes - 1:
            break
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        with torch.no_grad():
            limit = options.clamp * start.norm()
            if delta.norm() > limit:
                delta *= limit / delta.norm()
    return delta.detach()
