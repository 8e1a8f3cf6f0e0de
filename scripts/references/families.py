"""Numbers that tests/fixtures/families is made of: rounded weights, traces and ROME on every family.

An implementation of its own in PyTorch, float64, one sequence at a time, nothing cached: what the lab computes with
sweeps, caches and float32 kernels is written out here as the papers say it. Needs torch (CPU) and numpy.

    python scripts/references/families.py tests/fixtures/models tests/fixtures/families

First it checks itself against each model's stored logits and gradient.
"""
import json
import math
import struct
import sys
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

torch.set_num_threads(1)
DOUBLE = torch.float64
FAMILIES = ["gpt2", "gpt_neox", "gptj", "llama", "llama3", "mistral", "qwen2", "qwen3", "gemma3", "phi", "smollm"]
SAMPLES = 3
WINDOW = 3


def read_safetensors(path):
    raw = path.read_bytes()
    length = struct.unpack("<Q", raw[:8])[0]
    header = json.loads(raw[8 : 8 + length])
    tensors = {}
    for name, entry in header.items():
        if name == "__metadata__":
            continue
        begin, end = (8 + length + offset for offset in entry["data_offsets"])
        values = np.frombuffer(raw[begin:end], "<f4").reshape(entry["shape"])
        tensors[name] = torch.from_numpy(values.copy())
    return tensors


def write_safetensors(path, tensors):
    header, parts, reached = {}, [], 0
    for name, tensor in tensors.items():
        data = np.ascontiguousarray(tensor.detach().to(torch.float32).numpy()).tobytes()
        header[name] = {"dtype": "F32", "shape": list(tensor.shape), "data_offsets": [reached, reached + len(data)]}
        parts.append(data)
        reached += len(data)
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + b"".join(parts))


class Model:
    """One of the eleven, as functions of its own weights. `touch(site, layer, x)` may replace what flows."""

    def __init__(self, folder, dtype=None):
        self.config = json.loads((folder / "config.json").read_text())
        weights = read_safetensors(folder / "model.safetensors")
        self.weights = {name: (w.to(dtype) if dtype else w).to(DOUBLE) for name, w in weights.items()}
        self.kind = self.config["model_type"]
        self.layers = self.config.get("num_hidden_layers", self.config.get("n_layer"))
        self.heads = self.config.get("num_attention_heads", self.config.get("n_head"))
        self.width = self.config.get("hidden_size", self.config.get("n_embd"))

    def linear(self, x, name):
        weight = self.weights[name + ".weight"]
        bias = self.weights.get(name + ".bias")
        return (x @ weight if self.kind == "gpt2" else x @ weight.T) + (0 if bias is None else bias)

    def norm(self, x, name):
        c, weight = self.config, self.weights[name + ".weight"]
        if "rms_norm_eps" in c:
            weight = 1 + weight if self.kind == "gemma3_text" else weight
            return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + c["rms_norm_eps"]) * weight
        eps = c.get("layer_norm_eps", c.get("layer_norm_epsilon"))
        return F.layer_norm(x, x.shape[-1:], weight, self.weights[name + ".bias"], eps)

    def activate(self, x):
        c = self.config
        name = c.get("hidden_activation") or c.get("hidden_act") or c["activation_function"]
        if name == "silu":
            return F.silu(x)
        return F.gelu(x, approximate="none" if name == "gelu" else "tanh")

    def is_local(self, layer):
        types = self.config.get("layer_types")
        return self.kind == "gemma3_text" and types[layer] == "sliding_attention"

    def turn(self, x, layer):
        """Rotary positions on [heads, T, dim]."""
        c, dim = self.config, x.shape[-1]
        if self.kind == "gpt2":
            return x
        if self.kind == "gptj":
            dims, base = c["rotary_dim"], 10000.0
        elif self.kind == "gpt_neox":
            dims, base = int(dim * c["rotary_pct"]), c["rotary_emb_base"]
        else:
            dims = int(dim * c.get("partial_rotary_factor", 1))
            base = c["rope_local_base_freq"] if self.is_local(layer) else c["rope_theta"]
        frequency = base ** (-torch.arange(0, dims, 2, dtype=DOUBLE) / dims)
        scaling = c.get("rope_scaling")
        if scaling and not self.is_local(layer):
            assert scaling["rope_type"] == "llama3"
            length, low, high = scaling["original_max_position_embeddings"], scaling["low_freq_factor"], scaling["high_freq_factor"]
            turns = length * frequency / (2 * math.pi)
            blend = ((turns - low) / (high - low)).clamp(0, 1)
            frequency = frequency * (blend + (1 - blend) / scaling["factor"])
        angle = torch.arange(x.shape[1], dtype=DOUBLE)[:, None] * frequency
        part = x[..., :dims]
        if self.kind == "gptj":
            as_complex = torch.view_as_complex(part.reshape(*part.shape[:-1], dims // 2, 2).contiguous())
            turned = torch.view_as_real(as_complex * torch.polar(torch.ones_like(angle), angle)).flatten(-2)
        else:
            first, second = part.chunk(2, -1)
            turned = torch.cat([first * angle.cos() - second * angle.sin(), second * angle.cos() + first * angle.sin()], -1)
        return torch.cat([turned, x[..., dims:]], -1)

    def names(self, layer):
        """Prefix, attention's three inputs (or one fused), its output, the MLP's matrices, the norms."""
        if self.kind == "gpt2":
            at = f"transformer.h.{layer}."
            return at, [at + "attn.c_attn"], at + "attn.c_proj", [at + "mlp.c_fc"], at + "mlp.c_proj", at + "ln_1", at + "ln_2"
        if self.kind == "gpt_neox":
            at = f"gpt_neox.layers.{layer}."
            mlp = [at + "mlp.dense_h_to_4h"], at + "mlp.dense_4h_to_h"
            return at, [at + "attention.query_key_value"], at + "attention.dense", *mlp, at + "input_layernorm", at + "post_attention_layernorm"
        if self.kind == "gptj":
            at = f"transformer.h.{layer}."
            inputs = [at + f"attn.{part}_proj" for part in "qkv"]
            return at, inputs, at + "attn.out_proj", [at + "mlp.fc_in"], at + "mlp.fc_out", at + "ln_1", None
        at = f"model.layers.{layer}."
        inputs = [at + f"self_attn.{part}_proj" for part in "qkv"]
        if self.kind == "phi":
            return at, inputs, at + "self_attn.dense", [at + "mlp.fc1"], at + "mlp.fc2", at + "input_layernorm", None
        before = "pre_feedforward_layernorm" if self.kind == "gemma3_text" else "post_attention_layernorm"
        mlp = [at + "mlp.gate_proj", at + "mlp.up_proj"], at + "mlp.down_proj"
        return at, inputs, at + "self_attn.o_proj", *mlp, at + "input_layernorm", at + before

    def attention(self, x, layer, at, inputs, out):
        c, length = self.config, x.shape[0]
        if self.kind == "gpt2":
            q, k, v = (part.reshape(length, self.heads, -1).transpose(0, 1) for part in self.linear(x, inputs[0]).chunk(3, -1))
        elif self.kind == "gpt_neox":
            fused = self.linear(x, inputs[0]).reshape(length, self.heads, 3, -1)
            q, k, v = (fused[:, :, part].transpose(0, 1) for part in range(3))
        else:
            kv = c.get("num_key_value_heads") or self.heads
            counts = [self.heads, kv, kv]
            q, k, v = (self.linear(x, name).reshape(length, n, -1).transpose(0, 1) for name, n in zip(inputs, counts))
        if at + "self_attn.q_norm.weight" in self.weights:
            q, k = self.norm(q, at + "self_attn.q_norm"), self.norm(k, at + "self_attn.k_norm")
        q, k = self.turn(q, layer), self.turn(k, layer)
        k, v = (part.repeat_interleave(self.heads // part.shape[0], 0) for part in (k, v))
        scale = (c["query_pre_attn_scalar"] if self.kind == "gemma3_text" else q.shape[-1]) ** -0.5
        back = torch.arange(length)[:, None] - torch.arange(length)
        seen = back >= 0
        if self.kind == "mistral" or self.is_local(layer):
            seen &= back < c["sliding_window"]
        weights = (q @ k.transpose(1, 2) * scale).masked_fill(~seen, -math.inf).softmax(-1)
        return self.linear((weights @ v).transpose(0, 1).reshape(length, -1), out)

    def mlp(self, x, mlp_in, mlp_out):
        """The key (the output matrix's input) and the output before any norm."""
        if len(mlp_in) == 2:
            key = self.activate(self.linear(x, mlp_in[0])) * self.linear(x, mlp_in[1])
        else:
            key = self.activate(self.linear(x, mlp_in[0]))
        return key, self.linear(key, mlp_out)

    def embed(self, ids):
        names = {"gpt2": "transformer.wte", "gptj": "transformer.wte", "gpt_neox": "gpt_neox.embed_in"}
        self.table = self.weights[names.get(self.kind, "model.embed_tokens") + ".weight"]
        x = self.table[ids]
        if self.kind == "gemma3_text":
            x = x * math.sqrt(self.width)
        if self.kind == "gpt2":
            x = x + self.weights["transformer.wpe.weight"][: len(ids)]
        return x

    def run(self, ids, touch=lambda site, layer, x: x):
        """Logits [T, V]."""
        x = touch("embed", None, self.embed(ids))
        for layer in range(self.layers):
            at, inputs, out, mlp_in, mlp_out, norm1, norm2 = self.names(layer)
            normed = self.norm(x, norm1)
            attention = self.attention(normed, layer, at, inputs, out)
            if self.kind == "gemma3_text":
                attention = self.norm(attention, at + "post_attention_layernorm")
            attention = touch("attn_out", layer, attention)
            if self.kind in ("gptj", "phi"):
                before = normed
            elif self.kind == "gpt_neox" and self.config["use_parallel_residual"]:
                before = self.norm(x, norm2)
            else:
                before = self.norm(x + attention, norm2)
            key, raw = self.mlp(before, mlp_in, mlp_out)
            touch("mlp_key", layer, key)
            mlp = touch("mlp_raw", layer, raw)
            if self.kind == "gemma3_text":
                mlp = self.norm(mlp, at + "post_feedforward_layernorm")
            mlp = touch("mlp_out", layer, mlp)
            x = touch("resid", layer, x + attention + mlp)
        final = {"gpt2": "transformer.ln_f", "gptj": "transformer.ln_f", "gpt_neox": "gpt_neox.final_layer_norm", "phi": "model.final_layernorm"}
        x = self.norm(x, final.get(self.kind, "model.norm"))
        head = "embed_out" if self.kind == "gpt_neox" else "lm_head"
        if head + ".weight" not in self.weights:
            return x @ self.table.T
        bias = self.weights.get(head + ".bias")
        return x @ self.weights[head + ".weight"].T + (0 if bias is None else bias)


def check(model, expected, stored):
    for index in (0, 1, 2):
        ids = expected["prompts"][index]["ids"]
        gap = (model.run(ids) - stored[f"p{index}.logits"].to(DOUBLE)).abs().max().item()
        assert gap < 5e-6, (model.kind, index, gap)
    g = expected["gradient"]
    delta = torch.zeros(model.width, dtype=DOUBLE, requires_grad=True)
    ids = expected["prompts"][g["prompt"]]["ids"]
    add = lambda site, layer, x: x + delta if (site, layer) == ("mlp_out", g["layer"]) else x
    (-model.run(ids, add)[-1].log_softmax(-1)[g["target_id"]]).backward()
    gap = (delta.grad - stored["p0.grad.mlp_out"].to(DOUBLE).sum(0)).abs().max().item()
    assert gap < 5e-6, (model.kind, "gradient", gap)


def trace(model, ids, subject, noise):
    """Causal tracing as in ROME section 2.1: [token][layer] for single states, MLP windows and attention windows."""
    first, end = subject
    clean = {}

    def remember(site, layer, x):
        clean[site, layer] = x
        return x

    clean_p = model.run(ids, remember)[-1].softmax(-1)
    answer = int(clean_p.argmax())

    def probability(restored, token):
        total = 0.0
        for sample in noise:
            def touch(site, layer, x):
                if site == "embed":
                    x = x.clone()
                    x[first:end] += sample
                elif (site, layer) in restored:
                    x = x.clone()
                    x[token] = clean[site, layer][token]
                return x

            total += model.run(ids, touch)[-1].softmax(-1)[answer].item()
        return total / len(noise)

    def window(site, layer):
        reach = range(max(0, layer - WINDOW // 2), min(model.layers, layer - (-WINDOW // 2)))
        return {(site, one) for one in reach}

    def heatmap(restored):
        rows = [[probability(restored(layer), token) for layer in range(model.layers)] for token in range(len(ids))]
        return torch.tensor(rows, dtype=DOUBLE)

    return {
        "answer": answer,
        "clean": clean_p[answer].item(),
        "corrupted": probability(set(), 0),
        "state": heatmap(lambda layer: {("resid", layer)}),
        "mlp": heatmap(lambda layer: window("mlp_out", layer)),
        "attention": heatmap(lambda layer: window("attn_out", layer)),
    }


def rome(model, rows, essence, answer, layer, hparams):
    """ROME section 3.1 as its published code has it, without second moments. `rows`: (ids, place of the subject)."""

    def run_with(ids, place, delta):
        seen = {}

        def touch(site, at, x):
            if at != layer or site not in ("mlp_key", "mlp_raw"):
                return x
            seen[site] = x[place].detach()
            if site == "mlp_key" or delta is None:
                return x
            x = x.clone()
            x[place] += delta
            return x

        return model.run(ids, touch), seen

    pairs = [run_with(ids, place, None)[1] for ids, place in rows]
    initial = pairs[0]["mlp_raw"]
    delta = torch.zeros(model.width, dtype=DOUBLE, requires_grad=True)
    optimizer = torch.optim.Adam([delta], lr=hparams["learningRate"])
    before = run_with(*essence, None)[0][essence[1]].log_softmax(-1).detach()
    losses = []
    for step in range(hparams["steps"]):
        nll = 0
        for ids, place in rows:
            logits = run_with(ids + answer[:-1], place, delta)[0][len(ids) - 1 :]
            nll = nll - logits.log_softmax(-1)[range(len(answer)), answer].mean() / len(rows)
        now = run_with(*essence, delta)[0][essence[1]].log_softmax(-1)
        kl = hparams["klFactor"] * F.kl_div(before[None], now[None], log_target=True, reduction="batchmean")
        decay = hparams["weightDecay"] * delta.norm() / initial.norm() ** 2
        loss = nll + kl + decay
        losses.append([part.item() for part in (loss, nll, kl, decay)])
        if loss < hparams["earlyStopLoss"] or step == hparams["steps"] - 1:
            break
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        longest = hparams["clampNormFactor"] * initial.norm()
        with torch.no_grad():
            if delta.norm() > longest:
                delta.mul_(longest / delta.norm())
    target = (initial + delta).detach()
    mean = torch.stack([pair["mlp_key"] for pair in pairs]).mean(0)
    direction = mean / mean.norm()
    value = (target - initial) / (pairs[0]["mlp_key"] @ direction)
    change = torch.outer(direction, value)  # [in, out]
    name = model.names(layer)[4] + ".weight"
    saved = model.weights[name]
    model.weights[name] = saved + (change if model.kind == "gpt2" else change.T)
    edited = model.run(rows[0][0])
    model.weights[name] = saved
    return {"losses": torch.tensor(losses), "target": target, "u": direction, "v": value, "edited.logits": edited.detach()}


def make(models, family, out):
    folder = models / family
    expected = json.loads((folder / "expected.json").read_text())
    stored = read_safetensors(folder / "expected.safetensors")
    model = Model(folder)
    check(model, expected, stored)

    ids, other = expected["prompts"][0]["ids"], expected["prompts"][2]["ids"]
    # Near the end, so that a sliding window carries what is done at the subject to the answer.
    subject = (len(ids) - 6, len(ids) - 3)
    generator = np.random.RandomState(7)
    spread = 3 * model.embed(ids).std().item()
    noise = torch.from_numpy((generator.randn(SAMPLES, 3, model.width) * spread).astype(np.float32)).to(DOUBLE)
    with torch.no_grad():
        traced = trace(model, ids, subject, noise)

    layer = expected["gradient"]["layer"]
    place = subject[1] - 1
    context = other[1:5]
    rows = [(ids, place), (ids[:1] + context + ids[1:], place + len(context))]
    essence = (ids[: place + 1], place)
    answer = other[6:8]
    hparams = {"steps": 8, "learningRate": 0.3, "weightDecay": 0.05, "klFactor": 0.0625, "clampNormFactor": 1.5, "earlyStopLoss": 0.01}
    edit = rome(model, rows, essence, answer, layer, hparams)

    tensors = {"noise": noise, **{f"trace.{kind}": traced[kind] for kind in ("state", "mlp", "attention")}}
    tensors |= {f"rome.{name}": value for name, value in edit.items()}
    for name, dtype in (("f16", torch.float16), ("bf16", torch.bfloat16)):
        with torch.no_grad():
            tensors[f"{name}.logits"] = Model(folder, dtype).run(ids)
    if family == "gemma3":
        # A GGUF does not state this number; readers take the head's width.
        model.config["query_pre_attn_scalar"] = model.config["head_dim"]
        with torch.no_grad():
            tensors["gguf.logits"] = model.run(ids)
    document = {
        "ids": ids,
        "subject": subject,
        "window": WINDOW,
        "trace": {name: traced[name] for name in ("answer", "clean", "corrupted")},
        "rome": {
            "layer": layer,
            "rows": [{"ids": row, "lookup": at} for row, at in rows],
            "essence": {"ids": essence[0], "lookup": essence[1]},
            "answer": answer,
            "settings": hparams,
        },
    }
    out.mkdir(parents=True, exist_ok=True)
    (out / f"{family}.json").write_text(json.dumps(document) + "\n")
    write_safetensors(out / f"{family}.safetensors", tensors)
    print(family, f"clean {traced['clean']:.3f} corrupted {traced['corrupted']:.3f}", f"losses {edit['losses'][:, 0].tolist()}", flush=True)


if __name__ == "__main__":
    models, out = Path(sys.argv[1]), Path(sys.argv[2])
    for family in FAMILIES:
        make(models, family, out)
