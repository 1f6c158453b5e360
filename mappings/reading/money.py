"""In which currency the amounts of a side are."""

from catalog.shape import Field, Type
from config.yaml import KeyPath
from mappings.reading.document import CurrencyDocument, FieldDocument, LookDocument
from mappings.reading.problems import Frame
from mappings.spec import Currency


def read_currency(
    look: LookDocument, field: FieldDocument, known: Field, path: KeyPath, frame: Frame
) -> Currency | None:
    """What the side says of its currency, or else the field; None is the project's own."""
    says = look.currency if look.currency is not None else field.currency
    if says is None:
        return None
    at = (*(path if look.currency is not None else path[:-1]), "currency")
    if known.type is not Type.NUM:
        frame.problems.add(
            f"`{known.name}` is no amount",
            at,
            f"a currency belongs to a number, and this is {known.type.value}",
            "Take `currency` out.",
        )
    if isinstance(says, str):
        return Currency(code=says)
    _check_one(says, at, frame)
    return Currency(says.code, says.field, says.on)


def _check_one(says: CurrencyDocument, at: KeyPath, frame: Frame) -> None:
    if (says.code is None) == (says.field is None):
        frame.problems.add(
            "A currency is one code, or a field that holds one",
            at,
            "`code` and `field` are both given" if says.code else "neither is given",
            "Write `currency: USD`, or `currency: {field: CurrencyIsoCode}`.",
        )
