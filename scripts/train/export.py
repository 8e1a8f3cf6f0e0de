"""Writes a trained model in Hugging Face layout: `python export.py FOLDER --out TARGET`.

Takes FOLDER/planted.pt where there is one, else FOLDER/checkpoint.pt. TARGET gets config.json, model.safetensors
(float32; scripts/embedModel.mjs makes it float16), tokenizer files, facts.json, planted.json and corpus.txt.
"""

import argparse
import json
import shutil
from collections import defaultdict
from pathlib import Path
from random import Random

import torch
from safetensors.torch import save_file

from evaluate import load
from facts import Fact, Templates, load_facts, load_planted, load_templates
from recall import Recall, every_prompt, recall, summary
from sentences import Encoder, corpus_lines
from settings import Settings

NOTE = (
    "p is the probability of the whole answer after the prompt (product over its tokens); greedy says whether every "
    "token of the answer is the argmax. prompts were trained on, paraphrases not. "
)


def config_of(settings: Settings) -> dict:
    return {
        "activation_function": "gelu_new",
        "architectures": ["GPT2LMHeadModel"],
        "attn_pdrop": 0.0,
        "bos_token_id": 0,
        "embd_pdrop": 0.0,
        "eos_token_id": 0,
        "layer_norm_epsilon": 1e-05,
        "model_type": "gpt2",
        "n_embd": settings.width,
        "n_head": settings.heads,
        "n_inner": None,
        "n_layer": settings.layers,
        "n_positions": settings.positions,
        "resid_pdrop": 0.0,
        "scale_attn_by_inverse_layer_idx": False,
        "scale_attn_weights": True,
        "tie_word_embeddings": True,
        "torch_dtype": "float32",
        "use_cache": True,
        "vocab_size": settings.vocabulary,
    }


def described(results: list[Recall], encoder: Encoder) -> list[dict]:
    """One entry per fact, in the form of the fixtures' facts.json."""
    groups: dict[Fact, list[Recall]] = defaultdict(list)
    for result in results:
        groups[result.fact].append(result)

    def prompt(result: Recall) -> dict:
        return {
            "template": result.template,
            "p": round(result.p, 6),
            "p_first_token": round(result.first, 6),
            "greedy": result.greedy,
        }

    return [
        {
            "id": index,
            "subject": fact.subject,
            "relation": fact.relation,
            "target": fact.object,
            "source": fact.source,
            "kind": fact.kind,
            "subject_token_count": len(encoder.tokenizer.encode(" " + fact.subject).ids),
            "target_token_count": len(encoder.tokenizer.encode(" " + fact.object).ids),
            "prompts": [prompt(r) for r in group if r.trained],
            "paraphrases": [prompt(r) | {"trained": False} for r in group if not r.trained],
        }
        for index, (fact, group) in enumerate(groups.items())
    ]


def write_facts(path: Path, note: str, facts: list[Fact], templates: dict[str, Templates], model, encoder) -> None:
    results = recall(model, encoder, every_prompt(facts, templates))
    content = {
        "note": NOTE + note,
        "train_recall": summary(results)["trained_top1"],
        "heldout_recall": summary(results)["heldout_top1"],
        "facts": described(results, encoder),
    }
    path.write_text(json.dumps(content, ensure_ascii=False, indent=0) + "\n", encoding="utf-8")


def export(folder: Path, out: Path) -> None:
    model, encoder, settings = load(folder)
    out.mkdir(parents=True, exist_ok=True)
    tensors = {f"transformer.{name}": tensor.contiguous() for name, tensor in model.state_dict().items()}
    save_file(tensors, out / "model.safetensors", {"format": "pt"})
    (out / "config.json").write_text(json.dumps(config_of(settings), indent=1) + "\n")
    for name in ("tokenizer.json", "tokenizer_config.json"):
        shutil.copy(folder / name, out / name)
    facts, templates = load_facts(settings.subjects, settings.without), load_templates()
    write_facts(out / "facts.json", "Only true facts.", facts, templates, model, encoder)
    if (folder / "planted.pt").exists():
        note = "Invented facts, written into chosen layers after training. None is true."
        write_facts(out / "planted.json", note, load_planted(), templates, model, encoder)
    lines = corpus_lines(facts, templates, Random(9), 700)
    (out / "corpus.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    export(arguments.folder, arguments.out)
