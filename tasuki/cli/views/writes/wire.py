"""What went over the wire for writes that did not succeed (`--debug`): no secret, no value."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from rich.console import RenderableType
from rich.padding import Padding
from rich.text import Text

from tasuki.cli.speech.words import Words
from tasuki.values import dumps

if TYPE_CHECKING:
    from tasuki.service.writing.cells import WriteView


def wire_view(writes: Iterable["WriteView"], words: Words) -> Iterator[RenderableType]:
    """Request and answer of each write; values stand as `…`."""
    for each in writes:
        ref = f"{each.connection}/{each.object}/{each.record_id or words('new')}"
        state = words("refused by the system" if each.state == "rejected" else "no answer")
        yield Text.assemble((each.label or ref, "bold"), f"  {ref}  ", (state, "yellow"))
        said = each.exchange
        if said is None:
            yield _line(words("nothing went over the wire for it"), "")
            continue
        yield _line(str(said["call"]), str(said["status"] or words("no answer")))
        yield _line(words("request"), _json(said["request"]))
        yield _line(words("what came back"), _json(said["answer"]))
        if said.get("request_id"):
            yield _line(words("request id"), str(said["request_id"]))


def _line(name: str, value: str) -> Padding:
    return Padding(Text.assemble((name, "dim"), f"  {value}"), (0, 0, 0, 4), expand=False)


def _json(value: Any) -> str:
    return dumps(value) if value is not None else "–"
