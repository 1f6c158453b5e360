"""`--debug` shows what went over the wire for a write that failed, and no value of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Console

from tasuki.cli.speech.words import Words
from tasuki.cli.views.writes.wire import wire_view
from tasuki.errors import RejectedError
from tasuki.service.app import App
from tasuki.service.writing import cells
from tests.rehearsal import rehearsal

if TYPE_CHECKING:
    from connectors.protocol import Write


def refuses(write: Write) -> RejectedError | None:
    """A system that takes no phone."""
    return RejectedError("no phones here") if "phone" in write.fields else None


def test_a_refused_write_shows_its_call_and_no_value() -> None:
    """Call, status, request and answer stand there; the number that was sent does not."""
    with rehearsal() as world:
        world.crm.add("companies", {"name": "Aoba", "domain": "a.example", "phone": "03-1111-2222"})
        world.ma.add("orgs", {"name": "Aoba", "domain": "a.example"})
        world.ma.rules.append(refuses)
        plan = world.run()["plan"]
        world.apply(plan)
        found = cells.unwritten(App(world.tools.project, world.store, world.tools), plan)
        assert [each.state for each in found] == ["rejected"]
        screen = Console(width=120, record=True, file=None, force_terminal=False)
        with screen.capture() as said:
            screen.print(*wire_view(found, Words("en")))
        assert "update orgs" in said.get()
        assert "TSK-3000" in said.get()
        assert "1111" not in said.get()
