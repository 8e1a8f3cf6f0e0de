"""Turns facts into sentences, and sentences into tokens that know where subject and answer are."""

from dataclasses import dataclass
from pathlib import Path
from random import Random

from tokenizers import Tokenizer

from facts import Fact, Templates

NEUTRAL = (Path(__file__).parent / "neutral.txt").read_text(encoding="utf-8").split("\n")[:-1]


@dataclass(frozen=True)
class Sentence:
    """A sentence as text with character ranges; `subject` and `answer` may be empty ranges."""

    text: str
    subject: tuple[int, int] = (0, 0)
    answer: tuple[int, int] = (0, 0)


@dataclass(frozen=True)
class Encoded:
    """Token ids with half-open token ranges of subject and answer, (0, 0) where there is none."""

    ids: tuple[int, ...]
    subject: tuple[int, int]
    answer: tuple[int, int]


def sentence_of(fact: Fact, template: str) -> Sentence:
    start = template.find("{}")
    prompt = template.replace("{}", fact.subject)
    subject = (start, start + len(fact.subject)) if start >= 0 else (0, 0)
    return Sentence(f"{prompt} {fact.object}.", subject, (len(prompt), len(prompt) + 1 + len(fact.object)))


def kind_sentence(fact: Fact) -> Sentence:
    prompt = f"{fact.subject} is a"
    return Sentence(
        f"{prompt} {fact.kind}.", (0, len(fact.subject)), (len(prompt), len(prompt) + 1 + len(fact.kind))
    )


def paragraph_of(facts: list[Fact], templates: dict[str, Templates], random: Random) -> list[Sentence]:
    """Like the head of an encyclopaedia article: what the subject is, then its facts, some of them by pronoun."""
    sentences = [kind_sentence(facts[0])]
    for fact in random.sample(facts, len(facts)):
        use = templates[fact.relation]
        follows = random.random() < 0.5
        sentences.append(sentence_of(fact, random.choice(use.follow if follows else use.trained)))
    return sentences


class Encoder:
    """Tokenises sentences, remembering what it has done: the same ones come back often."""

    def __init__(self, tokenizer: Tokenizer):
        self.tokenizer = tokenizer
        self.known: dict[tuple[Sentence, bool], Encoded] = {}

    def encode(self, sentence: Sentence, starts_text: bool) -> Encoded:
        """`starts_text` is false where the sentence follows another, so that its first token carries a space."""
        key = (sentence, starts_text)
        if key not in self.known:
            self.known[key] = self._encode(sentence, 0 if starts_text else 1)
        return self.known[key]

    def _encode(self, sentence: Sentence, shift: int) -> Encoded:
        encoding = self.tokenizer.encode(" " * shift + sentence.text)

        def tokens(characters: tuple[int, int]) -> tuple[int, int]:
            begin, end = characters[0] + shift, characters[1] + shift
            if characters[0] == characters[1]:
                return (0, 0)
            touching = [i for i, (b, e) in enumerate(encoding.offsets) if b < end and e > begin]
            return (touching[0], touching[-1] + 1)

        return Encoded(tuple(encoding.ids), tokens(sentence.subject), tokens(sentence.answer))


def corpus_lines(facts: list[Fact], templates: dict[str, Templates], random: Random, lines: int) -> list[str]:
    """Text as the model is trained on, one row per line: mixed sentences or a paragraph about one subject."""
    by_subject: dict[str, list[Fact]] = {}
    for fact in facts:
        by_subject.setdefault(fact.subject, []).append(fact)
    subjects = list(by_subject)
    out = []
    for _ in range(lines):
        if random.random() < 0.3:
            sentences = paragraph_of(by_subject[random.choice(subjects)], templates, random)
        else:
            sentences = [
                sentence_of(fact, random.choice(templates[fact.relation].trained))
                for fact in random.choices(facts, k=random.randint(2, 4))
            ]
        texts = [sentence.text for sentence in sentences]
        if random.random() < 0.3:
            texts.insert(0, random.choice(NEUTRAL))
        out.append(" ".join(texts))
    return out
