"""explain, asof, report, reconcile: what is so, why, and what was."""

from pathlib import Path
from typing import TYPE_CHECKING, Literal

from tasuki.cli.faults import Exit, UsageError
from tasuki.cli.front import Doorway, Flag

if TYPE_CHECKING:
    from tasuki.service.money.reconcile import Reconciliation


def explain(what: str, about: str = "", *, door: Doorway) -> int:
    """Say why: of a record, a field, a person's or company's name, or a rule about one of them.

    Parameters
    ----------
    what
        connection/object/id[.Field], entity/id[.field or .metric], a name[.field], or a rule.
    about
        With a rule: whom it is about (an id or a name).
    """
    from tasuki.cli.verbs.flow.shown import vars_of
    from tasuki.cli.views.why import explain as views
    from tasuki.service.explaining.answer import explain as answer
    from tasuki.service.explaining.views import EntityView, MetricView, RecordView

    found = answer(door.app(), what, about)
    screen = door.screen
    if isinstance(found, EntityView):
        screen.document("entity", vars_of(found))
        screen.show(views.entity_view(found, screen.words))
    elif isinstance(found, RecordView):
        screen.document("record", vars_of(found))
        screen.show(views.record_view(found, screen.words))
    elif isinstance(found, MetricView):
        screen.document("metric", vars_of(found))
        screen.show(views.metric_view(found, screen.words))
    else:
        screen.document("rule", vars_of(found))
        screen.show(views.rule_view(found, screen.words))
    return Exit.DONE


def asof(what: str, moment: str, *, door: Doorway) -> int:
    """An entity as it stood at a past moment: its fields, and the records that were linked then.

    Parameters
    ----------
    what
        entity/id, a name, or connection/object/id of one of its records.
    moment
        A date (its end) or a time, in the project's time zone unless it says otherwise.
    """
    from tasuki.cli.verbs.flow.shown import vars_of
    from tasuki.cli.views.why.conflict import past_view
    from tasuki.service.explaining.past import as_of

    found = as_of(door.app(), what, moment)
    door.screen.document("asof", vars_of(found))
    door.screen.show(past_view(found, door.screen.words))
    return Exit.DONE


def report(*, door: Doorway) -> int:
    """What each team received, what was written, what is incomplete: one page."""
    from tasuki.cli.verbs.flow.shown import vars_of
    from tasuki.cli.views.report import report_view
    from tasuki.service.reporting import report as make

    found = make(door.app())
    door.screen.document("report", vars_of(found))
    door.screen.show(report_view(found, door.screen.words))
    return Exit.DONE


def reconcile(
    *,
    by: Literal["account", "month", "product"] = "account",
    csv: Path | None = None,
    propose: Flag = False,
    door: Doorway,
) -> int:
    """What the CRM won beside what was booked and paid, every difference explained.

    Parameters
    ----------
    by
        What each row is about.
    csv
        Write every row to this file too, for a spreadsheet.
    propose
        Leave the nearest accounts of customers no CRM knows as reviews for a person to decide.
    """
    from tasuki.cli.views.report import reconcile_view
    from tasuki.service.money.export import document
    from tasuki.service.money.reconcile import By, leave_proposals
    from tasuki.service.money.reconcile import reconcile as make

    app = door.app()
    found, screen = make(app, By(by)), door.screen
    screen.document("reconcile", document(found))
    screen.show(reconcile_view(found, screen.words))
    if csv is not None:
        _write(csv, found)
        screen.note(screen.words("{n} rows written to {file}", n=f"{len(found.lines):,}", file=csv))
    if propose:
        left = leave_proposals(app, found)
        screen.note(screen.words("{n} proposals wait in reviews", n=f"{left:,}"))
    return Exit.DONE


def _write(file: Path, found: "Reconciliation") -> None:
    from tasuki.service.money.export import write_csv

    try:
        write_csv(found, file)
    except OSError as error:
        raise UsageError(
            f"{file} cannot be written",
            where="tasuki reconcile --csv",
            why=type(error).__name__,
            remedy="Name a file in a folder that exists and that you may write to.",
        ) from None
