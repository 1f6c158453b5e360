"""Record ids: 15 case-sensitive characters and three that check them."""

from typing import Final

_CHECK: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"


def full_id(id: str) -> str:
    """The 18-character form of an id in either form."""
    if len(id) != 15:
        return id
    blocks = (id[start : start + 5] for start in (0, 5, 10))
    capitals = (
        sum(1 << n for n, char in enumerate(block) if "A" <= char <= "Z") for block in blocks
    )
    return id + "".join(_CHECK[number] for number in capitals)


def is_id(id: str) -> bool:
    """Whether the text is an 18-character id whose check holds (spreadsheets change case)."""
    return len(id) == 18 and id.isascii() and id.isalnum() and full_id(id[:15]) == id
