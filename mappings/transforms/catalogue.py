"""All transforms by name."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from mappings.transforms import company, ids, number, people, text, time, web
from mappings.transforms.registry import Transform, declared

SOURCES: Final = (text, web, people, company, number, time, ids)
"""The modules that declare transforms, in the order of the reference page."""

TRANSFORMS: Final[Mapping[str, Transform]] = declared()

Step = Callable[[Any], Any]


def pipeline(steps: Sequence[Step]) -> Step:
    """The steps one after the other; a blank ends the pipeline as None."""

    def run(value: Any) -> Any:
        for step in steps:
            if value is None or value == "":
                return None
            value = step(value)
        return None if value == "" else value

    return run
