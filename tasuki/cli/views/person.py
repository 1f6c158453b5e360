"""What was held about a person, and what is no longer."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.text import Text

from tasuki.cli.speech.words import Words

if TYPE_CHECKING:
    from tasuki.service.privacy.erasing import Erased


def erased_view(done: "Erased", words: Words) -> RenderableType:
    """Counts, and the records that their systems still hold."""
    parts: list[RenderableType] = [
        words(
            "Erased: {records} records, {events} events; {struck} other rows lost their values.",
            records=f"{done.records:,}",
            events=f"{done.belongings:,}",
            struck=f"{done.struck:,}",
        )
    ]
    if not done.compacted:
        parts.append(words("Run VACUUM on the database: deleted rows leave their bytes behind."))
    if done.left:
        parts += ["", words("Their systems may still hold them; delete them there:")]
        parts += [Text(f"  {ref}") for ref in done.left]
    return Group(*parts)


def exported_view(counts: Mapping[str, int], to: str, words: Words) -> RenderableType:
    """What the file holds."""
    held = ", ".join(f"{name} {count:,}" for name, count in counts.items() if count)
    return Group(words("Written to {to}, for your eyes only: {held}", to=to, held=held))
