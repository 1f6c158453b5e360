"""One writer at a time: a lease in the store that a dead process cannot keep.

The race it prevents: two processes plan from the same state, both search before they create, both
find nothing, both create. With the lease the second one is told who works, and does nothing.
A holder on this machine whose process is gone loses the lease at once; elsewhere it runs out.
"""

import os
import socket
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from sqlalchemy import Connection

from staging import runs
from tasuki.errors import LeaseError
from tasuki.values import instant, stamp

WRITER: Final = "writer"
DAEMON: Final = "daemon"
_TERM: Final = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds a lease: a process of a machine, and what it does."""

    host: str
    pid: int
    started: str
    doing: str

    def __str__(self) -> str:
        return f"{self.host}|{self.pid}|{self.started}|{self.doing}"

    @classmethod
    def parse(cls, text: str) -> "Holder":
        """The holder behind the stored text."""
        host, pid, started, doing = text.split("|", 3)
        return cls(host, int(pid), started, doing)

    def is_gone(self) -> bool:
        """It was a process of this machine, and that process no longer runs."""
        return self.host == socket.gethostname() and _started(self.pid) != self.started


def this_process(doing: str) -> Holder:
    """This process as a holder."""
    return Holder(socket.gethostname(), os.getpid(), _started(os.getpid()), doing)


def acquire(db: Connection, name: str, holder: Holder, now: datetime) -> None:
    """Take the lease, or raise LeaseError that names the holder."""
    found = runs.lease_holder(db, name)
    if found:
        other, until = Holder.parse(found[0]), instant(found[1])
        if str(other) != str(holder) and until > now and not other.is_gone():
            raise LeaseError(
                f"another process holds the {name} lease",
                where=f"{other.host}, process {other.pid}",
                why=f"it does `{other.doing}` and has the lease until {stamp(until)}",
                remedy="Wait until it ends, then repeat the command.",
            )
    runs.take_lease(db, name, str(holder), stamp(now + _TERM))


def keep(db: Connection, name: str, holder: Holder, now: datetime) -> None:
    """Hold it longer; LeaseError when it was lost."""
    if not runs.extend_lease(db, name, str(holder), stamp(now + _TERM)):
        raise LeaseError(
            f"the {name} lease was lost",
            why="this process was silent for too long and another one took over",
            remedy="Nothing to do: the other process goes on with the work.",
        )


def release(db: Connection, name: str, holder: Holder) -> None:
    """Give it back."""
    runs.drop_lease(db, name, str(holder))


def _started(pid: int) -> str:
    """When a process started, so that a reused pid is not taken for it; empty when it is gone."""
    stat = Path(f"/proc/{pid}/stat")
    if stat.exists():
        return stat.read_text().rpartition(")")[2].split()[19]
    return _signalled(pid)


def _signalled(pid: int) -> str:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return ""
    except PermissionError:
        return "running"
    return "running"
