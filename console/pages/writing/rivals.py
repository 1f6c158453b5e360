"""Who sets our values back whenever we write them: the cycle, and letting go."""

from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from console.access.permission import May
from console.page import Action, Next, Page
from console.visit import Visit
from tasuki.service.writing import rivals
from tasuki.service.writing.rivals import FieldView

STATES: Final = ("paused", "watched", "resumed")


@dataclass(frozen=True, slots=True)
class Rivals:
    """The fields on which somebody sets our values back."""

    state: str
    states: tuple[str, ...]
    fields: tuple[FieldView, ...]


def _list(visit: Visit) -> Rivals:
    asked = visit.query.get("state", "")
    state = asked if asked in STATES else STATES[0]
    return Rivals(state, STATES, rivals.fields(visit.app, (state,)))


def _resume(visit: Visit) -> Next:
    target = visit.form.get("target", "")
    freed = rivals.resume(visit.app, target, visit.who.login)
    return Next(f"/rivals?{urlencode({'done': 'resumed', 'n': freed})}")


PAGES = (Page("/rivals", "rivals.html", _list),)
ACTIONS = (Action("/rivals/resume", _resume, May.RESUME_RIVAL),)
