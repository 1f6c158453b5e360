"""Whether a field's policy, its protection and its currency can do what they say."""

from collections.abc import Mapping as Table

from catalog.shape import Field, Grain, Type
from config.yaml import KeyPath
from mappings.reading.document import (
    CurrencyDocument,
    FieldDocument,
    LookDocument,
    ProtectDocument,
)
from mappings.reading.problems import Frame
from mappings.spec import Currency, Policy, Protect, Rule, SideField


def check_policy(
    known: Field, policy: Policy, looks: Table[str, SideField], path: KeyPath, frame: Frame
) -> None:
    """Note a rule that this type of value, or these sides, cannot follow."""
    at = (*path, "conflict")
    if policy.rule is Rule.UNION and known.type is not Type.TEXT:
        frame.problems.add(
            f"`{known.name}` cannot be a union",
            at,
            f"a union joins the parts of text, and this is {known.type.value}",
            "Choose `highest`, `latest_wins` or `<side>_wins`.",
            value=True,
        )
    if policy.rule is Rule.HIGHEST and known.type is Type.TEXT:
        frame.problems.add(
            f"`{known.name}` has no highest value",
            at,
            "text has no order that means anything",
            "Choose `union`, `latest_wins` or `<side>_wins`.",
            value=True,
        )
    if policy.rule is Rule.OWNER_BY_STAGE:
        _check_owners(known, policy, looks, at, frame)
    if policy.rule is Rule.ASK and frame.entity.grain is Grain.MERGED:
        _check_asked(known, looks, at, frame)


def _check_owners(
    known: Field, policy: Policy, looks: Table[str, SideField], at: KeyPath, frame: Frame
) -> None:
    if frame.stages is None:
        return
    for side in dict.fromkeys((policy.order[0], *policy.by_stage.values())):
        look = looks.get(side)
        if look is not None and look.reads:
            continue
        frame.problems.add(
            f"`{side}` cannot own `{known.name}`",
            at,
            "the field is not on that side" if look is None else "that side is only written",
            f"Add `{side}` to the field, read it there, or choose another policy.",
            value=True,
        )


def _check_asked(known: Field, looks: Table[str, SideField], at: KeyPath, frame: Frame) -> None:
    if sum(look.reads for look in looks.values()) < 2:
        frame.problems.add(
            f"Nobody can be asked about `{known.name}`",
            at,
            "only one side gives it a value, so no two can differ",
            "Take `conflict` out, or read the field from another side.",
            value=True,
        )


def read_protect(
    says: ProtectDocument | None, looks: Table[str, SideField], path: KeyPath, frame: Frame
) -> Protect | None:
    """What is left alone for a while; of use only where Tasuki writes."""
    if says is None:
        return None
    if not any(look.writes for look in looks.values()):
        frame.problems.add(
            f"`{path[-1]}` needs no protection",
            (*path, "protect"),
            "Tasuki writes it to no side",
            "Take `protect` out, or write `direction: both`.",
        )
    return Protect(says.for_, says.changed_by)


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
