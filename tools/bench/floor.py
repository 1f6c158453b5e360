"""The same reading, written by hand: HTTP, JSON, an upsert into SQLite, and nothing else.

It keeps no cursor, counts nothing, compares nothing and repeats nothing: what no pull can beat.
"""

import sqlite3
import ssl
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPSConnection
from os import sysconf
from pathlib import Path
from time import perf_counter, process_time
from typing import Any, Final
from urllib.parse import quote
from zlib import decompress

import httpx
import orjson

from sandbox.server import Info

_TABLE: Final = "CREATE TABLE record (id TEXT PRIMARY KEY, modified TEXT, payload TEXT NOT NULL)"
_KEEP: Final = """
INSERT INTO record VALUES (?, ?, ?)
ON CONFLICT (id) DO UPDATE SET modified = excluded.modified, payload = excluded.payload
"""
_GZIP: Final = 31
Cells = tuple[str, str, bytes]


@dataclass(frozen=True, slots=True)
class Floor:
    """What the hand-written reading took, and what serving it cost the sandbox."""

    records: int
    seconds: float
    cpu: float
    calls: int
    size: int
    """Bytes of the answers as they came over the wire."""
    sandbox_cpu: float


@dataclass(slots=True)
class Reader:
    """One connection that asks for packed pages and counts what came."""

    link: HTTPConnection
    headers: dict[str, str]
    calls: int = 0
    size: int = 0

    def get(self, path: str) -> bytes:
        """One page, unpacked."""
        self.link.request("GET", path, headers={**self.headers, "Accept-Encoding": "gzip"})
        answer = self.link.getresponse()
        body = answer.read()
        if answer.status != 200:
            raise RuntimeError(f"{path.partition('?')[0]} answered {answer.status}")
        self.calls += 1
        self.size += len(body)
        return decompress(body, _GZIP) if answer.headers["Content-Encoding"] == "gzip" else body


def hubspot(info: Info, fields: Sequence[str], file: Path) -> Floor:
    """All contacts of HubSpot."""
    asked = ",".join(sorted(fields))
    first = f"/crm/v3/objects/contacts?limit=100&properties={asked}"

    def pages(reader: Reader) -> Iterator[list[Cells]]:
        path = first
        while path:
            page = orjson.loads(reader.get(path))
            yield [
                (row["id"], row["updatedAt"], orjson.dumps(row["properties"]))
                for row in page["results"]
            ]
            after = page.get("paging", {}).get("next", {}).get("after")
            path = f"{first}&after={after}" if after else ""

    link = HTTPConnection("127.0.0.1", info.http_port)
    return _read(
        info.pid, Reader(link, {"Authorization": f"Bearer {info.hubspot_token}"}), pages, file
    )


def salesforce(info: Info, fields: Sequence[str], file: Path) -> Floor:
    """All contacts of Salesforce."""
    names = ",".join(dict.fromkeys(["Id", "SystemModstamp", *sorted(fields)]))
    soql = quote(f"SELECT {names} FROM Contact ORDER BY SystemModstamp, Id")  # noqa: S608

    def pages(reader: Reader) -> Iterator[list[Cells]]:
        path = f"/services/data/v59.0/query?q={soql}"
        while path:
            page = orjson.loads(reader.get(path))
            yield [(row["Id"], row["SystemModstamp"], orjson.dumps(row)) for row in page["records"]]
            path = page.get("nextRecordsUrl", "")

    trust = ssl.create_default_context(cafile=info.ca)
    link = HTTPSConnection("localhost", info.https_port, context=trust)
    return _read(info.pid, Reader(link, signed(token(info))), pages, file)


def signed(token: str) -> dict[str, str]:
    """The header of a call."""
    return {"Authorization": f"Bearer {token}"}


def token(info: Info) -> str:
    """What Salesforce's sign-in gives."""
    answer = httpx.post(
        f"{info.http_url}/services/oauth2/token",
        data={"grant_type": "client_credentials"},
        auth=(info.client_id, info.client_secret),
        trust_env=False,
    )
    return str(answer.json()["access_token"])


def _read(
    pid: int, reader: Reader, pages: Callable[[Reader], Iterator[list[Cells]]], file: Path
) -> Floor:
    with closing(reader.link), closing(sqlite3.connect(file, isolation_level=None)) as db:
        for pragma in ("journal_mode=WAL", "synchronous=NORMAL"):
            db.execute(f"PRAGMA {pragma}")
        db.execute(_TABLE)
        began, used, served = perf_counter(), process_time(), burnt(pid)
        for page in pages(reader):
            db.execute("BEGIN")
            db.executemany(_KEEP, page)
            db.execute("COMMIT")
        seconds, cpu = perf_counter() - began, process_time() - used
        records: Any = db.execute("SELECT count(*) FROM record").fetchone()[0]
    return Floor(records, seconds, cpu, reader.calls, reader.size, burnt(pid) - served)


def burnt(pid: int) -> float:
    """CPU seconds of a process so far, where the system tells."""
    told = Path(f"/proc/{pid}/stat")
    if not told.exists():
        return 0.0
    ticks = told.read_text("ascii").rpartition(")")[2].split()[11:13]
    return sum(map(int, ticks)) / sysconf("SC_CLK_TCK")
