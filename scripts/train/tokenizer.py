"""Trains the byte-level BPE on the training text and writes it in GPT-2's form."""

import json
from pathlib import Path
from random import Random

from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers

from facts import Fact, Templates
from sentences import NEUTRAL, kind_sentence, sentence_of

END = "<|endoftext|>"


def training_text(facts: list[Fact], templates: dict[str, Templates], seed: int) -> list[str]:
    """Every fact in a few templates, so that no subject is more frequent than its number of facts makes it."""
    random = Random(seed)
    texts = list(NEUTRAL)
    for fact in facts:
        texts.append(kind_sentence(fact).text)
        for template in random.sample(templates[fact.relation].trained, 3):
            texts.append("And " + sentence_of(fact, template).text)
    for use in templates.values():
        texts += [template.replace("{}", "it") for template in use.trained + use.heldout + use.follow]
    return texts


def train_tokenizer(texts: list[str], vocabulary: int, folder: Path) -> Tokenizer:
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.post_processor = processors.ByteLevel(trim_offsets=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary,
        special_tokens=[END],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer.save(str(folder / "tokenizer.json"))
    (folder / "tokenizer_config.json").write_text(
        json.dumps(
            {
                "add_prefix_space": False,
                "bos_token": END,
                "eos_token": END,
                "unk_token": END,
                "model_max_length": 128,
                "tokenizer_class": "GPT2Tokenizer",
            },
            indent=1,
        )
        + "\n"
    )
    return tokenizer
