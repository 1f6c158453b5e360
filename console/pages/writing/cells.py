"""A plan cell by cell, a page at a time; one write with what was sent and answered."""

from dataclasses import dataclass
from typing import Final

from console.page import Page
from console.pages import paging
from console.pages.paging import Pages
from console.visit import Visit
from staging.write.cells import Which
from staging.write.plans import Change, PlanRow
from tasuki.service.writing import cells, planning
from tasuki.service.writing.cells import WriteView

_SHOWN: Final = 100


@dataclass(frozen=True, slots=True)
class Cells:
    """The cells of a plan under the facets of the address."""

    plan: PlanRow
    which: Which
    cells: tuple[Change, ...]
    pages: Pages
    states: tuple[str, ...]
    """The states that cells of this plan are in."""


def _cells(visit: Visit) -> Cells:
    asked = visit.query
    plan = planning.row(visit.app, visit.params["plan_id"])
    which = Which(**{name: asked.get(name, "") for name in Which.__slots__})
    number = paging.wanted(visit, "page")
    found = cells.page(visit.app, plan.id, which, limit=_SHOWN, skip=(number - 1) * _SHOWN)
    pages = paging.asked(visit, "page", found.total, _SHOWN)
    if pages.number != number:
        found = cells.page(visit.app, plan.id, which, limit=_SHOWN, skip=pages.skipped)
    states = tuple(cells.standing(visit.app, plan.id).states)
    return Cells(plan, which, found.cells, pages, states)


def _write(visit: Visit) -> WriteView:
    return cells.show(visit.app, visit.params["write_id"])


PAGES = (
    Page("/plans/{plan_id}/cells", "cells.html", _cells),
    Page("/writes/{write_id:path}", "write.html", _write),
)
ACTIONS = ()
