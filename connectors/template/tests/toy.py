"""A small Acme in this process: JSON over real HTTP, and a hand that edits it as a person does."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from threading import Thread
from typing import Any
from urllib.parse import parse_qsl, urlsplit

FIELDS = ("email", "name")


@dataclass
class Toy:
    """The account's truth: rows by id, with their stamps."""

    at: datetime = datetime(2026, 1, 5, tzinfo=UTC)
    rows: dict[str, dict[str, Any]] = field(default_factory=dict)
    gone: dict[str, datetime] = field(default_factory=dict)
    hidden: list[str] = field(default_factory=list)
    loses_answer: bool = False
    refuses: int | None = None
    """Status of every answer, instead of the real one."""
    arrived: int = 0
    numbers: Iterator[int] = field(default_factory=lambda: count(1))

    # ── the hand ──

    def add(self, object: str, fields: Mapping[str, Any]) -> str:
        id = f"{next(self.numbers):06d}"
        self.rows[id] = {"id": id, "changed_at": self.at, "fields": dict(fields)}
        return id

    def edit(self, object: str, id: str, fields: Mapping[str, Any]) -> None:
        self.rows[id]["fields"] |= fields
        self.rows[id]["changed_at"] = self.at

    def delete(self, object: str, id: str) -> None:
        del self.rows[id]
        self.gone[id] = self.at

    def values(self, object: str, field: str) -> list[Any]:
        return [row["fields"].get(field) for row in self.rows.values()]

    def pass_time(self, by: timedelta) -> None:
        self.at += by

    def hide(self, name: str) -> None:
        self.hidden.append(name)

    def lose_answer(self) -> None:
        self.loses_answer = True

    # ── the API ──

    def answer(self, path: str, asked: Mapping[str, str]) -> dict[str, Any]:
        """What a GET is answered."""
        questions = {
            "/objects": lambda: {"people": FIELDS},
            "/people": lambda: self.page(asked),
            "/people/find": lambda: self.found(asked),
            "/people/ids": lambda: self.id_page(asked),
            "/people/count": lambda: {"count": len(self.within(asked))},
            "/people/deleted": lambda: {"ids": self.deleted(asked), "now": self.at},
        }
        return questions[path]()

    def page(self, asked: Mapping[str, str]) -> dict[str, Any]:
        rows = sorted(self.rows.values(), key=lambda row: (row["changed_at"], row["id"]))
        if "since" in asked:
            place = (datetime.fromisoformat(asked["since"]), asked["after"])
            rows = [row for row in rows if (row["changed_at"], row["id"]) > place]
        shown = [self.shown(row, asked) for row in rows[: int(asked["limit"])]]
        hidden = [name for name in asked["fields"].split(",") if name in self.hidden]
        return {"rows": shown, "total": len(rows), "hidden": hidden, "now": self.at}

    def found(self, asked: Mapping[str, str]) -> dict[str, Any]:
        wanted, key = asked["values"].split(","), asked["key"]
        rows = [row for row in self.rows.values() if {**row["fields"], **row}[key] in wanted]
        return {"rows": [self.shown(row, asked) for row in rows]}

    def shown(self, row: Mapping[str, Any], asked: Mapping[str, str]) -> dict[str, Any]:
        names = [name for name in asked["fields"].split(",") if name not in self.hidden]
        return {**row, "fields": {name: row["fields"].get(name) for name in names}}

    def within(self, asked: Mapping[str, str]) -> list[str]:
        since = datetime.fromisoformat(asked.get("since", "0001-01-01T00:00:00+00:00"))
        until = datetime.fromisoformat(asked.get("until", "9999-01-01T00:00:00+00:00"))
        return [id for id, row in self.rows.items() if since <= row["changed_at"] < until]

    def id_page(self, asked: Mapping[str, str]) -> dict[str, Any]:
        rest = [id for id in sorted(self.rows) if id > asked.get("after", "")]
        limit = int(asked["limit"])
        return {"ids": rest[:limit], "more": len(rest) > limit}

    def deleted(self, asked: Mapping[str, str]) -> list[str]:
        since = datetime.fromisoformat(asked["since"]) if "since" in asked else self.at
        return [id for id, at in self.gone.items() if at >= since]

    def batch(self, writes: list[dict[str, Any]]) -> dict[str, Any]:
        """What a POST of writes is answered: one answer each, in order."""
        return {"answers": [self.written(**write) for write in writes]}

    def written(
        self, verb: str, id: str | None, fields: dict[str, Any], key: str | None
    ) -> dict[str, Any]:
        if unknown := [name for name in fields if name not in FIELDS]:
            return {"code": "NO_SUCH_FIELD", "field": unknown[0]}
        if key is not None:
            same = [i for i, row in self.rows.items() if row["fields"].get(key) == fields[key]]
            id = same[0] if same else None
        if id is None and verb in ("create", "upsert"):
            return {"id": self.add("people", fields), "created": True}
        if id not in self.rows:
            return {"code": "NO_SUCH_RECORD"}
        if verb == "delete":
            self.delete("people", id)
        elif verb != "create":
            self.edit("people", id, fields)
        return {"id": id, "created": False}


def _handler(toy: Toy) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = 65536  # head and body leave together

        def do_GET(self) -> None:
            toy.arrived += 1
            url = urlsplit(self.path)
            self.tell(toy.answer(url.path, dict(parse_qsl(url.query, keep_blank_values=True))))

        def do_POST(self) -> None:
            toy.arrived += 1
            body = self.rfile.read(int(self.headers["content-length"]))
            answer = toy.batch(json.loads(body)["writes"])
            if toy.loses_answer:
                toy.loses_answer = False
                self.close_connection = True
                return
            self.tell(answer)

        def tell(self, answer: dict[str, Any]) -> None:
            body = json.dumps(answer, default=datetime.isoformat).encode()
            self.send_response(toy.refuses or 200)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: Any) -> None:
            """Say nothing."""

    return Handler


@contextmanager
def serving(toy: Toy) -> Iterator[str]:
    """The toy's address while it serves."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(toy))
    server.daemon_threads = True
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
