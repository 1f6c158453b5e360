"""How far a run is: bars on a terminal, elsewhere a line per stage and each ten seconds."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import monotonic
from typing import TYPE_CHECKING, Final

from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

from tasuki.cli.screen import Screen

if TYPE_CHECKING:
    from sync.context import Event, Watch

_EVERY_SECONDS: Final = 10.0
_STEP: Final = "step:"


@contextmanager
def watching(screen: Screen) -> Iterator["Watch"]:
    """A watcher for one run; the block's end closes its bars."""
    if not screen.err.is_terminal or screen.err.is_dumb_terminal:
        yield Lines(screen)
        return
    columns = (
        SpinnerColumn(finished_text="[green]✓"),
        TextColumn("{task.description}"),
        BarColumn(bar_width=28),
        TextColumn("{task.fields[count]}", style="dim"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=screen.err, transient=False) as bars:
        watch = Bars(screen, bars)
        yield watch
        watch.finish()


@dataclass(slots=True)
class Bars:
    """One bar per stage; the one before is full when the next begins."""

    screen: Screen
    bars: Progress
    tasks: dict[str, TaskID] = field(default_factory=dict)
    present: str = ""

    def __call__(self, event: "Event") -> None:
        """Move a bar."""
        if event.stage.startswith(_STEP):
            return
        if event.stage != self.present:
            self.finish()
            self.present = event.stage
        task = self.tasks.get(event.stage)
        if task is None:
            named = stage_name(self.screen, event.stage)
            task = self.bars.add_task(f"{named:<10}", total=None, count="")
            self.tasks[event.stage] = task
        self.bars.update(task, completed=event.done, total=event.total, count=_count(event))

    def finish(self) -> None:
        """The present stage is done."""
        if (task := self.tasks.get(self.present)) is not None:
            done = self.bars.tasks[task].completed or 1
            self.bars.update(task, completed=done, total=done)


@dataclass(slots=True)
class Lines:
    """Plain lines: one when a stage begins, one each ten seconds while it lasts."""

    screen: Screen
    present: str = ""
    last: float = 0.0
    began: float = field(default_factory=monotonic)

    def __call__(self, event: "Event") -> None:
        """Say it, unless something was just said."""
        if event.stage.startswith(_STEP):
            return
        now = monotonic()
        if event.stage == self.present and now - self.last < _EVERY_SECONDS:
            return
        self.present, self.last = event.stage, now
        named = stage_name(self.screen, event.stage)
        self.screen.note(f"{now - self.began:6.1f} s  {named} {_count(event)}".rstrip())


def stage_name(screen: Screen, stage: str) -> str:
    """A stage in the reader's language."""
    return screen.words(stage)


def _count(event: "Event") -> str:
    total = f"/{event.total:,}" if event.total else ""
    number = f"{event.done:,}{total}" if event.done or event.total else ""
    return " ".join(part for part in (number, event.text) if part)
