"""Measures a trained model: `python evaluate.py FOLDER [--facts 200] [--layers 2,3,4] [--contexts 10]`.

FOLDER holds checkpoint.pt (or model.safetensors), settings.json and tokenizer.json. Writes FOLDER/metrics.json:
recall on trained and held-out templates, causal traces, and ROME at each of the layers.
"""

import argparse
import json
from collections import defaultdict
from pathlib import Path
from random import Random

import torch
from tokenizers import Tokenizer

from facts import Fact, Templates, load_facts, load_templates
from model import Gpt2
from recall import Recall, every_prompt, recall, summary
from rome import Options, Request, rome, sample_contexts, second_moments
from sentences import Encoder, corpus_lines, sentence_of
from settings import Settings
from tracing import Tracer, subject_sigma


def load(folder: Path) -> tuple[Gpt2, Encoder, Settings]:
    settings = Settings(**json.loads((folder / "settings.json").read_text()))
    model = Gpt2(settings.vocabulary, settings.positions, settings.layers, settings.width, settings.heads)
    planted = folder / "planted.pt"
    saved = torch.load(planted if planted.exists() else folder / "checkpoint.pt", map_location="cpu")
    model.load_state_dict(saved["model"])
    model.eval()
    for parameter in model.parameters():
        parameter.requires_grad_(False)
    return model, Encoder(Tokenizer.from_file(str(folder / "tokenizer.json"))), settings


def known(results: list[Recall]) -> list[Fact]:
    """Facts whose whole answer is the greedy one for at least nine in ten of the trained templates."""
    greedy: dict[Fact, list[bool]] = defaultdict(list)
    for result in results:
        if result.trained:
            greedy[result.fact].append(result.greedy)
    return [fact for fact, hits in greedy.items() if sum(hits) >= 0.9 * len(hits)]


def trace_metrics(
    model: Gpt2, encoder: Encoder, facts: list[Fact], templates: dict[str, Templates], random: Random, maps: int
) -> dict:
    """Mean effect over `facts`, and average maps over the first `maps` of them."""
    every = sorted({fact.subject for fact in facts})
    sigma = subject_sigma(model, encoder, every)
    clean, corrupted, total, mapped = [], [], defaultdict(list), 0
    for fact in facts:
        tracer = Tracer(model, encoder, fact, random.choice(templates[fact.relation].trained), 3 * sigma)
        if not tracer.correct:
            continue
        effect = tracer.run([])
        clean.append(effect.clean)
        corrupted.append(effect.corrupted)
        if mapped < maps:
            mapped += 1
            for key, value in tracer.map(window=3).items():
                total[key].append(value)
    averages: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for (kind, place, _), values in sorted(total.items(), key=lambda item: item[0][2]):
        averages[kind][place].append(round(sum(values) / len(values), 3))
    n = len(clean)
    return {
        "sigma": sigma,
        "facts": n,
        "clean": sum(clean) / n,
        "corrupted": sum(corrupted) / n,
        "effect": (sum(clean) - sum(corrupted)) / n,
        "maps": {"facts": mapped, "window": 3, **averages},
    }


class Judge:
    """Mean log-probability per token of an answer after a prompt, which is what CounterFact compares."""

    def __init__(self, model: Gpt2, encoder: Encoder):
        self.model, self.encoder = model, encoder

    @torch.no_grad()
    def score(self, subject: str, template: str, answers: list[str]) -> list[float]:
        out = []
        for answer in answers:
            fact = Fact(subject, "", answer, "", "")
            encoded = self.encoder.encode(sentence_of(fact, template), True)
            begin, end = encoded.answer
            ids = torch.tensor([encoded.ids])
            logits = self.model.logits(self.model.hidden(ids)[0, begin - 1 : end - 1]).log_softmax(-1)
            out.append(float(logits[torch.arange(end - begin), ids[0, begin:end]].mean()))
        return out

    def prefers(self, subject: str, template: str, wanted: str, other: str) -> bool:
        first, second = self.score(subject, template, [wanted, other])
        return first > second


def rome_metrics(
    model: Gpt2,
    encoder: Encoder,
    facts: list[Fact],
    pool: list[Fact],
    templates: dict[str, Templates],
    layers: list[int],
    contexts: int,
    moments: list[torch.Tensor],
    options: Options,
) -> dict:
    """Per layer: efficacy, paraphrase and neighbourhood scores over single edits, each undone before the next."""
    judge = Judge(model, encoder)
    texts = sample_contexts(model, encoder.tokenizer, contexts)
    by_relation: dict[str, list[Fact]] = defaultdict(list)
    for fact in pool:
        by_relation[fact.relation].append(fact)
    out = {}
    for layer in layers:
        moment = moments[layer]
        ridge = 1e-6 * moment.diagonal().mean()
        factor = torch.linalg.cholesky(moment + ridge * torch.eye(len(moment), dtype=moment.dtype))
        weight = model.h[layer].mlp.c_proj.weight
        if not bool(weight.any()):
            print("rome", layer, "skipped: this MLP is silent", flush=True)
            continue
        original = weight.clone()
        random, scores = Random(11), defaultdict(list)
        for fact in facts:
            use, others = templates[fact.relation], by_relation[fact.relation]
            answers = sorted({other.object for other in others} - {fact.object})
            if not answers:
                continue
            target, prompt = random.choice(answers), random.choice(use.trained)
            same = [o for o in others if o.object == fact.object and o.subject != fact.subject]
            near = same or [o for o in others if o.subject != fact.subject and o.object != target]
            near = random.sample(near, min(5, len(near)))
            wording = [random.choice(use.trained) for _ in near]
            request = Request(prompt, fact.subject, target)
            u, right = rome(model, encoder.tokenizer, request, layer, factor, texts, options)
            weight += torch.outer(u, right)
            scores["efficacy"].append(judge.prefers(fact.subject, prompt, target, fact.object))
            scores["paraphrase"] += [judge.prefers(fact.subject, t, target, fact.object) for t in use.heldout]
            scores["neighbourhood"] += [
                judge.prefers(o.subject, t, o.object, target) for o, t in zip(near, wording)
            ]
            unrelated = [o for o in pool if o.subject == fact.subject and o.relation != fact.relation]
            for other in unrelated[:3]:
                template = templates[other.relation].trained[0]
                item = recall(model, encoder, [(other, template, True)])[0]
                scores["same subject, other relation kept"].append(item.greedy)
            weight.copy_(original)
        out[str(layer)] = {name: round(sum(v) / len(v), 4) for name, v in scores.items()} | {"edits": len(facts)}
        print("rome", layer, out[str(layer)], flush=True)
    return out


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--facts", type=int, default=200, help="facts traced and edited")
    parser.add_argument("--recall", type=int, default=0, help="facts asked in every template (default: all)")
    parser.add_argument("--clamp", type=float, default=Options.clamp, help="ROME's bound on the change of v")
    parser.add_argument("--maps", type=int, default=40, help="facts with a whole trace map")
    parser.add_argument("--layers", default="", help="layers for ROME, e.g. 1,2,3 (default: all but the last)")
    parser.add_argument("--contexts", type=int, default=10, help="sampled contexts of each of the two lengths")
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    model, encoder, settings = load(arguments.folder)
    templates = load_templates()
    facts = load_facts(settings.subjects, settings.without)
    asked = Random(1).sample(facts, min(arguments.recall or len(facts), len(facts)))
    results = recall(model, encoder, every_prompt(asked, templates))
    metrics: dict = {"facts": len(facts), "facts_asked": len(asked), "relations": len({f.relation for f in facts}), **summary(results)}
    pool = known(results)
    metrics["facts_known"] = len(pool)
    hits = defaultdict(list)
    for result in results:
        hits[result.fact.relation, result.trained].append(result.greedy)
    metrics["top1_by_relation"] = {
        relation: {
            "trained": round(sum(hits[relation, True]) / len(hits[relation, True]), 3),
            "heldout": round(sum(hits[relation, False]) / len(hits[relation, False]), 3),
        }
        for relation in sorted({f.relation for f in asked})
    }
    print(json.dumps(metrics), flush=True)
    chosen = Random(7).sample(pool, min(arguments.facts, len(pool)))
    metrics["trace"] = trace_metrics(model, encoder, chosen, templates, Random(3), arguments.maps)
    print(json.dumps(metrics["trace"]), flush=True)
    moments = second_moments(model, encoder.tokenizer, corpus_lines(facts, templates, Random(9), 2500))
    layers = [int(x) for x in arguments.layers.split(",") if x] or list(range(settings.layers - 1))
    metrics["rome"] = rome_metrics(
        model,
        encoder,
        chosen,
        pool,
        templates,
        layers,
        arguments.contexts,
        moments,
        Options(clamp=arguments.clamp),
    )
    metrics["rome_options"] = {"clamp": arguments.clamp, "contexts": 1 + 2 * arguments.contexts}
    (arguments.folder / "metrics.json").write_text(json.dumps(metrics, indent=1) + "\n")


if __name__ == "__main__":
    main()
