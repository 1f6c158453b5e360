"""A Bulk API 2.0 job, reading or writing: how far it is, how long to wait, its CSV, its end."""

import csv
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from io import TextIOWrapper
from typing import IO, Any, Final, TypeVar, cast

from requests import Response

from connectors.salesforce.client import Client
from tasuki.errors import ConfigError, RejectedError, TasukiError, TransientError

T = TypeVar("T")
PATIENCE: Final = 720
"""Questions to a job that does not end (two hours) before it is given up."""
CSV: Final = {"contentType": "CSV", "columnDelimiter": "COMMA", "lineEnding": "LF"}
"""What every job of ours is told about its files."""
_FIRST_WAIT_SECONDS: Final = 0.5
_LONGEST_WAIT_SECONDS: Final = 10.0


class Kind(StrEnum):
    """What a job does; its path."""

    QUERY = "query"
    INGEST = "ingest"


class State(StrEnum):
    """How far a job is."""

    OPEN = "open"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    ABORTED = "aborted"


_STATES: Final[Mapping[str, State]] = {
    "Open": State.OPEN,
    "JobComplete": State.DONE,
    "Failed": State.FAILED,
    "Aborted": State.ABORTED,
}


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a job is, and what it did so far."""

    state: State
    processed: int = 0
    failed: int = 0
    told: str = ""
    """Why it failed, in Salesforce's words."""


def wait(client: Client, polls: int) -> None:
    """Give a job time: twice as long after each question, up to ten seconds."""
    client.sleep(min(_LONGEST_WAIT_SECONDS, _FIRST_WAIT_SECONDS * 2 ** min(polls, 10)))


def progress(client: Client, object: str, kind: Kind, id: str) -> Progress:
    """How far the job is."""
    said: Any = client.ask(
        lambda rest: rest.restful(f"jobs/{kind}/{id}"), f"{client.connection}/{object}"
    )
    return Progress(
        _STATES.get(str(said.get("state")), State.RUNNING),
        int(said.get("numberRecordsProcessed") or 0),
        int(said.get("numberRecordsFailed") or 0),
        str(said.get("errorMessage") or ""),
    )


def await_ours(client: Client, object: str) -> None:
    """Wait for our jobs that still write this object: a killed run left them behind.

    What they make cannot be found before they end.
    """
    where = f"{client.connection}/{object}"
    try:
        said: Any = client.ask(lambda rest: rest.restful("jobs/ingest"), where)
    except (RejectedError, ConfigError):  # no Bulk API in this org, so no job of ours
        return
    for each in said.get("records") or ():
        ours = each.get("object") == object and each.get("createdById") == client.user()
        state = _STATES.get(str(each.get("state")), State.RUNNING)
        for polls in range(PATIENCE if ours and state is State.RUNNING else 0):
            wait(client, polls)
            if progress(client, object, Kind.INGEST, str(each["id"])).state is not State.RUNNING:
                break


def drop(client: Client, object: str, kind: Kind, id: str) -> None:
    """Delete the job; one that stays goes by itself after seven days."""
    with suppress(TasukiError):
        client.ask(
            lambda rest: rest.raw("DELETE", f"jobs/{kind}/{id}"), f"{client.connection}/{object}"
        )


def table(answer: Response, make: Callable[[Iterator[list[str]]], T], where: str) -> T:
    """What `make` makes of the answer's rows, its header first.

    Errors: TransientError when the answer is not the CSV that was asked for.
    """
    answer.raw.decode_content = True
    answer.raw.auto_close = False  # the text wrapper asks once more after the end
    body = cast("IO[bytes]", answer.raw)
    try:
        return make(csv.reader(TextIOWrapper(body, encoding="utf-8-sig", newline="")))
    except (csv.Error, UnicodeDecodeError, LookupError, StopIteration) as error:
        raise odd(where, f"the answer is not the CSV asked for ({type(error).__name__})") from None


def odd(where: str, why: str) -> TransientError:
    """Results that lack something."""
    return TransientError("Salesforce's bulk results are incomplete", where=where, why=why)
