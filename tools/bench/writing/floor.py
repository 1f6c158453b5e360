"""The same writes, written by hand: HTTP, JSON, a receipt per record in SQLite, and nothing else.

It plans nothing, compares nothing and repeats nothing: what no apply can beat. `looks` has it read
each batch before it writes it, and the past of its cells afterwards.
"""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter, process_time
from typing import Any, Final

import orjson
import requests

from sandbox.server import Info
from tools.bench.floor import signed, token

_TABLE: Final = """
CREATE TABLE IF NOT EXISTS receipt (id TEXT, record TEXT, fields TEXT, state TEXT, answer TEXT)
"""
_KEEP: Final = "INSERT INTO receipt VALUES (?, ?, ?, ?, ?)"
_BATCH: Final = 100
_PAST: Final = 50
_COLLECTION: Final = 200
Cells = dict[str, Any]
Kept = tuple[str, str, bytes, str, bytes]


@dataclass(frozen=True, slots=True)
class Floor:
    """What the hand-written writing took."""

    records: int
    seconds: float
    cpu: float
    calls: int


@dataclass(slots=True)
class Hand:
    """One session that sends JSON and counts."""

    session: requests.Session
    url: str
    calls: int = 0

    def send(self, method: str, path: str, body: Any) -> Any:
        """One call, its answer parsed."""
        self.calls += 1
        answer = self.session.request(method, f"{self.url}{path}", data=orjson.dumps(body))
        answer.raise_for_status()
        return orjson.loads(answer.content)


def updates(
    info: Info, ids: Sequence[str], cells: Cells, file: Path, *, looks: bool = False
) -> Floor:
    """The same cells in so many contacts of HubSpot."""

    def write(hand: Hand) -> Iterator[list[Kept]]:
        names = list(cells)
        for part in _parts(ids, _BATCH):
            inputs = [{"id": id_} for id_ in part]
            if looks:
                hand.send("POST", f"{_CONTACTS}/read", {"inputs": inputs, "properties": names})
            inputs = [{"id": id_, "properties": cells} for id_ in part]
            answer = hand.send("POST", f"{_CONTACTS}/update", {"inputs": inputs})
            yield [_kept(row["id"], cells, row) for row in answer["results"]]
        for part in _parts(ids, _PAST) if looks else ():
            asked = {"inputs": [{"id": id_} for id_ in part], "propertiesWithHistory": names}
            hand.send("POST", f"{_CONTACTS}/read", asked)

    return _written(_hub(info), write, file)


def creates(info: Info, rows: Sequence[Cells], file: Path) -> Floor:
    """So many new contacts of HubSpot."""

    def write(hand: Hand) -> Iterator[list[Kept]]:
        for part in _parts(rows, _BATCH):
            inputs = [{"properties": row} for row in part]
            answer = hand.send("POST", f"{_CONTACTS}/create", {"inputs": inputs})
            found = answer["results"]
            yield [_kept(row["id"], row["properties"], row) for row in found]

    return _written(_hub(info), write, file)


def collections(info: Info, ids: Sequence[str], cells: Cells, file: Path) -> Floor:
    """The same cells in so many contacts of Salesforce."""
    typed = {"attributes": {"type": "Contact"}, **cells}

    def write(hand: Hand) -> Iterator[list[Kept]]:
        for part in _parts(ids, _COLLECTION):
            body = {"allOrNone": False, "records": [{**typed, "id": id_} for id_ in part]}
            answer = hand.send("PATCH", "/services/data/v59.0/composite/sobjects", body)
            yield [_kept(row["id"], cells, row) for row in answer]

    return _written(_crm(info), write, file)


def _parts(many: Sequence[Any], size: int) -> Iterator[Sequence[Any]]:
    return (many[start : start + size] for start in range(0, len(many), size))


_CONTACTS: Final = "/crm/v3/objects/contacts/batch"


def _kept(id: str, cells: Cells, answer: Any) -> Kept:
    return (f"hand/{id}", id, orjson.dumps(cells), "written", orjson.dumps(answer))


def _hub(info: Info) -> Hand:
    return Hand(_session(info.hubspot_token), info.http_url)


def _crm(info: Info) -> Hand:
    hand = Hand(_session(token(info)), info.https_url)
    hand.session.verify = info.ca
    return hand


def _session(bearer: str) -> requests.Session:
    session = requests.Session()
    session.trust_env = False
    session.headers.update({**signed(bearer), "Content-Type": "application/json"})
    return session


def _written(hand: Hand, write: Callable[[Hand], Iterator[list[Kept]]], file: Path) -> Floor:
    with closing(hand.session), closing(sqlite3.connect(file, isolation_level=None)) as db:
        for pragma in ("journal_mode=WAL", "synchronous=NORMAL"):
            db.execute(f"PRAGMA {pragma}")
        db.execute(_TABLE)
        began, used = perf_counter(), process_time()
        many = 0
        for rows in write(hand):
            db.execute("BEGIN")
            db.executemany(_KEEP, rows)
            db.execute("COMMIT")
            many += len(rows)
        return Floor(many, perf_counter() - began, process_time() - used, hand.calls)
