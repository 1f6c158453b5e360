"""A read model by its fields, as documents show it."""

from dataclasses import fields, is_dataclass


def vars_of(value: object) -> "dict[str, object]":
    """A read model's fields by name."""
    if not is_dataclass(value):
        raise TypeError(f"{type(value).__name__} is no read model")
    return {each.name: getattr(value, each.name) for each in fields(value)}
