"""The demo: the whole flow on a world of its own, needing no account and leaving no process."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any, Final

from rich.rule import Rule
from rich.text import Text

from tasuki.cli.demo.truth import show_truth
from tasuki.cli.demo.world import describe_world, has_world, make_world, sandbox_running
from tasuki.cli.faults import Exit
from tasuki.cli.flow import carry_out
from tasuki.cli.views.demo import demo_summary
from tasuki.cli.views.run import funnel
from tasuki.cli.views.writes.applied import applied_view
from tasuki.cli.views.writes.plan import plan_view
from tasuki.errors import ConfigError

if TYPE_CHECKING:
    from rich.console import RenderableType

    from tasuki.cli.front import Door
    from tasuki.values import Json

_MARK: Final = ".gitignore"
_MARK_TEXT: Final = "# made by `tasuki demo`; it wipes this folder when it runs again\n*\n"
_WHO: Final = "demo"


@dataclass(slots=True)
class Walk:
    """Where the demo is, and what it has to show so far."""

    door: "Door"
    folder: Path
    seed: int
    scale: float
    language: str
    step: int = 0
    began: float = 0.0

    @property
    def project(self) -> Path:
        """The project on this world."""
        return self.folder / "project"

    @property
    def sandbox(self) -> Path:
        """The world and what serves it."""
        return self.folder / "sandbox"

    def say(self, text: str, **values: Any) -> str:
        """A sentence in the demo's language."""
        return self.door.screen.words(text, **values)

    def show(self, *parts: "RenderableType") -> None:
        """Print something."""
        self.door.screen.show(*parts)

    def title(self, text: str) -> None:
        """Begin the next step."""
        self.step += 1
        self.show("", Rule(f"[bold]{self.step}  {self.say(text)}[/]", align="left", style="dim"))


def walk(walk: Walk, *, keep: bool) -> int:
    """Do the whole flow once and once more; 0 when the second time has nothing to do."""
    walk.began = monotonic()
    _prepare(walk.folder, keep=keep)
    _world(walk)
    with sandbox_running(walk.sandbox):
        _project(walk)
        first = _run(walk, "Pull, understand, decide, plan")
        plan_id = str(first.get("plan") or "")
        if plan_id:
            _plan_and_apply(walk, plan_id)
        silent = _again(walk)
        show_truth(walk)
        _summary(walk, silent=silent)
    walk.door.screen.next(serve_command(walk.folder))
    return Exit.DONE if silent else Exit.FAILED


def serve_command(folder: Path) -> str:
    """The command that opens the console on a demo's world."""
    return f"tasuki serve --demo {folder}"


@contextmanager
def reopened(folder: Path) -> Iterator[Path]:
    """The sandbox of an earlier demo, started again; the project folder signed in to it.

    Errors: ConfigError when no demo was made here.
    """
    from config.starter import SandboxAccess, write_env

    if not (folder / "project").is_dir() or not has_world(folder / "sandbox"):
        raise ConfigError(
            "There is no demo here",
            where=str(folder),
            why="it holds no world and no project",
            remedy="Run `tasuki demo` first.",
        )
    with sandbox_running(folder / "sandbox") as running:
        write_env(folder / "project", SandboxAccess.read(running.folder / "sandbox.json"))
        yield folder / "project"


def _prepare(folder: Path, *, keep: bool) -> None:
    """An empty demo folder; one that is not ours is left alone."""
    mark = folder / _MARK
    ours = mark.is_file() and mark.read_text("utf-8") == _MARK_TEXT
    if folder.exists() and not ours and any(folder.iterdir()):
        raise ConfigError(
            f"{folder} is not a demo's folder",
            where=str(folder.resolve()),
            why="it holds something that no demo made, and a demo wipes its folder",
            remedy="Name a new folder with --folder.",
        )
    if ours and not keep:
        shutil.rmtree(folder)
    elif ours:
        shutil.rmtree(folder / "project", ignore_errors=True)
    folder.mkdir(parents=True, exist_ok=True)
    mark.write_text(_MARK_TEXT, encoding="utf-8")


def _world(walk: Walk) -> None:
    walk.title("A company's world")
    if has_world(walk.sandbox):
        walk.show(walk.say("The world of last time is used again."))
        return
    size = make_world(walk.sandbox, walk.seed, walk.scale)
    walk.show(describe_world(walk.door.screen, size))
    walk.show(Text(walk.say("Seed {seed}: invented names, planted truths.", seed=walk.seed), "dim"))


def _project(walk: Walk) -> None:
    from config.starter import SandboxAccess, init
    from tasuki.cli.schema import editor_schema

    walk.title("A sandbox of Salesforce and HubSpot, and a project that signs in to it")
    access = SandboxAccess.read(walk.sandbox / "sandbox.json")
    language, schema = walk.language, editor_schema()
    files = init(walk.project, name="demo", language=language, sandbox=access, schema=schema)
    walk.show(
        f"Salesforce  {access.salesforce_url}",
        f"HubSpot     {access.hubspot_url}",
        walk.say("A project of {n} files in {folder}", n=len(files), folder=walk.project),
    )
    walk.door.project_dir = walk.project


def _run(walk: Walk, title: str) -> "dict[str, Json]":
    from tasuki.service.running import start_run

    walk.title(title)
    _, counts = carry_out(walk.door, lambda runtime: start_run(runtime, by=_WHO))
    walk.show(funnel(counts, walk.door.screen.words))
    return counts


def _plan_and_apply(walk: Walk, plan_id: str) -> None:
    from tasuki.service.writing import planning

    app, words = walk.door.app(), walk.door.screen.words
    walk.title("The plan: what would be written, and why")
    walk.show(plan_view(planning.show_plan(app, plan_id), words))
    walk.title("Approve and apply")
    planning.approve(app, plan_id, _WHO)
    run_id, counts = carry_out(
        walk.door, lambda runtime: planning.start_apply(app, runtime, plan_id, by=_WHO)
    )
    result = planning.applied(app, run_id, counts)
    walk.show(applied_view(result, planning.show_plan(app, plan_id), words))


def _again(walk: Walk) -> bool:
    """Run once more; whether nothing was left to do."""
    from tasuki.service.writing import planning

    counts = _run(walk, "Once more: a second run must have nothing to do")
    if not counts.get("plan"):
        walk.show(Text(f"✓ {walk.say('The second run plans nothing.')}", style="bold green"))
        return True
    view = planning.show_plan(walk.door.app(), str(counts["plan"]))
    walk.show(Text(walk.say("The second run still plans something:"), style="bold red"))
    walk.show(plan_view(view, walk.door.screen.words))
    return False


def _summary(walk: Walk, *, silent: bool) -> None:
    from tasuki.service.reporting import report

    screen = walk.door.screen
    walk.title("What each team received")
    found = report(walk.door.app())
    took = monotonic() - walk.began
    walk.show(demo_summary(found, screen.words))
    for name, where in _places(walk):
        walk.show(Text.assemble((f"{walk.say(name):<12}", "dim"), where))
    walk.show("", Text(walk.say("Took {n} s.", n=f"{took:.0f}"), style="dim"))
    screen.document("demo", {"silent": silent, "took_seconds": round(took, 1), "report": found})


def _places(walk: Walk) -> tuple[tuple[str, str], ...]:
    return (
        ("project", str(walk.project)),
        ("store", str(walk.project / ".tasuki" / "store.db")),
        ("network log", str(walk.sandbox / "network.jsonl")),
        ("truth", str(walk.sandbox / "truth.json")),
    )


def plainly(door: "Door") -> None:
    """Show plain lines instead of bars and colours."""
    from tasuki.cli.screen import open_screen

    door.screen = replace(
        open_screen(as_json=door.screen.as_json, no_color=True, plain_text=True),
        words=door.screen.words,
    )
