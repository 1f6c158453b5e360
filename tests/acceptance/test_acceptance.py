"""Clients written elsewhere work against the sandbox unmodified; `make acceptance` runs this."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import orjson
import pytest

from sandbox.process import Running, start

HERE = Path(__file__).parent
pytestmark = pytest.mark.acceptance


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A sandbox in a process of its own, for clients that are ready to run."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        pytest.skip("no Node.js with npm here: tools/install-node")
    if not (HERE / "node_modules" / ".package-lock.json").exists():
        pytest.skip("the clients are not installed: `make acceptance` does it")
    with start(tmp_path_factory.mktemp("acceptance")) as found:
        yield found


@pytest.mark.parametrize("client", ["salesforce", "hubspot"])
def test_a_client_written_elsewhere_works(running: Running, client: str) -> None:
    """Every check of this client passes: sign-in, describe, records, queries, batches, bulk."""
    info = {
        **asdict(running.info),
        "salesforce_username": "integration@sandbox.example",
    }
    done = subprocess.run(
        ["node", "--test", "--test-reporter=tap", f"{client}.test.mjs"],
        cwd=HERE,
        env={
            "PATH": os.environ["PATH"],
            "HOME": os.environ.get("HOME", "/tmp"),
            "SANDBOX": orjson.dumps(info).decode(),
            "NODE_EXTRA_CA_CERTS": running.info.ca,
        },
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-8_000:] + done.stderr[-2_000:]
