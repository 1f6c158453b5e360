"""The org's settings by kind and name; they live in the state and outlive a restart."""

from collections.abc import Mapping
from typing import Any, Final

import orjson

from sandbox.state import State

Definition = Mapping[str, Any]
_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS sf_setup (
    kind TEXT NOT NULL, name TEXT NOT NULL, definition TEXT NOT NULL,
    PRIMARY KEY (kind, name)
);
"""
SWITCHES: Final[Mapping[str, bool]] = {
    "api": True,
    "soap_login": False,
    "password_login": False,
    "rotate_refresh_tokens": False,
    "per_app_usage": False,
}


class Setup:
    """Every setting, read once and written through."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._kept: dict[str, dict[str, Definition]] = {}
        state.install(_SCHEMA)
        found = state.db.execute("SELECT kind, name, definition FROM sf_setup ORDER BY rowid")
        for kind, name, text in found.fetchall():
            self._kept.setdefault(kind, {})[name] = orjson.loads(text)

    def of(self, kind: str) -> Mapping[str, Definition]:
        """All settings of a kind, in the order they were first made."""
        return self._kept.get(kind, {})

    def rules(self, kind: str, object: str) -> list[tuple[str, Definition]]:
        """The active rules of a kind for one object, by name."""
        return [
            (name, each)
            for name, each in self.of(kind).items()
            if each["object"] == object and each.get("active", True)
        ]

    def put(self, kind: str, name: str, definition: Definition | None) -> None:
        """Set one, or with None forget it."""
        with self._state.transaction() as db:
            db.execute("DELETE FROM sf_setup WHERE kind = ? AND name = ?", (kind, name))
            if definition is not None:
                text = orjson.dumps(dict(definition)).decode()
                db.execute("INSERT INTO sf_setup VALUES (?, ?, ?)", (kind, name, text))
        known = self._kept.setdefault(kind, {})
        if definition is None:
            known.pop(name, None)
        else:
            known[name] = dict(definition)

    def on(self, switch: str) -> bool:
        """Whether the org has this switched on."""
        return bool(self.of("switch").get(switch, {}).get("on", SWITCHES[switch]))
