"""The key that keeps tombstones unreadable, and the log of erasures that outlives the store.

Both stand in one folder of the project, to be backed up apart from the store: a store restored from
before an erasure meets the log and forgets the person again.
"""

import hmac
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from secrets import token_hex
from typing import Final

from config.project import Project
from tasuki.errors import ConfigError

_KEY_FILE: Final = "erasure.key"
_LOG_FILE: Final = "erasures.log"


@dataclass(frozen=True, slots=True)
class Keyring:
    """The keys of tombstones, newest first: older ones still tell what was erased under them."""

    keys: tuple[bytes, ...] = field(repr=False)

    def mark(self, kind: str, value: str) -> str:
        """What stands in the store for an erased value: nobody without the key can guess it."""
        return _mark(self.keys[0], kind, value)

    def marks(self, kind: str, value: str) -> list[str]:
        """The same under every key, as it may have been erased under any of them."""
        return [_mark(key, kind, value) for key in self.keys]


def _mark(key: bytes, kind: str, value: str) -> str:
    return hmac.new(key, f"{kind}:{value}".encode(), sha256).hexdigest()


def load(project: Project) -> Keyring:
    """The project's keys.

    Errors: ConfigError when the file is gone: without it nobody can tell who was erased.
    """
    path = project.erasure_folder / _KEY_FILE
    try:
        lines = path.read_text(encoding="ascii").split()
    except OSError as error:
        raise ConfigError(
            "The key of the tombstones cannot be read",
            where=str(path),
            why="without it, people who were erased could come back unrecognised",
            remedy="Put the file back from its backup; `erasure_folder` says where it is kept.",
        ) from error
    return Keyring(tuple(bytes.fromhex(line) for line in lines))


def begun(project: Project) -> Keyring:
    """The project's keys; the first one is made when there is none yet."""
    path = project.erasure_folder / _KEY_FILE
    if not path.exists():
        _write_key(path, [])
    return load(project)


def rotate(project: Project) -> Keyring:
    """A fresh key for erasures to come; the older ones stay, or nothing they mark is known."""
    path = project.erasure_folder / _KEY_FILE
    _write_key(path, path.read_text(encoding="ascii").split() if path.exists() else [])
    return load(project)


def _write_key(path: Path, older: Iterable[str]) -> None:
    _replace(path, [f"{key}\n" for key in (token_hex(32), *older)])


def note(project: Project, marks: Iterable[str], at: str, of: str) -> None:
    """Write an erasure down, all marks under one name; on the disk when this returns."""
    path = project.erasure_folder / _LOG_FILE
    _save(path, "a", [f"{at} {mark} {of}\n" for mark in marks])


def noted(project: Project) -> Iterator[tuple[str, str, str]]:
    """Every erasure that was written down: (mark, instant, name), older ones named by instant."""
    path = project.erasure_folder / _LOG_FILE
    if path.exists():
        for line in path.read_text(encoding="ascii").splitlines():
            at, mark, *of = line.split(" ")
            yield mark, at, of[0] if of else at


def take_back(project: Project, marks: Iterable[str]) -> None:
    """Strike erasures from the log: these people may come again."""
    path, gone = project.erasure_folder / _LOG_FILE, set(marks)
    kept = [f"{at} {mark} {of}\n" for mark, at, of in noted(project) if mark not in gone]
    _replace(path, kept)


def _replace(path: Path, lines: Iterable[str]) -> None:
    """The whole file anew, or as it was when this is interrupted."""
    fresh = path.with_suffix(".new")
    _save(fresh, "w", lines)
    fresh.replace(path)


def _save(path: Path, mode: str, lines: Iterable[str]) -> None:
    """Write lines for our own user's eyes; on the disk when this returns."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    with path.open(mode, encoding="ascii") as file:
        file.writelines(lines)
        file.flush()
        os.fsync(file.fileno())
