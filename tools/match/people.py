"""People: the person rules and the likeness of names, measured on invented people."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from tools.match.companies import LEVELS, SEED, Row, row
from tools.match.corrupt import PEOPLE
from tools.match.score import (
    Candidate,
    Score,
    joined_people,
    people_after,
    people_candidates,
    proposed,
    threshold,
)
from tools.match.things import Person, invented_people

_PEOPLE: Final = 2_000


def joined() -> Iterator[Row]:
    """Each corruption, with mail and mobile, with one of them, with neither."""
    those = invented_people(_PEOPLE)
    total = Score(0, 0, 0)
    for what, change in PEOPLE.items():
        others = people_after(those, change, SEED)
        if what != "typo in the mail":
            total += (found := joined_people(those, others))
            yield row(f"{what}, mail and mobile", found)
        bare = [replace(one, email=None) for one in others]
        total += (found := joined_people(those, bare))
        yield row(f"{what}, mobile alone", found)
    yield row(
        "name alone", joined_people(those, [replace(o, email=None, mobile=None) for o in those])
    )
    yield row("all of these", total)


def proposals() -> Iterator[Row]:
    """Names alike within one firm, whose mails and mobiles say nothing."""
    those = invented_people(_PEOPLE)
    mixed: list[Candidate] = []
    pairs = 0
    for what, change in PEOPLE.items():
        if what in ("unchanged", "typo in the mail", "given name missing"):
            continue
        others: list[Person] = people_after(those, change, SEED)
        found = people_candidates(those, others)
        mixed += found
        pairs += len(others)
        for least in (0.95, 0.85):
            yield row(f"{what}, likeness ≥ {least:.2f}", proposed(found, len(others), least))
    for least in LEVELS:
        yield row(f"all of these, likeness ≥ {least:.2f}", proposed(mixed, pairs, least))
    for wanted in (0.99, 0.95, 0.90):
        enough = threshold(mixed, wanted)
        if enough is not None:
            what = f"precision {wanted:.2f} from likeness {enough:.3f} on"
            yield row(what, proposed(mixed, pairs, enough))
