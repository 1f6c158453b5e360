"""`tasuki init`: a project folder that works, with mappings, playbook and editor schema."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel

from config.document import ConnectionDocument, ProjectDocument
from config.project import FILE
from tasuki.errors import ConfigError

LIBRARIES: Final = (("mappings", "mappings"), ("playbook", "playbook"))
"""Room whose `library/` is copied → folder of the project it is copied into."""
_COPIED: Final = (".yaml", ".yml", ".csv", ".md")
_HARMLESS: Final = frozenset({".git", ".gitignore", ".env", "README.md", "LICENSE", ".DS_Store"})
_EDITOR: Final = {
    "yaml.schemas": {
        ".tasuki/schema.json": [FILE, "connections/*.yaml", "mappings/*.yaml", "playbook/**/*.yaml"]
    }
}
_DEMO: Final = {
    "FREE_MAIL": "[freemail.example, webmail.example, postbox.test]",
    "OWN_DOMAINS": "[nagare-works.example]",
}


@dataclass(frozen=True, slots=True)
class SandboxAccess:
    """Where a running sandbox is and how to sign in to it."""

    salesforce_url: str
    hubspot_url: str
    ca_file: str
    client_id: str
    client_secret: str
    hubspot_token: str
    sales_url: str
    imports_folder: str

    @classmethod
    def read(cls, path: Path, sales_folder: Path | None = None) -> "SandboxAccess":
        """What a sandbox wrote into its `sandbox.json`; sales.db and imports/ lie beside it.

        Errors: ConfigError when the file is missing or from another version.
        """
        try:
            said: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
            beside = (sales_folder or path.parent).resolve()
            return cls(
                salesforce_url=said["https_url"],
                hubspot_url=said["http_url"],
                ca_file=str((path.parent / said["ca"]).resolve()),
                client_id=said["client_id"],
                client_secret=said["client_secret"],
                hubspot_token=said["hubspot_token"],
                sales_url=f"sqlite:///{beside / 'sales.db'}",
                imports_folder=str(beside / "imports"),
            )
        except (OSError, ValueError, KeyError) as error:
            raise ConfigError(
                "No running sandbox was found",
                where=str(path),
                why=f"its sandbox.json cannot be read ({type(error).__name__})",
                remedy="Start one with `tasuki sandbox`, and name its folder.",
            ) from error

    def variables(self) -> dict[str, str]:
        """The project's environment variables for this sandbox."""
        return {
            "SALESFORCE_URL": self.salesforce_url,
            "SALESFORCE_CLIENT_ID": self.client_id,
            "SALESFORCE_CLIENT_SECRET": self.client_secret,
            "SALESFORCE_CA_FILE": self.ca_file,
            "HUBSPOT_URL": self.hubspot_url,
            "HUBSPOT_TOKEN": self.hubspot_token,
            "SALES_URL": self.sales_url,
            "IMPORTS_FOLDER": self.imports_folder,
        }


def init(
    folder: Path,
    *,
    name: str = "",
    language: str = "en",
    sandbox: SandboxAccess | None = None,
    schema: Mapping[str, Any] | None = None,
) -> list[Path]:
    """Write a new project; with a sandbox, one that is signed in to it. Returns what was written.

    Errors: ConfigError when the folder holds something already.
    """
    folder = folder.resolve()
    _refuse_occupied(folder)
    texts = _texts(name or folder.name, language, sandbox)
    texts.update(_library_texts())
    texts[".vscode/settings.json"] = _json(_EDITOR)
    if schema is not None:
        texts[".tasuki/schema.json"] = _json(schema)
    written = [_write(folder / path, text) for path, text in texts.items()]
    if sandbox is not None:
        written.append(write_env(folder, sandbox))
    return written


def write_env(folder: Path, sandbox: SandboxAccess) -> Path:
    """Write `.env` for a sandbox, for its owner's eyes only; needed again after each restart."""
    path = folder / ".env"
    path.unlink(missing_ok=True)
    path.touch(mode=0o600)
    lines = [f"{name}='{value}'" for name, value in sandbox.variables().items()]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def _refuse_occupied(folder: Path) -> None:
    if folder.exists() and not folder.is_dir():
        raise _occupied(folder, "it is a file")
    found = sorted(p.name for p in folder.iterdir()) if folder.exists() else []
    if FILE in found:
        raise _occupied(folder, "it is a Tasuki project already")
    if others := [each for each in found if each not in _HARMLESS]:
        raise _occupied(folder, f"it holds {others[0]}" + (" and more" if others[1:] else ""))


def _occupied(folder: Path, why: str) -> ConfigError:
    return ConfigError(
        f"No project was made in {folder.name}",
        where=str(folder),
        why=why,
        remedy="Name an empty folder or a new one.",
    )


def _texts(name: str, language: str, sandbox: SandboxAccess | None) -> dict[str, str]:
    """Path in the project → text, from the templates of this room."""
    demo = _DEMO if sandbox else dict.fromkeys(_DEMO, "[]")
    words = {"NAME": json.dumps(name, ensure_ascii=False), "LANGUAGE": language, **demo}
    found: dict[str, str] = {}
    for path, template in _files(files("config") / "templates"):
        target = f".{path}" if path in ("env.example", "gitignore") else path
        text = template if sandbox is None else template.replace("# ca_file:", "ca_file:")
        found[target] = _filled(text, words)
    return found


def _filled(text: str, words: Mapping[str, str]) -> str:
    for word, value in words.items():
        text = text.replace(f"@{word}@", value)
    return text


def _library_texts() -> dict[str, str]:
    found: dict[str, str] = {}
    for room, target in LIBRARIES:
        library = files(room) / "library"
        if library.is_dir():
            found.update({f"{target}/{path}": text for path, text in _files(library, _COPIED)})
    return found


def _files(
    folder: Traversable, endings: Sequence[str] = (), before: str = ""
) -> Iterator[tuple[str, str]]:
    for entry in sorted(folder.iterdir(), key=lambda each: each.name):
        path = f"{before}{entry.name}"
        if entry.is_dir():
            yield from _files(entry, endings, f"{path}/")
        elif not endings or path.endswith(tuple(endings)):
            yield path, entry.read_text(encoding="utf-8")


def _json(data: Mapping[str, Any]) -> str:
    return json.dumps(data, ensure_ascii=False, indent=2) + "\n"


def _write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


# ── editor schema ──

OURS: Mapping[str, type[BaseModel]] = {
    "project": ProjectDocument,
    "connection": ConnectionDocument,
}


def project_schema(kinds: Mapping[str, type[BaseModel]]) -> dict[str, Any]:
    """The schema of files that say their `kind`: this room's own kinds and the given ones."""
    models = {**OURS, **kinds}
    definitions: dict[str, Any] = {}
    branches: list[dict[str, Any]] = []
    for kind, model in sorted(models.items()):
        prefix = f"{kind}."
        schema = model.model_json_schema(ref_template=f"#/$defs/{prefix}{{model}}")
        for name, part in schema.pop("$defs", {}).items():
            definitions[prefix + name] = part
        definitions[kind] = schema
        is_kind = {"properties": {"kind": {"const": kind}}, "required": ["kind"]}
        branches.append({"if": is_kind, "then": {"$ref": f"#/$defs/{kind}"}})
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Tasuki project file",
        "type": "object",
        "required": ["kind"],
        "properties": {"kind": {"enum": sorted(models)}},
        "allOf": branches,
        "$defs": definitions,
    }
