"""The sandbox for verbs: a world when the folder is new, a process, a project signed in to it."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tasuki.errors import UnreachableError

if TYPE_CHECKING:
    from sandbox.process import Running
    from tasuki.cli.screen import Screen

NETWORK_LOG: Final = "network.jsonl"
WORLD: Final = "sandbox.db"
TRUTH: Final = "truth.json"


@dataclass(frozen=True, slots=True)
class WorldSize:
    """How large a generated world is."""

    accounts: int
    people: int
    opportunities: int
    visits: int
    sales: int


def make_world(folder: Path, seed: int, scale: float) -> WorldSize:
    """Generate a company's world into a folder: both CRMs, the sales system, the truth."""
    from sandbox.state import State
    from sandbox.world.files import write_sales, write_truth
    from sandbox.world.generate import generate
    from sandbox.world.load import load

    folder.mkdir(parents=True, exist_ok=True)
    world = generate(seed, scale)
    with State(folder / WORLD) as state:
        load(world, state)
    write_sales(world, folder)
    write_truth(world, folder / TRUTH)
    crm = world.salesforce
    return WorldSize(
        accounts=len(crm["Account"]),
        people=len(crm["Contact"]) + len(crm["Lead"]),
        opportunities=len(crm["Opportunity"]),
        visits=len(world.hubspot.events) + len(world.hubspot.email_events),
        sales=len(world.sales.lines) + len(world.sales.legacy),
    )


def has_world(folder: Path) -> bool:
    """Whether a world was generated here before."""
    return (folder / WORLD).is_file()


@contextmanager
def sandbox_running(folder: Path) -> Iterator["Running"]:
    """A sandbox process on this folder's world, on the ports it had before; gone at the end."""
    from sandbox.process import SandboxError, start

    ports = _last_ports(folder)
    try:
        running = start(folder, *ports, network_log=folder / NETWORK_LOG)
    except SandboxError as error:
        raise _silent(folder) from error
    except OSError as error:
        raise _silent(folder) from error
    _keep_ports(folder, running)
    with running:
        yield running


def _silent(folder: Path) -> UnreachableError:
    return UnreachableError(
        "the sandbox did not start",
        where=str(folder),
        why=f"{folder / 'sandbox.log'} says what it said last",
        remedy="Remove the folder and repeat the command.",
    )


def _last_ports(folder: Path) -> tuple[int, int]:
    """The ports of the last time, if they are free now; else any."""
    path = folder / "ports.json"
    if not path.is_file():
        return (0, 0)
    http, https = json.loads(path.read_text("utf-8"))
    return (http, https) if _is_free(http) and _is_free(https) else (0, 0)


def _is_free(port: int) -> bool:
    import socket

    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


def _keep_ports(folder: Path, running: "Running") -> None:
    ports = [running.info.http_port, running.info.https_port]
    (folder / "ports.json").write_text(json.dumps(ports), encoding="utf-8")


def describe_world(screen: "Screen", size: WorldSize) -> str:
    """A generated world in one sentence."""
    return screen.words(
        "{accounts} accounts, {people} contacts and leads, {opportunities} opportunities, "
        "{visits} web and mail events, {sales} sales lines",
        accounts=f"{size.accounts:,}",
        people=f"{size.people:,}",
        opportunities=f"{size.opportunities:,}",
        visits=f"{size.visits:,}",
        sales=f"{size.sales:,}",
    )
