"""The sandbox as a child process: started, awaited until healthy, stopped without a trace."""

import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from os import getpid
from pathlib import Path
from threading import Event
from time import monotonic
from types import TracebackType
from typing import Final, Self

import httpx

from sandbox.server import Info, read_info

_PATIENCE_SECONDS: Final = 20.0
_BETWEEN_SECONDS: Final = 0.05
_GRACE_SECONDS: Final = 8.0


class SandboxError(RuntimeError):
    """The sandbox did not start; the message carries what it said last."""


@dataclass(frozen=True, slots=True)
class Running:
    """A sandbox in a process of its own; as a context manager it stops on leaving."""

    info: Info
    process: "subprocess.Popen[bytes]"
    folder: Path

    def __enter__(self) -> Self:
        """Use as a context manager."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop it."""
        self.stop()

    def stop(self) -> None:
        """End the process: politely, then by force; nothing of it stays."""
        end(self.process)


def start(
    folder: Path,
    http_port: int = 0,
    https_port: int = 0,
    network_log: Path | None = None,
    faults: Path | None = None,
    wait: Callable[[float], object] | None = None,
) -> Running:
    """Start a sandbox and return when both ports answer; it never outlives this process.

    Units:  it may take 20 seconds; `wait` is called with seconds between two looks.
    Errors: SandboxError when it ends early or stays silent.
    """
    folder = folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "sandbox.json").unlink(missing_ok=True)
    command = [sys.executable, "-m", "sandbox", "--folder", str(folder)]
    command += ["--http-port", str(http_port), "--https-port", str(https_port)]
    command += ["--parent", str(getpid())]
    if network_log is not None:
        command += ["--network-log", str(network_log.resolve())]
    if faults is not None:
        command += ["--faults", str(faults.resolve() if faults.exists() else faults)]
    with (folder / "sandbox.log").open("wb") as output:
        process = subprocess.Popen(
            command, cwd=Path(__file__).parent.parent, stdout=output, stderr=output
        )
    try:
        info = _await_healthy(folder, process, wait or Event().wait)
    except BaseException:
        end(process)
        raise
    return Running(info, process, folder)


def _await_healthy(
    folder: Path, process: "subprocess.Popen[bytes]", wait: Callable[[float], object]
) -> Info:
    deadline = monotonic() + _PATIENCE_SECONDS
    while monotonic() < deadline and process.poll() is None:
        if (folder / "sandbox.json").exists():
            info = read_info(folder)
            if _healthy(info.http_url):
                return info
        wait(_BETWEEN_SECONDS)
    said = (folder / "sandbox.log").read_text(errors="replace")[-2_000:]
    raise SandboxError(f"the sandbox in {folder} did not become healthy:\n{said}")


def _healthy(url: str) -> bool:
    try:
        return httpx.get(f"{url}/healthz", timeout=2, trust_env=False).status_code == 200
    except httpx.TransportError:
        return False


def end(process: "subprocess.Popen[bytes]") -> None:
    """End a child process and wait until it is gone."""
    if process.poll() is not None:
        return
    process.terminate()
    try:
        process.wait(_GRACE_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
