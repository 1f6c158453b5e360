"""init, sandbox: a project folder to fill, and systems to try it on."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from tasuki.cli.faults import Exit
from tasuki.cli.front import Doorway
from tasuki.errors import ConfigError

if TYPE_CHECKING:
    from sandbox.weather.rules import Storm

Language = Literal["en", "ja"]


def init(
    folder: Path = Path(),
    *,
    sandbox: Path | None = None,
    language: Language = "en",
    name: str = "",
    door: Doorway,
) -> int:
    """Make a project folder: connections, mappings, playbook and an editor schema.

    Parameters
    ----------
    folder
        An empty folder or a new one.
    sandbox
        The `sandbox.json` of a running sandbox to sign in to.
    language
        Language of reports and tasks.
    name
        The project's name, if not the folder's.
    """
    from config.starter import SandboxAccess
    from config.starter import init as make
    from tasuki.cli.schema import editor_schema

    door.speak(language)
    access = SandboxAccess.read(sandbox) if sandbox else None
    written = make(folder, name=name, language=language, sandbox=access, schema=editor_schema())
    shown = [path.relative_to(folder.resolve()).as_posix() for path in written]
    screen = door.screen
    screen.document("init", {"folder": str(folder.resolve()), "files": shown})
    screen.show(screen.words("A project of {n} files in {folder}", n=len(shown), folder=folder))
    for line in _tour(screen.words.language):
        screen.show(f"  {line}")
    where = "" if folder.resolve() == Path.cwd() else f"cd {folder} && "
    screen.next(where + ("tasuki doctor" if access else "cp .env.example .env"))
    return Exit.DONE


def _tour(language: str) -> tuple[str, ...]:
    if language == "ja":
        return (
            "tasuki.yaml    言語、タイムゾーン、ガード、スケジュール",
            "connections/   どのシステムに、どうサインインするか（秘密情報は .env）",
            "mappings/      どの項目が何を意味するか",
            "playbook/      チーム、スコア、アラート、引き渡し、シナリオ",
        )
    return (
        "tasuki.yaml    language, time zone, guards, schedules",
        "connections/   which systems, and how to sign in (secrets stay in .env)",
        "mappings/      which field means what",
        "playbook/      teams, scores, signals, handoffs, scenarios",
    )


def _refuse_foreign(folder: Path) -> None:
    """A world is never written among other people's files."""
    from tasuki.cli.demo.world import has_world

    if folder.exists() and any(folder.iterdir()) and not has_world(folder):
        raise ConfigError(
            f"{folder} holds something else",
            where=str(folder.resolve()),
            why="a sandbox keeps its world in a folder of its own",
            remedy="Name an empty or new folder with --folder.",
        )


def sandbox(  # noqa: PLR0913 - an option each
    *,
    folder: Path = Path("sandbox"),
    http_port: int = 0,
    https_port: int = 0,
    network_log: Path | None = None,
    faults: Path | None = None,
    seed: int | None = None,
    scale: float = 1.0,
    door: Doorway,
) -> int:
    """Serve a Salesforce and a HubSpot of your own, with a company's world in them.

    Parameters
    ----------
    folder
        Where the world is kept; a new folder gets a new world.
    http_port
        Port of HubSpot; 0 takes a free one.
    https_port
        Port of Salesforce; 0 takes a free one.
    network_log
        Write one JSON line per request here.
    faults
        A storm file: what goes wrong, and when (docs/sandbox.md); a ready one goes by its name.
    seed
        Another seed makes another company, and other dice for the faults.
    scale
        1 is about 300 accounts and 1,500 people.
    """
    import asyncio

    from sandbox.server import Serving
    from tasuki.cli.demo.world import describe_world, has_world, make_world

    screen = door.screen
    with _storm_told():
        storm = _storm(faults, seed)
    _refuse_foreign(folder)
    if not has_world(folder):
        size = make_world(folder, 1 if seed is None else seed, scale)
        screen.note(screen.words("A new world: {world}", world=describe_world(screen, size)))
    with _storm_told():
        serving = Serving(folder.resolve(), http_port, https_port, network_log, storm)
    info, sandbox_json = serving.info, folder / "sandbox.json"
    screen.document(
        "sandbox",
        {"salesforce": info.https_url, "hubspot": info.http_url, "sandbox_json": sandbox_json},
    )
    screen.show(
        f"Salesforce  {info.https_url}",
        f"HubSpot     {info.http_url}",
        f"Sales       {folder / 'sales.db'}, {folder / 'imports'}",
        screen.words("Stop it with Ctrl-C; the world stays."),
    )
    screen.next(f"tasuki init demo --sandbox {sandbox_json}")
    screen.out.file.flush()
    asyncio.run(serving.run())
    return Exit.DONE


@contextmanager
def _storm_told() -> Iterator[None]:
    """A storm that cannot be read or begin, as an error of ours."""
    from sandbox.weather.storm import StormError

    try:
        yield
    except StormError as error:
        what, where, why, remedy = error.lines
        raise ConfigError(what, where=where, why=why, remedy=remedy) from error


def _storm(faults: Path | None, seed: int | None) -> "Storm | None":
    from sandbox.weather.storm import read_storm

    storm = None if faults is None else read_storm(faults)
    return storm if storm is None or seed is None else storm.model_copy(update={"seed": seed})


def sandbox_import(source: Path, *, folder: Path = Path("sandbox"), door: Doorway) -> int:
    """Give the sandbox the objects and fields of a real account, from a saved export.

    Parameters
    ----------
    source
        A folder with Salesforce describes and HubSpot properties (docs/sandbox.md says how to
        save them): mixed, or in folders `salesforce` and `hubspot`.
    folder
        Where the sandbox's world is kept.
    """
    from sandbox.hubspot.twin import import_account
    from sandbox.salesforce.twin import import_org
    from sandbox.state import State
    from tasuki.cli.demo.world import WORLD

    _refuse_foreign(folder)
    _refuse_missing(source)
    with State(folder / WORLD) as state:
        report = import_org(state, _part(source, "salesforce"))
        report += import_account(state, _part(source, "hubspot"))
    if not report.objects:
        raise ConfigError(
            "There is nothing to take over",
            where=str(source),
            why="no file in it is named as a describe or a properties export is",
            remedy="Save them under the names that docs/sandbox.md gives.",
        )
    screen = door.screen
    skipped = [{"what": what, "why": why} for what, why in report.skipped]
    made = {"objects": report.objects, "fields": report.fields, "skipped": skipped}
    screen.document("sandbox_import", {"folder": folder, **made})
    screen.show(
        screen.words(
            "{objects} objects and {fields} fields taken over, {n} left out",
            objects=report.objects,
            fields=report.fields,
            n=len(skipped),
        ),
        *(f"  {what}: {why}" for what, why in report.skipped),
    )
    screen.next(f"tasuki sandbox --folder {folder}")
    return Exit.DONE


def _part(source: Path, platform: str) -> Path:
    """The platform's own folder in an export, or the whole when it has none."""
    return source / platform if (source / platform).is_dir() else source


def _refuse_missing(source: Path) -> None:
    if not source.is_dir():
        raise ConfigError(
            f"There is no folder {source}",
            where=str(source.resolve()),
            why="a twin is made from a saved export",
            remedy="docs/sandbox.md says how to save one.",
        )


def connector_new(name: str, folder: Path | None = None, *, door: Doorway) -> int:
    """Write a package for a connector of your own: it works, and its tests say when it is done.

    Parameters
    ----------
    name
        The system, as connection files will say it in `system:`.
    folder
        Where to write it; `tasuki-NAME` when left out.
    """
    from connectors.scaffold import write_connector

    target = folder or Path(f"tasuki-{name}")
    written = [path.relative_to(target).as_posix() for path in write_connector(name, target)]
    screen = door.screen
    screen.document("connector", {"folder": str(target.resolve()), "files": written})
    screen.show(
        screen.words("A connector of {n} files in {folder}", n=len(written), folder=target),
        *(f"  {path}" for path in written),
        screen.words("Its tests are the promises it must keep; docs/connectors.md leads through."),
    )
    screen.next(f"cd {target} && pip install -e '.[test]' && pytest")
    return Exit.DONE
