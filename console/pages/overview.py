"""The first page: is it healthy, is anyone waiting."""

from console.access.permission import May
from console.page import Action, Next, Page
from console.visit import Visit
from tasuki.service import accounts, overview, running
from tasuki.service.overview import Overview


def _read(visit: Visit) -> Overview:
    return overview.overview(visit.app)


def _run_now(visit: Visit) -> Next:
    run_id = running.start_run(visit.house.follow, by=visit.who.login, trigger="console")
    accounts.audit(visit.app, visit.who.login, "run.started", run_id)
    return Next(f"/runs/{run_id}?started=1")


PAGES = (Page("/overview", "overview.html", _read),)
ACTIONS = (Action("/runs", _run_now, May.RUN),)
