"""Typed, frozen settings, and the four-line errors of a file that does not fit them."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import ErrorDetails

from config.duration import as_timedelta
from config.nearest import did_you_mean
from config.secrets import is_reference
from config.yaml import Document, KeyPath, dotted
from tasuki.errors import ConfigError


class Settings(BaseModel):
    """Settings read from a project's files: frozen, and an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


M = TypeVar("M", bound=BaseModel)

_PLAIN: Final = {
    "missing": "this key is required",
    "string_type": "text is expected here",
    "int_parsing": "a whole number is expected here",
    "int_type": "a whole number is expected here",
    "bool_parsing": "true or false is expected here",
    "bool_type": "true or false is expected here",
    "list_type": "a list is expected here",
    "tuple_type": "a list is expected here",
    "dict_type": "`key: value` pairs are expected here",
    "model_type": "`key: value` pairs are expected here",
    "model_attributes_type": "`key: value` pairs are expected here",
}


def read(
    model: type[M],
    document: Document,
    path: KeyPath = (),
    *,
    data: Any = None,
    family: type[ConfigError] = ConfigError,
) -> M:
    """The part of a document at `path` as typed settings.

    `data` replaces what the file says (secrets put in), positions stay those of the file.

    Errors: ConfigError with file, line, column and the nearest known key.
    """
    given = document.get(path, {}) if data is None else data
    try:
        return model.model_validate(_with_durations(model, given))
    except ValidationError as error:
        raise explain(error, model, document, path, family)[0] from None


def _with_durations(model: type[BaseModel], data: Any) -> Any:
    """The data with `30s` as a timedelta where the model wants one."""
    if not isinstance(data, dict):
        return data
    clocks = {name for name, info in model.model_fields.items() if info.annotation is timedelta}
    return {key: as_timedelta(value) if key in clocks else value for key, value in data.items()}


def explain(
    error: ValidationError,
    model: type[BaseModel],
    document: Document,
    path: KeyPath = (),
    family: type[ConfigError] = ConfigError,
) -> list[ConfigError]:
    """One four-line error for each thing that is wrong, in the order of the file."""
    told = _pointed(error.errors(), document.get(path))
    found = [_explain(detail, model, document, path, family) for detail in told]
    found.sort(key=_position)
    return found


def _pointed(details: Sequence[ErrorDetails], data: Any) -> list[ErrorDetails]:
    """Without "this is no text" where the same value, read as what it is, is wrong further in."""
    at = [_real(detail, data) for detail in details]
    return [
        detail
        for detail, here in zip(details, at, strict=True)
        if not any(len(other) > len(here) and other[: len(here)] == here for other in at)
    ]


def problems(model: type[BaseModel], document: Document, data: Any) -> list[ConfigError]:
    """What is wrong with settings whose references are not looked up: those are taken on trust."""
    try:
        model.model_validate(_with_durations(model, data))
    except ValidationError as error:
        told = [each for each in error.errors() if not _is_trusted(each)]
        found = [_explain(each, model, document, (), ConfigError) for each in told]
        return sorted(found, key=_position)
    return []


def _is_trusted(detail: ErrorDetails) -> bool:
    """A value that only names where the real one is kept; its key must be a known one."""
    value, known = detail["input"], detail["type"] not in ("extra_forbidden", "missing")
    return known and isinstance(value, str) and is_reference(value)


def _position(error: ConfigError) -> tuple[int, int]:
    where = error.where
    if where is None or isinstance(where, str):
        return (0, 0)
    return (where.line or 0, where.column or 0)


def _explain(
    detail: ErrorDetails,
    model: type[BaseModel],
    document: Document,
    path: KeyPath,
    family: type[ConfigError],
) -> ConfigError:
    here = (*path, *_real(detail, document.get(path)))
    kind = detail["type"]
    name = dotted(here) or document.file
    if kind == "extra_forbidden":
        return family(
            f"There is no key `{here[-1]}` here",
            where=document.place(here),
            why=f"{_owner(here, path)} does not know it",
            remedy=did_you_mean(str(here[-1]), _known(model, detail["loc"][:-1]), "Remove it."),
        )
    if kind == "missing":
        return family(
            f"`{name}` is missing",
            where=document.place(here),
            why=_PLAIN["missing"],
            remedy=f"Add `{here[-1]}: …` here.",
        )
    return family(
        f"`{name}` does not fit",
        where=document.value_place(here),
        why=_PLAIN.get(kind, detail["msg"].removeprefix("Value error, ")),
        remedy=_remedy(detail),
    )


def _remedy(detail: ErrorDetails) -> str:
    expected = detail.get("ctx", {}).get("expected")
    return f"Write one of {expected}." if expected else "Correct the value in this place."


def _owner(here: KeyPath, path: KeyPath) -> str:
    return f"`{dotted(here[:-1])}`" if len(here) > len(path) + 1 else "this part of the file"


def _real(detail: ErrorDetails, data: Any) -> KeyPath:
    """The steps of a pydantic location that stand in the file (a union adds steps of its own)."""
    steps: list[int | str] = []
    current, loc = data, detail["loc"]
    for index, step in enumerate(loc):
        last = index == len(loc) - 1 and detail["type"] == "missing"
        if isinstance(current, dict) and (step in current or (last and isinstance(step, str))):
            current = current.get(step)
        elif isinstance(current, list) and isinstance(step, int) and step < len(current):
            current = current[step]
        else:
            continue
        steps.append(step)
    return tuple(steps)


def _known(model: type[BaseModel], loc: tuple[int | str, ...]) -> list[str]:
    """The keys that the model at a location knows."""
    owner: Any = model
    for step in loc:
        field = getattr(owner, "model_fields", {}).get(step)
        owner = _inner(field.annotation) if field is not None else owner
    fields = getattr(owner, "model_fields", {})
    return [info.alias or name for name, info in fields.items()]


def _inner(annotation: Any) -> Any:
    """The settings class inside an annotation such as `dict[str, Side]` or `Side | None`."""
    if hasattr(annotation, "model_fields"):
        return annotation
    for argument in getattr(annotation, "__args__", ()):
        if (found := _inner(argument)) is not None:
            return found
    return None
