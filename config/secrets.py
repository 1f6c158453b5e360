"""Where secrets come from: the environment, `.env`, or a file; never the YAML itself."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from config.yaml import Document, KeyPath
from tasuki.errors import ConfigError

_REFERENCE: Final = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
_SECRET_KEY: Final = re.compile(
    r"(?:^|_)(?:secret|token|password|passwd|private_key|api_key|apikey)(?:$|_)", re.IGNORECASE
)
_SECRET_VALUE: Final = re.compile(
    r"^pat-[a-z0-9]+-[0-9a-f-]{20,}$"  # HubSpot private app
    r"|^00D[A-Za-z0-9]{12,15}![\w.]+$"  # Salesforce session
    r"|^3MVG9[\w.]{40,}$"  # Salesforce consumer key
    r"|^[0-9A-Fa-f]{32,}$"
    r"|^eyJ[\w-]+\.[\w-]+\.[\w-]*$"  # JSON web token
    r"|-----BEGIN [A-Z ]*PRIVATE KEY-----"
    r"|://[^/@:\s]+:[^/@\s]+@"  # a URL with a password
)


def refuse_secrets(document: Document, path: KeyPath = ()) -> None:
    """Refuse a file in which something looks like a secret.

    Errors: ConfigError at the place; the value itself is never shown.
    """
    for here, text in _texts(document.get(path), path):
        name = str(next((step for step in reversed(here) if isinstance(step, str)), ""))
        if is_reference(text) or not text:
            continue
        if _SECRET_VALUE.search(text) or _SECRET_KEY.search(name):
            variable = re.sub(r"\W", "_", name).upper() or "SECRET"
            raise ConfigError(
                f"`{name}` looks like a secret written into the file",
                where=document.value_place(here),
                why="files are shared and kept in Git; a secret in them is no secret any more",
                remedy=f'Write "${{{variable}}}" here, put the value into .env, and replace it '
                "where it was issued.",
            )


def is_reference(text: str) -> bool:
    """Whether the text only names where a secret is kept."""
    if text.startswith(("file:", "env:")):
        return True
    return bool(_REFERENCE.search(text)) and not _SECRET_VALUE.search(_REFERENCE.sub("", text))


def resolve(
    data: Any, document: Document, environment: Mapping[str, str], folder: Path, path: KeyPath = ()
) -> Any:
    """The same data with `${NAME}`, `env:NAME` and `file:PATH` replaced by what they name.

    Errors: ConfigError at the place of a name that is not set or a file that cannot be read.
    """
    if isinstance(data, dict):
        return {
            key: resolve(value, document, environment, folder, (*path, key))
            for key, value in data.items()
        }
    if isinstance(data, list):
        return [
            resolve(value, document, environment, folder, (*path, index))
            for index, value in enumerate(data)
        ]
    if isinstance(data, str):
        return _resolved(data, document, environment, folder, path)
    return data


def _resolved(
    text: str, document: Document, environment: Mapping[str, str], folder: Path, path: KeyPath
) -> str:
    if text.startswith("file:"):
        return _from_file(folder / text.removeprefix("file:"), document, path)
    if text.startswith("env:"):
        text = f"${{{text.removeprefix('env:')}}}"
    for name in _REFERENCE.findall(text):
        if not environment.get(name):
            raise ConfigError(
                f"The environment variable {name} is not set",
                where=document.value_place(path),
                why=f"{document.file} takes a value from it",
                remedy=f"Set {name} in .env beside tasuki.yaml, or in the environment.",
            )
    return _REFERENCE.sub(lambda found: environment[found[1]], text)


def _from_file(path: Path, document: Document, at: KeyPath) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"The secret's file {path.name} cannot be read",
            where=document.value_place(at),
            why=type(error).__name__,
            remedy="Check that the file exists and that the user who runs Tasuki may read it.",
        ) from error


def _texts(data: Any, path: KeyPath) -> Iterator[tuple[KeyPath, str]]:
    if isinstance(data, str):
        yield path, data
    elif isinstance(data, dict):
        for key, value in data.items():
            yield from _texts(value, (*path, key))
    elif isinstance(data, list):
        for index, value in enumerate(data):
            yield from _texts(value, (*path, index))
