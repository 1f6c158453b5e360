"""Every page and action of the console in one list each."""

from typing import Final

from console.page import Action, Page
from console.pages import handoffs, overview, people, runs, scenarios, sign_in
from console.pages.truth import decisions, entities
from console.pages.writing import cells, parked, plans, rivals

_WRITING: Final = (plans, cells, parked, rivals)
_GROUPS: Final = (
    *(overview, runs, *_WRITING),
    *(handoffs, scenarios, decisions, entities, people),
)
PAGES: Final[tuple[Page, ...]] = tuple(page for group in _GROUPS for page in group.PAGES)
OPEN_PAGES: Final[tuple[Page, ...]] = sign_in.OPEN_PAGES
ACTIONS: Final[tuple[Action, ...]] = tuple(
    action for group in (*_GROUPS, sign_in) for action in group.ACTIONS
)
