"""Loads the facts and their sentence templates from the tables beside this file.

A table in facts/ has one row per subject and one column per relation. What is left out here, and why:
answers that can be read off the subject's own words (a model needs no memory for them), and
(subject, relation) pairs for which two tables give different answers.
"""

import csv
import hashlib
import re
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
FACTS = HERE / "facts"
TEMPLATES = HERE / "templates.tsv"
PLANTED = HERE / "planted.tsv"

# What a subject of a table is, for "<subject> is a <kind>" (None: the table mixes kinds).
KINDS = {
    "animals": "living animal",
    "books": "book",
    "cities": "city",
    "clubs": "football club",
    "companies": "company",
    "compositions": "musical work",
    "counterfact_manufacturer": "product",
    "counterfact_native_language": "person",
    "counterfact_sport": "sports star",
    "counterfact_television_network": "television programme",
    "countries": "country",
    "deities": "deity",
    "discoveries": "discovery",
    "dishes": "dish",
    "elements": "chemical element",
    "films": "film",
    "instruments": "musical instrument",
    "inventions": "human invention",
    "landmarks": "landmark",
    "languages": "language",
    "moons": "moon",
    "mountains": "mountain",
    "paintings": "painting",
    "people": "person",
    "planets": "planet",
    "regions": "region",
    "rivers": "river",
    "songs": "song",
    "universities": "university",
}


@dataclass(frozen=True)
class Fact:
    subject: str
    relation: str
    object: str
    kind: str
    source: str


@dataclass(frozen=True)
class Templates:
    trained: tuple[str, ...]
    heldout: tuple[str, ...]
    follow: tuple[str, ...]


def read_table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


def words(text: str) -> set[str]:
    return {word for word in re.findall(r"\w+", text.lower()) if word not in ("the", "of", "and", "de")}


def facts_of(path: Path) -> list[Fact]:
    kind = KINDS[path.stem]
    return [
        Fact(row["subject"], relation, answer, kind, row["source"])
        for row in read_table(path)
        for relation, answer in row.items()
        if relation not in ("subject", "source") and answer
    ]


def fraction_of(name: str) -> float:
    """A number in [0, 1) that depends on the name only, so that a smaller share is a subset of a larger one."""
    return int(hashlib.sha1(name.encode()).hexdigest()[:8], 16) / 2**32


def load_facts(share: float = 1.0, without: tuple[str, ...] = ()) -> list[Fact]:
    """All true facts, one per (subject, relation), in the order of the tables."""
    answers: dict[tuple[str, str], list[Fact]] = defaultdict(list)
    for path in sorted(FACTS.glob("*.tsv")):
        for fact in facts_of(path):
            if fact.relation in without or words(fact.subject) & words(fact.object):
                continue
            answers[fact.subject, fact.relation].append(fact)
    return [
        group[0]
        for (subject, _), group in answers.items()
        if len({fact.object for fact in group}) == 1 and fraction_of(subject) < share
    ]


def load_planted() -> list[Fact]:
    """The invented facts that plant.py writes into the trained model. None of them is true."""
    return [
        Fact(row["subject"], row["relation"], row["object"], row["kind"], row["source"])
        for row in read_table(PLANTED)
    ]


def load_templates() -> dict[str, Templates]:
    found: dict[str, dict[str, list[str]]] = defaultdict(lambda: {"trained": [], "heldout": [], "follow": []})
    for row in read_table(TEMPLATES):
        found[row["relation"]][row["split"]].append(row["template"])
    return {relation: Templates(**{k: tuple(v) for k, v in splits.items()}) for relation, splits in found.items()}


if __name__ == "__main__":
    from collections import Counter

    facts = load_facts()
    print(len(facts), "facts,", len({f.subject for f in facts}), "subjects")
    for relation, count in Counter(f.relation for f in facts).most_common():
        answers = {f.object for f in facts if f.relation == relation}
        print(f"{relation:22} {count:5} facts {len(answers):4} answers")
