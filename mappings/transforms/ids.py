"""Ids that other systems keep of each other's records."""

from typing import Final

from mappings.transforms.registry import transform

_ALPHABET: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"


@transform(
    examples={
        "001A0000006Vm9r": "001A0000006Vm9rIAC",
        "001A0000006Vm9rIAC": "001A0000006Vm9rIAC",
    }
)
def salesforce_id(value: str) -> str:
    """A Salesforce id in its 18-character form, so that both forms compare equal."""
    text = value.strip()
    if len(text) != 15 or not text.isascii() or not text.isalnum():
        return text
    checks = (_check(text[start : start + 5]) for start in (0, 5, 10))
    return text + "".join(checks)


def _check(five: str) -> str:
    """One character that says which of five are capitals, the first being the lowest bit."""
    return _ALPHABET[sum(1 << place for place, letter in enumerate(five) if letter.isupper())]
