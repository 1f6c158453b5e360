"""The front door: reads the command line, opens the project, ends with an exit code."""

import signal
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import App as Commands
from cyclopts import CycloptsError, Parameter

from tasuki.cli.faults import Exit, exit_code, usage_error
from tasuki.cli.screen import Screen, open_screen
from tasuki.errors import TasukiError

if TYPE_CHECKING:
    from tasuki.service.app import App


@dataclass(slots=True)
class Door:
    """What every verb is handed: the screen, and the project once it is asked for."""

    screen: Screen
    project_dir: Path | None = None
    debug: bool = False
    _app: "App | None" = field(default=None, repr=False)

    def folder(self) -> Path:
        """The project folder. Errors: ConfigError when there is none."""
        from config.project import find_project

        return find_project(project_dir=self.project_dir)

    def app(self) -> "App":
        """The project, opened once; its language becomes the screen's."""
        if self._app is None:
            from tasuki.wiring import open_app

            self._app = open_app(self.folder())
            self.speak(self._app.project.language)
        return self._app

    def speak(self, language: str) -> None:
        """Go on in this language."""
        words = type(self.screen.words)(language)
        self.screen = replace(self.screen, words=words)

    def close(self) -> None:
        """Give everything back."""
        if self._app is not None:
            self._app.close()


Doorway = Annotated[Door, Parameter(parse=False)]
"""How a verb asks for its door."""
Flag = Annotated[bool, Parameter(negative="", show_default=False)]
"""An option that is there or not: no `--no-` twin, no default shown."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command and leave with its exit code; SIGTERM ends it as Ctrl-C does."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    sys.exit(run(list(sys.argv[1:] if arguments is None else arguments)))


def run(arguments: Sequence[str]) -> int:
    """Run one command; its exit code."""
    door = Door(_first_screen(arguments), debug="--debug" in arguments)
    try:
        answer = commands(door).meta(
            list(arguments), exit_on_error=False, print_error=False, result_action="return_value"
        )
        return int(answer or 0)
    except CycloptsError as error:
        return _fail(door, usage_error(error))
    except TasukiError as error:
        return _fail(door, error)
    except KeyboardInterrupt:
        door.screen.note("interrupted; what was committed stays, the next run goes on from there")
        return Exit.INTERRUPTED
    finally:
        with suppress(TasukiError):
            door.close()


def _first_screen(arguments: Sequence[str]) -> Screen:
    return open_screen(as_json="--json" in arguments, no_color="--no-color" in arguments)


def _fail(door: Door, error: TasukiError) -> int:
    door.screen.fail(error)
    if door.debug:
        door.screen.err.print_exception(show_locals=False)
    return exit_code(error)


def commands(door: Door) -> Commands:
    """Every verb, behind the options that all of them share."""
    from tasuki.cli.verbs import register

    app = Commands(
        name="tasuki",
        help="Middleware for B2B revenue teams: who acts next, on whom and why.",
        version=_version,
        help_format="plaintext",
        default_command=None,
        suppress_keyboard_interrupt=False,
    )
    register(app)

    @app.meta.default
    def shared(
        *tokens: Annotated[str, Parameter(show=False, allow_leading_hyphen=True)],
        json: Annotated[bool, Parameter(negative="", show_default=False)] = False,
        project_dir: Path | None = None,
        debug: Annotated[bool, Parameter(negative="", show_default=False)] = False,
        no_color: Annotated[bool, Parameter(negative="", show_default=False)] = False,
    ) -> int:
        """Options that every command knows.

        Parameters
        ----------
        json
            Print the result as one JSON document.
        project_dir
            The project folder, if it is not this one or one above.
        debug
            Add the traceback to an error.
        no_color
            Print without colour (NO_COLOR does the same).
        """
        door.screen = open_screen(as_json=json, no_color=no_color)
        door.project_dir, door.debug = project_dir, debug
        return _carry_out(app, door, tokens)

    return app


def _carry_out(app: Commands, door: Door, tokens: Sequence[str]) -> int:
    command, bound, unparsed = app.parse_args(tokens, exit_on_error=False, print_error=False)
    more: dict[str, Any] = {name: door for name in unparsed if name == "door"}
    answer = command(*bound.args, **bound.kwargs, **more)
    return answer if isinstance(answer, int) else Exit.DONE


def _version() -> str:
    from importlib.metadata import version

    return f"tasuki {version('tasuki')}"
