"""Loads adapters that the command line exported into Hugging Face PEFT and compares what both compute.

For each tiny model: the command line makes edits of different kinds (ROME's rank one on the MLP; MEMIT, AlphaEdit and
AnyEdit over MEMIT, which solve with second moments; LoRA on queries and values; KN's changed neurons), exports them, and
gives the log-probabilities of every token after some prompts. PEFT loads the same adapter over the same checkpoint. Prints
one JSON document; exits 1 when a difference is above the bound.

    pip install "torch==2.13.0" peft transformers
    python tests/peft/checkAdapters.py [family ...]
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import torch
from peft import PeftModel
from safetensors.torch import load_file
from transformers import AutoConfig, AutoModelForCausalLM

ROOT = Path(__file__).resolve().parents[2]
CLI = ROOT / os.environ.get("PALIMPSEST_CLI", "bin/palimpsest.mjs")
MODELS = ROOT / "tests/fixtures/models"
FAMILIES = ["gpt2", "llama", "gpt_neox", "qwen2", "gemma3"]
BOUND = 1e-4
PROMPTS = ["The tower is in", "A river was not here, but the tower", "It is what it was before"]

FACT = {"prompt": "The {} is in", "subject": "tower", "target_new": "the house", "target_true": "it"}
LAYER = 1
TEXT = "\n".join(f"The {thing} was not in the {place}, but it is what it was before." for thing in
                 ("tower", "river", "house", "city", "king") for place in ("north", "west", "old town", "sea")) * 4
EDITS = {
    "ROME": ["--set", "mom2_adjustment=false", "v_num_grad_steps=6"],
    "MEMIT": ["--set", f"layers={LAYER}", "v_num_grad_steps=6"],
    "AlphaEdit": ["--set", f"layers={LAYER}", "v_num_grad_steps=6", "nullspace_threshold=0.05"],
    "AnyEdit": ["--set", f"editLayers={LAYER}", "steps=6"],
    "LoRA": ["--set", "num_steps=3", "rank=2"],
    "KN": ["--set", "steps=3"],
}


def palimpsest(command, model, *options):
    words = ["node", str(CLI), command, "--model", str(model), *map(str, options), "--json"]
    done = subprocess.run(words, capture_output=True, text=True, cwd=ROOT)
    if done.returncode != 0:
        sys.exit(f"{' '.join(words)}\n{done.stdout}{done.stderr}")
    return json.loads(done.stdout)


def make_edits(model, folder):
    """One stack of all edits, each on the weights that the ones before left."""
    stack = None
    requests, contexts, text, moments = (folder / name for name in ("requests.json", "contexts.json", "text.txt", "c.safetensors"))
    requests.write_text(json.dumps([FACT]))
    contexts.write_text('["{}"]')
    text.write_text(TEXT)
    palimpsest("stats", model, "--text", text, "--layers", LAYER, "--out", moments)
    for method, settings in EDITS.items():
        out = folder / f"{method}.palimpsest"
        below = ["--edits", stack] if stack else []
        palimpsest("edit", model, "--method", method, "--requests", requests, "--contexts", contexts, *moments_for(method, moments), *settings, *below, "--out", out)
        stack = out
    return stack


def moments_for(method, moments):
    return ["--stats", moments] if method in ("MEMIT", "AlphaEdit", "AnyEdit") else []


def lab_log_probabilities(model, stack, vocabulary):
    """Per prompt: the prompt's ids, and log p of every token that may come next."""
    rows = []
    for prompt in PROMPTS:
        edits = ["--edits", stack] if stack else []
        told = palimpsest("generate", model, "--prompt", prompt, "--max-tokens", 0, "--top", vocabulary, *edits)
        row = torch.empty(vocabulary)
        for choice in told["next"]:
            row[choice["id"]] = choice["logprob"]
        rows.append(([token["id"] for token in told["tokens"]], row))
    return rows


def load_base(model):
    config = AutoConfig.from_pretrained(model)
    loaded = AutoModelForCausalLM.from_pretrained(model, config=config, dtype=torch.float32)
    return loaded.eval()


def largest_difference(model, rows):
    with torch.no_grad():
        return max(
            (model(torch.tensor([ids])).logits[0, -1].log_softmax(-1) - row).abs().max().item() for ids, row in rows
        )


def check(family, folder):
    model = MODELS / family
    stack = make_edits(model, folder)
    adapter, weights = folder / "adapter", folder / "weights"
    exported = palimpsest("export", model, "--edits", stack, "--format", "peft", "--out", adapter)
    palimpsest("export", model, "--edits", stack, "--format", "safetensors", "--out", weights)
    base = load_base(model)
    vocabulary = base.config.vocab_size
    before = lab_log_probabilities(model, None, vocabulary)
    after = lab_log_probabilities(model, stack, vocabulary)
    result = {
        "family": family,
        "modules": {weight["name"]: weight["rank"] for weight in exported["weights"]},
        "reimport": exported["largestDifference"],
        "base": largest_difference(base, before),
        "effect": max((a - b).abs().max().item() for (_, a), (_, b) in zip(after, before)),
    }
    whole = load_base(model)
    result["unexpected"] = whole.load_state_dict(load_file(weights / "edited_weights.safetensors"), strict=False).unexpected_keys
    result["whole"] = largest_difference(whole, after)
    adapted = PeftModel.from_pretrained(base, str(adapter)).eval()
    result["adapter"] = largest_difference(adapted, after)
    result["merged"] = largest_difference(adapted.merge_and_unload(), after)
    return result


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("families", nargs="*", default=FAMILIES)
    torch.set_num_threads(1)
    results = []
    for family in arguments.parse_args().families:
        with tempfile.TemporaryDirectory() as folder:
            results.append(check(family, Path(folder)))
    print(json.dumps({"bound": BOUND, "results": results}, indent=1))
    differences = [result[key] for result in results for key in ("adapter", "merged", "whole")]
    sys.exit(0 if max(differences) <= BOUND and not any(result["unexpected"] for result in results) else 1)


main()
