"""Durations as people write them: `30s`, `15m`, `4h`, `90d`, and business days `2bd`."""

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

_WRITTEN: Final = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s|m|h|d|w|bd)")
_UNITS: Final = {
    "ms": timedelta(milliseconds=1),
    "s": timedelta(seconds=1),
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
    "w": timedelta(weeks=1),
}
HINT: Final = "write a duration such as 30s, 15m, 4h, 90d or 2bd (business days)"


@dataclass(frozen=True, slots=True)
class Duration:
    """A length of time: by the clock, or in business days of a calendar."""

    clock: timedelta = timedelta(0)
    business_days: int = 0

    @property
    def is_business(self) -> bool:
        """Whether it is counted in business days."""
        return self.business_days > 0

    def __str__(self) -> str:
        if self.is_business:
            return f"{self.business_days}bd"
        for unit in ("d", "h", "m", "s"):
            if self.clock % _UNITS[unit] == timedelta(0) and self.clock:
                return f"{self.clock // _UNITS[unit]}{unit}"
        return f"{self.clock // _UNITS['ms']}ms"

    @classmethod
    def parse(cls, text: str) -> "Duration":
        """The duration behind its written form; ValueError when it is none."""
        found = _WRITTEN.fullmatch(text.strip())
        if found is None:
            raise ValueError(HINT)
        amount, unit = found.groups()
        if unit != "bd":
            return cls(clock=float(amount) * _UNITS[unit])
        if "." in amount or amount == "0":
            raise ValueError("business days are counted whole, from 1bd")
        return cls(business_days=int(amount))

    @classmethod
    def __get_pydantic_core_schema__(
        cls, source: type[Any], handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(
            cls._validated, serialization=core_schema.to_string_ser_schema()
        )

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return {"type": "string", "pattern": f"^{_WRITTEN.pattern}$", "examples": ["4h", "2bd"]}

    @classmethod
    def _validated(cls, value: object) -> "Duration":
        if isinstance(value, cls):
            return value
        if isinstance(value, str):
            return cls.parse(value)
        raise ValueError(HINT)


def as_timedelta(value: object) -> object:
    """A written clock duration as a timedelta; anything else as it is."""
    if not isinstance(value, str) or _WRITTEN.fullmatch(value.strip()) is None:
        return value
    duration = Duration.parse(value)
    return value if duration.is_business else duration.clock
