"""discover, validate, test, preview, doctor: does it fit, what would it do, and will it work."""

from pathlib import Path

from tasuki.cli.faults import Exit, UsageError, exit_code
from tasuki.cli.front import Doorway, Flag


def discover(*connections: str, door: Doorway) -> int:
    """Ask the systems to describe themselves; keeps it, and completes field names in your editor.

    Parameters
    ----------
    connections
        Only these connections.
    """
    from tasuki.cli.schema import editor_schema
    from tasuki.cli.views.check import drift_view, objects_view
    from tasuki.service.checking import live
    from tasuki.service.checking.completion import write_live_schema

    app = door.app()
    found, silent = live.discover(app, connections)
    drifted = live.keep(app, found)
    path = write_live_schema(app, found, editor_schema())
    shown = live.views(found)
    screen = door.screen
    screen.document("discovery", {"objects": shown, "drift": drifted, "schema": path})
    screen.show(objects_view(shown, screen.words))
    if drifted:
        screen.show("", drift_view(drifted, screen.words))
    screen.show("", screen.words("Field names for your editor: {path}", path=path))
    for error in silent.values():
        screen.fail(error)
    if silent:
        return exit_code(next(iter(silent.values())))
    screen.next("tasuki validate --live")
    return Exit.DONE


def validate(*, live: Flag = False, offline: Flag = False, door: Doorway) -> int:
    """Find everything wrong with connections, mappings and playbook, before anything runs.

    The files are judged beside what the last `discover` kept, where that is a week old at most.

    Parameters
    ----------
    live
        Ask the systems now whether the named fields, values and rights exist.
    offline
        Judge the files alone.
    """
    from config.project import load_project
    from mappings.finding import finding_of
    from tasuki.cli.views.check import findings_view, metadata_view
    from tasuki.clock import SystemClock
    from tasuki.service.checking import live as systems
    from tasuki.service.checking.project import validate as check
    from tasuki.wiring import check_connections

    project = load_project(door.folder())
    door.speak(project.language)
    kept = systems.NOTHING if live or offline else systems.kept(project, SystemClock().now())
    files = check_connections(project)
    findings = (*files, *check(project, kept.discovered, is_whole=False))
    is_wrong = any(each.severity == "error" for each in findings)
    if live and not is_wrong:
        found, silent = systems.discover(door.app())
        findings = (*map(finding_of, silent.values()), *check(project, found))
        is_wrong = any(each.severity == "error" for each in findings)
    screen, how = door.screen, "live" if live else "kept" if kept.since else "files"
    metadata = {"depth": how, "since": kept.since, "too_old": kept.too_old}
    screen.document("findings", {"findings": findings, "metadata": metadata})
    screen.show(findings_view(findings, screen.words))
    if not live:
        screen.show(metadata_view(kept, screen.words))
    if not is_wrong:
        screen.next("tasuki plan" if live else "tasuki validate --live")
    return Exit.USAGE if is_wrong else Exit.DONE


def test(*mappings: str, door: Doorway) -> int:
    """Run the examples in mapping files, one line each; asks no system (`validate` runs them too).

    Parameters
    ----------
    mappings
        Only these mappings, by name or file.
    """
    from config.project import load_project
    from tasuki.cli.views.check import tests_view
    from tasuki.service.checking.project import run_tests

    project = load_project(door.folder())
    door.speak(project.language)
    found, screen = run_tests(project, mappings), door.screen
    counts = {"passed": found.passed, "failed": found.failed}
    screen.document("tests", {**counts, "examples": found.examples, "findings": found.findings})
    screen.show(tests_view(found, screen.words))
    return Exit.DONE if found.is_green else Exit.FAILED


def preview(
    record: str = "", *, mapping: Path | None = None, limit: int = 1000, door: Doorway
) -> int:
    """Show what a mapping makes of what is staged: input, normalized, merged, would be written.

    Parameters
    ----------
    record
        connection/object/id. Without it, how many staged records a changed mapping would move.
    mapping
        A changed mapping file, before it goes live.
    limit
        Without a record: how many staged records to look at.
    """
    from tasuki.cli.verbs.flow.shown import vars_of
    from tasuki.cli.views.check import changed_view, preview_view
    from tasuki.service.checking import preview as checking

    if not record and mapping is None:
        raise UsageError(
            "There is nothing to preview",
            why="neither a record nor a changed mapping is named",
            remedy="Write tasuki preview connection/object/id, or --mapping FILE.",
        )
    app, screen = door.app(), door.screen
    changed = checking.read_mapping(app, mapping) if mapping else None
    if record:
        one = checking.preview_record(app, record, changed)
        screen.document("preview", vars_of(one))
        screen.show(preview_view(one, screen.words))
    elif changed is not None:
        many = checking.preview_mapping(app, changed, limit)
        screen.document("preview", vars_of(many))
        screen.show(changed_view(many, screen.words))
    return Exit.DONE


def doctor(*, config: Flag = False, door: Doorway) -> int:
    """Look whether everything works here and now; each finding with its fix.

    Parameters
    ----------
    config
        Show every setting with the place it came from instead.
    """
    from config.project import load_project
    from tasuki.cli.views.check import checks_view, settings_view
    from tasuki.service.checking import doctor as checking
    from tasuki.service.checking.check import State
    from tasuki.service.checking.origin import settings

    if config:
        found = settings(load_project(door.folder()))
        door.screen.document("settings", {"settings": found})
        door.screen.show(settings_view(found, door.screen.words))
        return Exit.DONE
    checks = checking.doctor(door.app())
    screen = door.screen
    state = checking.worst(checks)
    screen.document("doctor", {"state": state, "checks": checks})
    screen.show(checks_view(checks, screen.words))
    if checking.is_signed_out(checks):
        return Exit.SIGN_IN
    return Exit.FAILED if state == State.FAIL else Exit.DONE
