"""`tasuki connector new`: a small package that keeps every promise, to be made into another's."""

from collections.abc import Iterator
from importlib.metadata import entry_points
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Final

from tasuki.errors import ConfigError

_NAME: Final = "acme"
"""What the template calls the system."""
_ENDINGS: Final = (".py", ".toml", ".md")


def write_connector(name: str, folder: Path) -> list[Path]:
    """Write the package of a connector for the system of this name. Returns what was written.

    Errors: ConfigError when the name will not do or is taken, or the folder holds something.
    """
    _refuse_name(name)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise _refused(folder, f"{folder} holds something already", "Name an empty folder.")
    written: list[Path] = []
    for path, text in _template(files("connectors") / "template"):
        target = folder / _renamed(path, name)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(_renamed(text, name), encoding="utf-8")
        written.append(target)
    return written


def _refuse_name(name: str) -> None:
    if not (name.isidentifier() and name.isascii() and name == name.lower()):
        why = "it becomes a Python package: small letters, digits and _"
        raise _refused(name, why, "Say it so, e.g. `my_crm`.")
    if name in entry_points(group="tasuki.connectors").names:
        raise _refused(name, f"a connector `{name}` is installed already", "Take another name.")


def _refused(where: object, why: str, remedy: str) -> ConfigError:
    return ConfigError("No connector was written", where=str(where), why=why, remedy=remedy)


def _renamed(text: str, name: str) -> str:
    title = name.replace("_", " ").title().replace(" ", "")
    variable = name.upper()
    return (
        text.replace(_NAME, name)
        .replace(_NAME.title(), title)
        .replace(f"{_NAME.upper()}_TOKEN", f"{variable}_TOKEN")
    )


def _template(folder: Traversable, before: str = "") -> Iterator[tuple[str, str]]:
    """Path and text of each file of the template."""
    for entry in sorted(folder.iterdir(), key=lambda each: each.name):
        path = f"{before}{entry.name}"
        if entry.is_dir():
            yield from _template(entry, f"{path}/")
        elif path.endswith(_ENDINGS):
            yield path, entry.read_text(encoding="utf-8")
