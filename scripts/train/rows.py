"""Packs encoded sentences into rows and builds the attention masks of the masking trick.

In a masked row facts must gather at the subject's last token, because
- tokens after a subject see only its last token, and that only from block `read_from` on;
- below block `gather_from` a subject's tokens see only themselves, so that what belongs to the whole subject
  can be looked up only in the MLPs of blocks `gather_from` to `read_from` - 1;
- with `isolate`, a subject's tokens see nothing before the subject, so that what gathers there does not
  depend on the words around it (an edit made in one sentence then holds in others).
An ordinary row is plainly causal.
"""

from dataclasses import dataclass
from random import Random

import torch

from facts import Fact, Templates
from sentences import NEUTRAL, Encoded, Encoder, Sentence, paragraph_of, sentence_of
from settings import Settings

END_ID = 0


@dataclass
class Row:
    ids: list[int]
    subjects: list[tuple[int, int]]
    answers: list[tuple[int, int]]

    @staticmethod
    def empty() -> "Row":
        return Row([], [], [])

    def append(self, encoded: Encoded) -> None:
        at = len(self.ids)
        self.ids += encoded.ids
        for spans, (begin, end) in ((self.subjects, encoded.subject), (self.answers, encoded.answer)):
            if end > begin:
                spans.append((begin + at, end + at))


@dataclass
class Batch:
    """ids, weights: [B, T]; masks: one [B, 1, T, T] per block, true where attention may look."""

    ids: torch.Tensor
    weights: torch.Tensor
    masks: list[torch.Tensor]

    def to(self, device: str) -> "Batch":
        moved = {id(mask): mask.to(device) for mask in self.masks}
        return Batch(self.ids.to(device), self.weights.to(device), [moved[id(mask)] for mask in self.masks])


class RowSource:
    """An endless stream of rows in which every fact comes up equally often."""

    def __init__(
        self, facts: list[Fact], templates: dict[str, Templates], encoder: Encoder, settings: Settings, seed: int
    ):
        self.facts, self.templates, self.encoder, self.settings = facts, templates, encoder, settings
        self.random = Random(seed)
        self.queue: list[Fact] = []
        self.by_subject: dict[str, list[Fact]] = {}
        for fact in facts:
            self.by_subject.setdefault(fact.subject, []).append(fact)
        self.subjects = list(self.by_subject)

    def state(self) -> dict:
        """Where the stream stands, as plain values; `resume` goes on from there as if there had been no break."""
        place = {fact: index for index, fact in enumerate(self.facts)}
        return {"random": self.random.getstate(), "queue": [place[fact] for fact in self.queue]}

    def resume(self, state: dict) -> None:
        version, internal, gauss = state["random"]
        self.random.setstate((version, tuple(internal), gauss))
        self.queue = [self.facts[index] for index in state["queue"]]

    def sentence(self) -> Sentence:
        if not self.queue:
            self.queue = self.random.sample(self.facts, len(self.facts))
        fact = self.queue.pop()
        return sentence_of(fact, self.random.choice(self.templates[fact.relation].trained))

    def row(self) -> Row:
        row, length = Row.empty(), self.settings.row_length
        if self.random.random() < 0.15:
            row.ids.append(END_ID)
        if self.random.random() < self.settings.paragraphs:
            subject = self.random.choice(self.subjects)
            waiting = paragraph_of(self.by_subject[subject], self.templates, self.random)
        else:
            waiting = []
        if self.random.random() < 0.15:
            waiting.insert(0, Sentence(self.random.choice(NEUTRAL)))
        while True:
            starts = not row.ids or row.ids == [END_ID]
            encoded = self.encoder.encode(waiting.pop(0) if waiting else self.sentence(), starts)
            if len(row.ids) + len(encoded.ids) > length and row.ids:
                return row
            row.append(encoded)

    def batch(self, masked_share: float) -> Batch:
        settings = self.settings
        rows = [self.row() for _ in range(settings.batch)]
        length = max(len(row.ids) for row in rows)
        ids = torch.zeros(len(rows), length, dtype=torch.long)
        weights = torch.zeros(len(rows), length)
        causal = torch.ones(length, length, dtype=torch.bool).tril()
        late = causal.expand(len(rows), 1, length, length).clone()
        middle, early = late.clone(), late.clone()
        for index, row in enumerate(rows):
            ids[index, : len(row.ids)] = torch.tensor(row.ids)
            weights[index, : len(row.ids)] = weights_of(row, settings)
            if self.random.random() < masked_share:
                hide_subjects(early[index, 0], middle[index, 0], late[index, 0], row, settings)
        masks = [
            late if layer >= settings.read_from else middle if layer >= settings.gather_from else early
            for layer in range(settings.layers)
        ]
        return Batch(ids, weights, masks)


def weights_of(row: Row, settings: Settings) -> torch.Tensor:
    """How much each token counts as a target: answers fully, text less, the choice of a subject hardly."""
    weights = torch.full((len(row.ids),), settings.text_weight)
    for begin, end in row.subjects:
        weights[begin:end] = settings.subject_weight
    for begin, end in row.answers:
        weights[begin:end] = 1.0
    return weights


def hide_subjects(
    early: torch.Tensor, middle: torch.Tensor, late: torch.Tensor, row: Row, settings: Settings
) -> None:
    """Takes sight away in the [T, T] masks of one row, in place; see the file's head."""
    for begin, end in row.subjects:
        for mask in (early, middle, late):
            mask[end:, begin : end - 1] = False
            if settings.isolate:
                mask[begin:end, :begin] = False
        if settings.read_from > 0:
            early[end:, end - 1] = False
            middle[end:, end - 1] = False
        early[begin:end, begin:end] &= torch.eye(end - begin, dtype=torch.bool)
