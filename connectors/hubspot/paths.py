"""Where HubSpot's API stands: the one place that knows its versions.

The official client writes v1, v3 and v4 into its paths and knows no others. HubSpot's dated
versions offer the same things under other addresses, so a path is rewritten on its way out.

Source: platforms notes on HubSpot, §1; v4 ends on 2027-03-30, v1 to v3 in September 2027.
"""

import re
from dataclasses import dataclass, field
from threading import local
from typing import Any, Final
from urllib.parse import urlsplit, urlunsplit

from urllib3 import PoolManager

NAMED: Final = "v3"
"""The paths as the official client writes them."""
DATED: Final = r"^\d{4}-\d{2}(-beta)?$"

ACCOUNT: Final = "/account-info/v3/details"
EMAIL_EVENTS: Final = "/email/public/v1/events"

_MOVES: Final = tuple(
    (re.compile(pattern), there)
    for pattern, there in (
        (r"^/crm/v[34]/(\w+)", r"/crm/\1/{v}"),
        (r"^/crm-object-schemas/v3", r"/crm-object-schemas/{v}"),
        (r"^/events/v3/events", r"/events/event-occurrences/{v}"),
        (r"^/account-info/v3", r"/account-info/{v}"),
        (r"^/oauth/v1/token$", r"/oauth/{v}/token"),
    )
)
"""What was where, and where it is in a dated version; what is not named has no dated address."""


def dated(path: str, version: str) -> str:
    """The address of a v1, v3 or v4 path in this version."""
    if version == NAMED:
        return path
    for pattern, there in _MOVES:
        moved, found = pattern.subn(there.replace("{v}", version), path)
        if found:
            return moved.rstrip("/")
    return path


@dataclass(frozen=True, slots=True)
class Road:
    """The one pool of a connection, seen by the official client; it leads to the right version."""

    pool: PoolManager
    version: str = NAMED
    _asked: local = field(default_factory=local, repr=False)

    @property
    def line(self) -> str:
        """Method and path of this thread's last call."""
        return str(getattr(self._asked, "line", ""))

    def request(self, method: str, url: str, **options: Any) -> Any:
        """One call over the pool."""
        parts = urlsplit(url)
        path = dated(parts.path, self.version)
        self._asked.line = f"{method} {path}"
        return self.pool.request(method, urlunsplit(parts._replace(path=path)), **options)
