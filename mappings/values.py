"""One cell's way from the platform's spelling to the entity's and back, compiled to closures."""

from collections.abc import Callable, Iterable
from collections.abc import Mapping as Table
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import partial
from typing import Any, Final, TypeAlias
from unicodedata import normalize
from zoneinfo import ZoneInfo

from catalog.shape import Type
from config.money.currency import Rates, rounded
from mappings.spec import ID, Currency, MappedField, Rule, SideField, Step, Unknown, WrittenAs
from mappings.transforms.catalogue import TRANSFORMS, pipeline
from mappings.transforms.number import boolean, integer, number
from mappings.transforms.registry import USUAL, Habits
from mappings.transforms.time import date as to_date
from mappings.transforms.time import datetime as to_instant
from tasuki.values import stamp

Read: TypeAlias = Callable[[Table[str, Any]], Any]
Convert: TypeAlias = Callable[[Any], Any]

NO_RATES: Final = Rates()
_DAY_AS_TEXT: Final = len("2026-01-31")
REST: Final = "*"
"""In a value map: every value it does not name."""


class UnknownValueError(ValueError):
    """A value map does not name this value, and the mapping says to park it."""


class UnknownRateError(ValueError):
    """An amount whose currency, or whose rate of the day, is not known."""


def steps_of(steps: tuple[Step, ...], habits: Habits) -> Convert:
    """The pipeline behind the named steps."""
    return pipeline([TRANSFORMS[s.name].bound(s.argument, habits) for s in steps])


def reader(rule: MappedField, look: SideField, habits: Habits) -> Read:
    """A function from a platform record to the entity's value of this field.

    Errors: the function raises ValueError for a value that does not fit, without naming it.
    """
    coerce = _spelled(rule, habits)
    if _holds_days(rule, look):
        coerce = partial(_local_day, coerce, habits.timezone)
    if not look.names:
        constant = coerce(look.constant)
        return lambda _fields: constant
    convert = _converted(look, coerce, habits)
    take = _taker(look)
    if look.currency is not None:
        return partial(_read_amount, take, convert, look.currency, habits.rates)
    return lambda fields: None if (raw := take(fields)) is None else convert(raw)


def _holds_days(rule: MappedField, look: SideField) -> bool:
    return rule.type is Type.TIME and look.written_as is WrittenAs.DATE


def _local_day(coerce: Convert, zone: str, value: Any) -> datetime | None:
    """A day of a field that holds days is the project's day, as it is when it is written."""
    is_text = isinstance(value, str) and 0 < len(value.strip()) <= _DAY_AS_TEXT
    if not (is_text or (isinstance(value, date) and not isinstance(value, datetime))):
        return coerce(value)  # type: ignore[no-any-return]  # an instant, or None
    day = to_date(value)
    return datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone)).astimezone(UTC)


def _read_amount(
    take: Read, convert: Convert, currency: Currency, rates: Rates, fields: Table[str, Any]
) -> Decimal | None:
    """An amount in the project's currency, by the rate of its day."""
    amount = None if (raw := take(fields)) is None else convert(raw)
    if amount is None or (code := code_of(currency, fields, rates.own)) == rates.own:
        return amount
    return rounded(amount * rate_of(currency, code, rates, fields), rates.own)


def code_of(currency: Currency, fields: Table[str, Any], own: str) -> str:
    """In which currency the amounts of a record are; the project's own where it does not say."""
    said = str(fields.get(currency.field or "") or "")
    return currency.code or normalize("NFKC", said).strip().upper() or own


def rate_of(currency: Currency, code: str, rates: Rates, fields: Table[str, Any]) -> Decimal:
    """What one unit was worth on the record's day.

    Errors: UnknownRateError when nobody wrote it down.
    """
    raw = fields.get(currency.on) if currency.on else None
    day = None if _is_blank(raw) else to_date(raw)
    if (found := rates.rate(code, day)) is None:
        on = f" on or before {day.isoformat()}" if day else ""
        raise UnknownRateError(f"there is no rate of {code}{on}")
    return found


def _taker(look: SideField) -> Read:
    if look.joined_with is not None:
        return partial(_joined, look.names, look.joined_with)
    if len(look.names) > 1:
        return partial(_first, look.names)
    name = next(iter(look.names))
    return lambda fields: None if _is_blank(raw := fields.get(name)) else raw


def _first(names: tuple[str, ...], fields: Table[str, Any]) -> Any:
    return next((raw for name in names if not _is_blank(raw := fields.get(name))), None)


def _joined(names: tuple[str, ...], between: str, fields: Table[str, Any]) -> Any:
    parts = [str(raw).strip() for name in names if not _is_blank(raw := fields.get(name))]
    return between.join(parts) or None


def _is_blank(raw: Any) -> bool:
    return raw is None or (type(raw) is str and not raw.strip())


def _converted(look: SideField, coerce: Convert, habits: Habits) -> Convert:
    clean = steps_of(look.transform, habits)
    if not look.value_map:
        return (lambda raw: coerce(clean(raw))) if look.transform else coerce
    known = {key: coerce(value) for key, value in look.value_map.items() if key != REST}
    has_rest, rest = REST in look.value_map, coerce(look.value_map.get(REST))

    def convert(raw: Any) -> Any:
        if (key := map_key(raw)) in known:
            return known[key]
        if has_rest:
            return rest
        if look.unknown_value is Unknown.PARK:
            raise UnknownValueError("the value map does not name this value")
        return None if look.unknown_value is Unknown.BLANK else coerce(clean(raw))

    return convert


def map_key(value: Any) -> str:
    """A value as a key of a value map: as YAML writes it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _spelled(rule: MappedField, habits: Habits) -> Convert:
    """To the catalog's type; what is a set (`union`) is spelled in one order."""
    coerce = _coercion(rule.type, habits)
    if rule.policy.rule is not Rule.UNION:
        return coerce
    return lambda value: None if value is None else union([coerce(value)])


def as_entity(rule: MappedField, value: Any, habits: Habits = USUAL) -> Any:
    """A plainly written value as the entity has it in this field."""
    spelled = _spelled(rule, habits)
    if any(_holds_days(rule, look) for look in rule.sides.values()):
        return _local_day(spelled, habits.timezone, value)
    return spelled(value)


def union(values: Iterable[Any]) -> str | None:
    """Sets written as `a;b`, as one: order and repetition are no difference."""
    parts = {part.strip() for value in values for part in str(value).split(";")} - {""}
    return ";".join(sorted(parts)) or None


def _coercion(type_: Type, habits: Habits) -> Convert:
    """From what the steps gave to the catalog's type; None stays None."""
    converters: dict[Type, Convert] = {
        Type.TEXT: _text,
        Type.INT: integer,
        Type.NUM: number,
        Type.BOOL: boolean,
        Type.DATE: to_date,
        Type.TIME: partial(to_instant, habits=habits),
        Type.REF: _text,
    }
    convert = converters[type_]
    return lambda value: None if value is None else convert(value)


def _text(value: Any) -> str:
    return value if type(value) is str else map_key(value)


@dataclass(frozen=True, slots=True)
class Writer:
    """The way of one entity value to one platform field."""

    name: str
    convert: Convert
    default: Any
    clear: bool
    on_create_only: bool
    currency: Currency | None = None
    rates: Rates = NO_RATES

    def sent(self, value: Any, record: Table[str, Any], beside: Table[str, Any]) -> Any:
        """The value as the record takes it, with what is sent beside it; amounts in its currency.

        Errors: UnknownValueError, UnknownRateError.
        """
        if self.currency is None:
            return self.convert(value)
        record = {**record, **beside}
        if not self.currency.code and self.currency.field not in record:
            raise UnknownRateError(f"`{self.currency.field}` of the record is not known")
        if (code := code_of(self.currency, record, self.rates.own)) == self.rates.own:
            return self.convert(value)
        rate = rate_of(self.currency, code, self.rates, record)
        return self.convert(rounded(number(value) / rate, code))


def writer(rule: MappedField, look: SideField, habits: Habits) -> Writer:
    """How this field is written to a side; `$id` can never be written."""
    coerce = _coercion(rule.type, habits)
    inverse = _inverse(look, coerce)

    def convert(value: Any) -> Any:
        if inverse and (key := map_key(value)) in inverse:
            return inverse[key]
        if inverse and look.unknown_value is Unknown.PARK:
            raise UnknownValueError("the value map does not name this value")
        if inverse and look.unknown_value is Unknown.BLANK:
            return None
        return to_json(value, look.written_as, habits)

    return Writer(
        name=look.names[0],
        convert=convert,
        default=coerce(rule.default),
        clear=rule.clear,
        on_create_only=rule.on_create_only or look.names[0] == ID,
        currency=look.currency,
        rates=habits.rates,
    )


def _inverse(look: SideField, coerce: Convert) -> dict[str, Any]:
    """Entity value → platform value; the first that names an entity value is written."""
    found: dict[str, Any] = {}
    for key, value in look.value_map.items():
        if key != REST and value is not None:
            found.setdefault(map_key(coerce(value)), _BOOLEANS.get(key, key))
    return found


_BOOLEANS: Final[dict[str, Any]] = {"true": True, "false": False}


def to_json(value: Any, form: WrittenAs | None = None, habits: Habits = USUAL) -> Any:
    """An entity value as JSON that both platforms take, or in the form one of them wants."""
    if form is WrittenAs.DATE:
        return to_date(value, argument=habits.timezone).isoformat()
    if form is WrittenAs.EPOCH_MS:
        return int(to_instant(value, habits=habits).timestamp() * 1000)
    if isinstance(value, Decimal):
        whole = value.to_integral_value()
        value = int(whole) if whole == value else float(value)
    elif isinstance(value, datetime):
        value = stamp(value)
    elif isinstance(value, date):
        value = value.isoformat()
    return map_key(value) if form is WrittenAs.TEXT else value
