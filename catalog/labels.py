"""The words people read for entities and fields, in English and Japanese."""

from typing import Literal, TypeAlias

from catalog.entities import ENTITIES

Language: TypeAlias = Literal["en", "ja"]

_RELATIONS = {
    ("score", "en"): "score",
    ("score", "ja"): "スコア",
    ("grade", "en"): "grade",
    ("grade", "ja"): "ランク",
    ("signal", "en"): "signal",
    ("signal", "ja"): "アラート",
}


def label(entity: str, field: str | None, lang: Language) -> str:
    """The label of an entity, or of one of its fields; a name nobody labelled is spelled out."""
    known = ENTITIES.get(entity)
    if field is None:
        if known is not None:
            return known.ja if lang == "ja" else known.en
        return _RELATIONS.get((entity, lang), spelled(entity))
    found = known.field(field) if known else None
    if found is None:
        return spelled(field)
    return found.ja if lang == "ja" else found.en


def unit(entity: str, field: str) -> str:
    """The unit a field is counted in; empty where it has none."""
    known = ENTITIES.get(entity)
    found = known.field(field) if known else None
    return found.unit if found else ""


def spelled(name: str) -> str:
    """A name as words: `account_priority` is "account priority"."""
    return name.strip("_").replace("_", " ")
