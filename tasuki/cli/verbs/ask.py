"""explain, asof, report: what is so, why, and what was."""

from tasuki.cli.faults import Exit
from tasuki.cli.front import Doorway


def explain(what: str, about: str = "", *, door: Doorway) -> int:
    """Say why: of a record, a field, a person's or company's name, or a rule about one of them.

    Parameters
    ----------
    what
        connection/object/id[.Field], entity/id[.field], a name[.field], or a rule.
    about
        With a rule: whom it is about (an id or a name).
    """
    from tasuki.cli.verbs.flow import vars_of
    from tasuki.cli.views import explain as views
    from tasuki.service.explaining.answer import explain as answer
    from tasuki.service.explaining.views import EntityView, RecordView

    found = answer(door.app(), what, about)
    screen = door.screen
    if isinstance(found, EntityView):
        screen.document("entity", vars_of(found))
        screen.show(views.entity_view(found, screen.words))
    elif isinstance(found, RecordView):
        screen.document("record", vars_of(found))
        screen.show(views.record_view(found, screen.words))
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
    from tasuki.cli.verbs.flow import vars_of
    from tasuki.cli.views.conflict import past_view
    from tasuki.service.explaining.past import as_of

    found = as_of(door.app(), what, moment)
    door.screen.document("asof", vars_of(found))
    door.screen.show(past_view(found, door.screen.words))
    return Exit.DONE


def report(*, door: Doorway) -> int:
    """What each team received, what was written, what is incomplete: one page."""
    from tasuki.cli.verbs.flow import vars_of
    from tasuki.cli.views.report import report_view
    from tasuki.service.reporting import report as make

    found = make(door.app())
    door.screen.document("report", vars_of(found))
    door.screen.show(report_view(found, door.screen.words))
    return Exit.DONE
