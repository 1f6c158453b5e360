"""What every system looks like to Tasuki: data types, then one small protocol.

A connector talks to exactly one system. It is asked for data, never subclassed, and keeps no state
between calls beyond its session: cursors are opaque text that the caller stores and hands back.
Third-party connectors import this module and `tasuki.errors`, and register under the entry-point
group `tasuki.connectors`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Generic, Protocol, TypeVar

from pydantic import BaseModel, ConfigDict

from connectors.budget import Budget, Limits, Unlimited
from connectors.metadata import Automation as Automation
from connectors.metadata import FieldInfo as FieldInfo
from connectors.metadata import NewField as NewField
from connectors.metadata import Notice as Notice
from connectors.metadata import ObjectInfo as ObjectInfo
from connectors.writes import Exchange as Exchange
from connectors.writes import Fields as Fields
from connectors.writes import LinkTo as LinkTo
from connectors.writes import Receipt as Receipt
from connectors.writes import Settled as Settled
from connectors.writes import Verb as Verb
from connectors.writes import Write as Write
from mappings.filter import Comparison as Comparison
from mappings.filter import Filter as Filter
from mappings.filter import Op as Op
from tasuki.clock import Clock

LINKED: Final = "associations."
"""Prefix of the pseudo-fields that list linked record ids, e.g. `associations.companies`; those
that bear a label alone: `associations.companies#Billing contact`."""
LABEL: Final = "#"
"""Between an object and the label of its links."""


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a connector can do, as data."""

    writes: bool = False
    batch_size: int = 1
    """Records per write call."""
    page_size: int = 1000
    """Records per read call; `ceil(n / page_size)` is the floor the benchmark prints."""
    deletes: bool = False
    """Deleted ids can be asked for."""
    deletes_swept: bool = False
    """Asking for deletes lists every deleted record anew: done on a schedule, not in every run."""
    links_swept: bool = False
    """A moved association moves no stamp: associations are compared on a schedule."""
    uncounted: tuple[str, ...] = ()
    """Objects (or what their names begin with) that the system only sweeps: no count, no ids."""
    finds: bool = True
    filters: bool = False
    """A first read and a count can be asked for some records only."""
    guarded_size: int = 0
    """Updates per call that are refused when their record moved (`Write.unmoved_since`); 0: the
    system has no such write."""
    bulk_from: int = 0
    """From this many records of one verb on, one batch may hold `bulk_size`; 0: never."""
    bulk_size: int = 0
    history: bool = False
    """Past values of fields can be asked for, with who wrote them."""
    history_size: int = 0
    """Records whose past one call tells; 0: as many as a page."""
    defines: bool = False
    """Fields can be made through its API; elsewhere `ConnectorSpec.package` writes files."""
    id_from: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Object -> the fields that together are a record's id, joined by `/` (a place on a list)."""
    unique_keys: Mapping[str, str] = field(default_factory=dict)
    """Object -> natural-key field on which the system upserts; elsewhere: find before create."""


@dataclass(frozen=True, slots=True)
class Record:
    """One record as its system answered it.

    `fields` holds only what was asked for, without stamps that move by themselves, so that equal
    fields mean an unchanged record.
    """

    id: str
    fields: Fields
    modified_at: datetime | None = None
    modified_by: str | None = None


@dataclass(frozen=True, slots=True)
class Broken:
    """A row that could not be read; its neighbours could."""

    place: str
    """File and line, or ref."""
    reason: str


@dataclass(frozen=True, slots=True)
class Window:
    """Stamps from `since` (included; None: from the beginning) up to `until` (excluded)."""

    since: datetime | None
    until: datetime


@dataclass(frozen=True, slots=True)
class Page:
    """Records, oldest change first, and where to go on from.

    Records may repeat (overlap); a page may be empty while `more` is true. The last page
    (`more` false) carries the cursor from which the next run resumes.
    """

    records: tuple[Record, ...]
    next_cursor: str
    more: bool
    broken: tuple[Broken, ...] = ()
    total: int | None = None
    """How many records the system says this page's question matches, where it tells."""
    covered: Window | None = None
    """On the last page: the stamps this walk covered for good, by the system's own clock."""
    unreadable: tuple[str, ...] = ()
    """Fields asked for that the system no longer shows us: missing from `records`, not empty."""
    merged: Mapping[str, str] = field(default_factory=dict)
    """Old id -> survivor, where the survivor is among `records` and tells whom it absorbed."""
    reread: tuple[str, ...] = ()
    """Places and files read anew: what was broken there and is not in `broken` is so no more."""


@dataclass(frozen=True, slots=True)
class Deletes:
    """Ids deleted since a cursor; those absorbed by others are also in `merged`."""

    ids: tuple[str, ...]
    next_cursor: str
    more: bool = False
    merged: Mapping[str, str] = field(default_factory=dict)
    """Old id -> survivor."""
    gap: bool = False
    """Some deletes since the cursor are no longer told; compare ids to find them."""


@dataclass(frozen=True, slots=True)
class Ids:
    """A page of living record ids in id order."""

    ids: tuple[str, ...]
    after: str | None


@dataclass(frozen=True, slots=True)
class Past:
    """One value that a field had: from when on, and who wrote it."""

    id: str
    field: str
    value: Any
    at: datetime
    by: str | None = None
    """A user's id or name, an app, an automation, as the system names it."""
    by_kind: str = "unknown"
    """user | app | automation | unknown"""


class Connector(Protocol):
    """One signed-in account of one system."""

    @property
    def can(self) -> Capabilities:
        """What this connector can do."""
        ...

    def discover(self, objects: Sequence[str] = ()) -> Sequence[ObjectInfo]:
        """Live metadata of the named objects (all it knows when none is named)."""
        ...

    def page(
        self, object: str, fields: Sequence[str], cursor: str | None, filter: Filter | None = None
    ) -> Page:
        """What changed since the cursor, oldest first; everything when the cursor is None.

        With a filter, a walk from the beginning brings those it lets through, and at the least
        those; the cursor of its last page goes on without. Given to those who can filter only, and
        anew with every page of the walk.
        """
        ...

    def cursor_from(self, object: str, moment: datetime) -> str:
        """The cursor of a pull that begins with what changed at `moment`; asks nobody."""
        ...

    def deletes(self, object: str, cursor: str | None) -> Deletes:
        """What was deleted since the cursor; with None, only the cursor to start from.

        Ask with None before the first page of a first pull, so that nothing falls between.
        """
        ...

    def read(self, object: str, ids: Sequence[str], fields: Sequence[str]) -> Sequence[Record]:
        """The named records as they are now; those that do not exist are left out."""
        ...

    def find(
        self, object: str, key: str, values: Sequence[str], fields: Sequence[str]
    ) -> Sequence[Record]:
        """Records whose field `key` equals one of the values, read at once (no index lag)."""
        ...

    def ids(self, object: str, after: str | None) -> Ids:
        """A page of living ids."""
        ...

    def count(self, object: str, window: Window | None = None, filter: Filter | None = None) -> int:
        """How many living records the object has, or those last changed within the window.

        With a filter, those of them that it lets through.
        """
        ...

    def write(self, batch: Sequence[Write]) -> Sequence[Receipt]:
        """Write a batch (one object, one verb); one receipt per write, in order.

        Never raises over one bad record. Raises BlockedError only when nothing was sent.
        """
        ...

    def history(
        self, object: str, ids: Sequence[str], fields: Sequence[str], since: datetime
    ) -> Sequence[Past]:
        """The values these fields were given since a moment, oldest first per record and field.

        Asked only of those who can (`can.history`); fields whose past is not kept are left out.
        """
        ...

    def automations(self, objects: Sequence[str]) -> Sequence[Automation]:
        """What fires by itself when these objects are written, as far as the system tells."""
        ...

    def define(self, fields: Sequence[NewField]) -> Sequence[Receipt]:
        """Make these fields; one receipt per field, in order, `key` is `object.name`.

        A field that is there already is written, not created. Asked only of those who can.
        """
        ...

    def limits(self) -> Limits:
        """The allowance of calls as last seen."""
        ...

    def notices(self) -> Sequence[Notice]:
        """What a person should know about this account; asked by `doctor` and `discover`."""
        ...

    def close(self) -> None:
        """Give back the session."""
        ...


@dataclass(frozen=True, slots=True)
class Delivery:
    """One webhook request as it arrived."""

    method: str
    url: str
    """The full public URL."""
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes


@dataclass(frozen=True, slots=True)
class Hint:
    """A webhook says that a record may have changed: read it before believing."""

    object: str
    id: str
    is_erasure: bool = False
    """It also says that the person behind the record was erased for good."""


class Settings(BaseModel):
    """What a connection needs to be opened: frozen, and an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


@dataclass(frozen=True, slots=True)
class OpenContext:
    """Where and when a connection is opened; its secrets are already in its settings."""

    connection: str
    """The project's name for this connection; errors repeat it."""
    folder: Path
    """The project folder; relative paths in settings start here."""
    clock: Clock
    budget: Budget = field(default_factory=Unlimited)


S = TypeVar("S", bound=Settings)


@dataclass(frozen=True, slots=True)
class ConnectorSpec(Generic[S]):
    """All that Tasuki must know of a kind of connector; each vendor folder declares one `SPEC`."""

    name: str
    """What `type:` says in a project file, e.g. `salesforce`."""
    title: str
    settings: type[S]
    open: Callable[[S, OpenContext], Connector]
    """Makes the connector; calls nothing and opens no file before it is asked for data."""
    hints: Callable[[S, Delivery, datetime], Sequence[Hint]] | None = None
    """What a signed webhook delivery says; SignInError when its signature or time is wrong."""
    package: Callable[[Sequence[NewField]], Mapping[str, str]] | None = None
    """Files (path → text) that an administrator deploys to make fields; None: it has none."""
