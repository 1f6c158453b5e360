"""The server as a whole: one app on two ports, its log, its controls, its processes."""

from __future__ import annotations

import gc
import gzip
import http.client
import os
import socket
import ssl
import stat
import subprocess
import sys
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event

import httpx
import orjson
import pytest

from sandbox import hubspot, salesforce
from sandbox.hubspot.settings import settings
from sandbox.network import nameless
from sandbox.process import SandboxError, start
from sandbox.salesforce.ids import full_id, is_id, new_id, number_of
from sandbox.server import Serving, in_thread, read_info
from sandbox.state import State
from sandbox.trust import certificate
from sandbox.weather.storm import storm_of

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
AT_NOON = {"created": NOON, "modified": NOON}


@pytest.fixture
def state(tmp_path: Path):
    """A state on a file, its clock stopped at noon."""
    with State(tmp_path / "sandbox.db", lambda: NOON) as opened:
        yield opened


@pytest.mark.parametrize(
    ("short", "check"),
    [("0014S000003Vl83", "QAC"), ("0034S000005YIzL", "QAW"), ("001D000000IRFma", "IAH")],
)
def test_ids_carry_the_platforms_check(short, check):
    """15 characters become the 18 that real orgs gave these ids; a wrong check is no id."""
    assert full_id(short) == short + check
    assert is_id(short + check)
    assert not is_id(short + "AAA")


def test_ids_come_from_numbers_and_sort_like_them():
    """The same number gives the same id, and ids sort as their numbers do."""
    ids = [new_id("001", number) for number in (1, 9, 10, 61, 62, 100_000)]
    assert ids == sorted(ids)
    assert [number_of(id) for id in ids] == [1, 9, 10, 61, 62, 100_000]


def test_a_failed_transaction_leaves_nothing(state):
    """An error undoes the whole transaction, an inner one only its own part."""
    with state.transaction():
        state.set_setting("kept", "1")
        with suppress(RuntimeError), state.transaction():
            state.set_setting("undone", "1")
            raise RuntimeError
    assert (state.setting("kept"), state.setting("undone")) == ("1", None)


def test_the_clock_can_be_moved_and_stays_moved(tmp_path):
    """An offset survives closing and opening the file."""
    with State(tmp_path / "s.db", lambda: NOON) as opened:
        opened.set_clock_offset(timedelta(days=2))
    with State(tmp_path / "s.db", lambda: NOON) as opened:
        assert opened.now() == NOON + timedelta(days=2)


def test_loaded_rows_keep_their_history(state):
    """Loading stores stamps, owners and deletions as given and fills in the rest."""
    born = datetime(2025, 1, 2, 3, 4, 5, tzinfo=UTC)
    salesforce.insert(
        state,
        "Account",
        [
            {"Id": new_id("001", 41), "Name": "A", "CreatedDate": born, "IsDeleted": True},
            {"Name": "B"},
            {"Id": new_id("001", 90), "Name": "C", "SystemModstamp": "2026-01-01T00:00:00Z"},
        ],
    )
    salesforce.insert(state, "Account", [{"Name": "D"}])
    rows = state.db.execute(
        "SELECT Id, CreatedDate, SystemModstamp, IsDeleted FROM sf_Account ORDER BY Name"
    ).fetchall()
    noon, born_text = "2026-05-01T12:00:00.000+0000", "2025-01-02T03:04:05.000+0000"
    assert rows[0] == (new_id("001", 41), born_text, born_text, 1)
    assert rows[1] == (new_id("001", 1), noon, noon, 0)
    assert rows[2][2] == "2026-01-01T00:00:00.000+0000"
    assert rows[3][0] == new_id("001", 91)


def test_records_show_what_the_org_holds(state):
    """Every stored field with its JSON value, deleted records too."""
    salesforce.insert(state, "Account", [{"Name": "A"}, {"Name": "B", "IsDeleted": True}])
    first, second = salesforce.records(state, "Account")
    assert (first["Name"], first["Partner__c"], first["IsDeleted"]) == ("A", False, False)
    assert (second["Name"], second["IsDeleted"]) == ("B", True)


def test_loading_an_unknown_field_fails(state):
    """A typing error in a world is found at once."""
    with pytest.raises(KeyError, match="Nmae"):
        salesforce.insert(state, "Account", [{"Nmae": "A"}])


def test_the_certificate_is_made_once_and_its_key_kept_private(tmp_path):
    """A second call keeps the files; only the owner reads the key; clients can verify."""
    first = certificate(tmp_path)
    content = first.ca.read_bytes()
    assert certificate(tmp_path).ca.read_bytes() == content
    assert stat.S_IMODE(first.key.stat().st_mode) == 0o600
    assert ssl.create_default_context(cafile=str(first.ca)).cert_store_stats()["x509_ca"] == 1


def test_one_app_on_two_ports_with_a_log(tmp_path):
    """HTTP and HTTPS answer the same; each request is one line without secrets."""
    log = tmp_path / "network.jsonl"
    with in_thread(tmp_path, network_log=log) as served:
        info = served.info
        trust = ssl.create_default_context(cafile=info.ca)
        with httpx.Client(verify=trust, trust_env=False) as client:
            assert client.get(f"{info.http_url}/healthz/").json()["status"] == "ok"
            assert client.get(f"{info.https_url}/_sandbox/counts").json()["salesforce"]["User"] == 2
            form = {"grant_type": "client_credentials", "client_id": "secret-id"}
            client.post(f"{info.https_url}/services/oauth2/token", data=form)
        lines = [orjson.loads(line) for line in log.read_bytes().splitlines()]
        assert [each["platform"] for each in lines] == ["sandbox", "sandbox", "salesforce"]
        assert lines[2]["status"] == 400
        assert "secret-id" not in log.read_text()
        assert stat.S_IMODE((tmp_path / "sandbox.json").stat().st_mode) == 0o600
        assert read_info(tmp_path) == info
    assert not (tmp_path / "sandbox.json").exists()


def test_stats_count_and_forget(tmp_path):
    """/_sandbox/stats counts calls by platform until the log is reset."""
    with in_thread(tmp_path) as served, httpx.Client(trust_env=False) as client:
        url = served.info.http_url
        client.get(f"{url}/services/data")
        assert client.get(f"{url}/_sandbox/stats").json()["calls"] == {"salesforce": 1}
        assert client.post(f"{url}/_sandbox/log/reset").status_code == 204
        assert "salesforce" not in client.get(f"{url}/_sandbox/stats").json()["calls"]


def test_bytes_and_rows_of_each_call_are_noted(tmp_path):
    """A line says what went over the wire: compressed answers count as they were sent."""
    log = tmp_path / "network.jsonl"
    with in_thread(tmp_path, network_log=log) as served:
        state, info = served.state, served.info
        rows = [{**AT_NOON, "id": n, "properties": {"name": "x" * 50}} for n in range(1, 101)]
        hubspot.insert(state, "companies", rows)
        bearer = {"Authorization": f"Bearer {info.hubspot_token}"}
        with httpx.Client(trust_env=False, base_url=info.http_url, headers=bearer) as client:
            for encoding in ("gzip", "identity"):
                path = "/crm/v3/objects/companies?limit=100"
                client.get(path, headers={"Accept-Encoding": encoding})
            client.post("/crm/v3/objects/companies", json={"properties": {"name": "y"}})
        lines = [orjson.loads(line) for line in log.read_bytes().splitlines()]
    known = {"time", "platform", "method", "path", "query", "status", "request_bytes"}
    assert lines[0].keys() == known | {"response_bytes", "rows", "milliseconds", "correlation"}
    zipped, plain, written = lines
    assert (zipped["rows"], plain["rows"]) == (100, 100)
    assert zipped["response_bytes"] < plain["response_bytes"] / 5
    assert written["request_bytes"] == len(b'{"properties":{"name":"y"}}')


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("/crm/v3/objects/contacts/a%40b.example", "/crm/v3/objects/contacts/{email}"),
        ("/crm/v3/objects/contacts/a@b.example", "/crm/v3/objects/contacts/{email}"),
        ("/oauth/v1/refresh-tokens/na1-abc", "/oauth/v1/refresh-tokens/{token}"),
        (
            "/services/data/v59.0/sobjects/Contact/Key__c/Ada Lovelace",
            "/services/data/v59.0/sobjects/Contact/Key__c/{value}",
        ),
        ("/services/data/v59.0/sobjects/Contact/describe",) * 2,
    ],
)
def test_paths_in_the_log_hold_no_values(path, shown):
    """Addresses, tokens and values of external ids never reach the log."""
    assert nameless(path) == shown


def test_an_answer_leaves_in_one_piece(tmp_path):
    """Status line, headers and body arrive together, however small the client's reads are apart."""
    with in_thread(tmp_path) as served:
        address = ("127.0.0.1", served.info.http_port)
        with socket.create_connection(address, timeout=5) as line:
            line.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
            whole = line.recv(65_536)
    head, _, body = whole.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200")
    assert orjson.loads(body)["status"] == "ok"


def test_a_restart_keeps_the_world_and_ends_the_storm(tmp_path):
    """Records, credentials and the moved clock stay; the weather is fine again."""
    storm = storm_of({"hubspot": {"index_lag_seconds": 9}, "rules": [{"drop": "before"}]})
    first = Serving(tmp_path, storm=storm)
    hubspot.insert(first.state, "companies", [{**AT_NOON, "id": 1, "properties": {"name": "A"}}])
    first.state.set_clock_offset(timedelta(days=3))
    first.close()
    with in_thread(tmp_path) as served, httpx.Client(trust_env=False) as client:
        url, info = served.info.http_url, served.info
        bearer = {"Authorization": f"Bearer {first.info.hubspot_token}"}
        shown = client.get(f"{url}/crm/v3/objects/companies", headers=bearer).json()
        assert [each["id"] for each in shown["results"]] == ["1"]
        assert info.client_secret == first.info.client_secret
        assert client.get(f"{url}/_sandbox/weather").json()["rules"] == []
        assert settings(served.state).index_lag_seconds == 0
        assert served.state.now() > datetime.now(UTC) + timedelta(days=2)


def test_a_child_process_serves_under_a_storm(tmp_path):
    """`--faults` takes a file or a ready name; a bad file is told in four lines."""
    with start(tmp_path, faults=Path("ten-percent.yaml")) as running:
        shown = httpx.get(f"{running.info.http_url}/_sandbox/weather", trust_env=False).json()
        assert shown["seed"] == 10
        assert len(shown["rules"]) > 10
    (tmp_path / "bad.yaml").write_text("rules:\n  - {anwser: locked}\n")
    with pytest.raises(SandboxError) as caught:
        start(tmp_path, faults=tmp_path / "bad.yaml")
    told = str(caught.value).splitlines()[-4:]
    assert [line.partition(":")[0] for line in told] == ["error", "where", "why", "fix"]
    assert "bad.yaml:2:6" in told[1]


def test_a_control_that_cannot_be_done_says_why(tmp_path):
    """An edit of a record that is not there answers 400 with the reason."""
    with in_thread(tmp_path) as served, httpx.Client(trust_env=False) as client:
        edit = {"platform": "salesforce", "object": "Account", "id": new_id("001", 5), "fields": {}}
        answer = client.post(f"{served.info.http_url}/_sandbox/edit", json=edit)
        assert (answer.status_code, answer.json()["error"]) == (400, "FaultError")


def test_bodies_may_be_chunked_and_answers_compressed(tmp_path):
    """A chunked, gzipped POST is read; a long answer is gzipped when the client asks."""
    with in_thread(tmp_path) as served:
        info = served.info
        form = {"grant_type": "client_credentials", "client_id": info.client_id}
        form["client_secret"] = info.client_secret
        with httpx.Client(trust_env=False, base_url=info.http_url) as client:
            token = client.post("/services/oauth2/token", data=form).json()["access_token"]
            bearer = {"Authorization": f"Bearer {token}"}
            body = gzip.compress(b'{"Name": "Chunked"}')
            answer = client.post(
                "/services/data/v59.0/sobjects/Account/",
                content=iter([body[:5], body[5:]]),
                headers={**bearer, "Content-Encoding": "gzip"},
            )
            assert answer.status_code == 201
            answer = client.get("/services/data/v59.0/sobjects", headers=bearer)
            assert answer.headers["Content-Encoding"] == "gzip"
            assert len(answer.json()["sobjects"]) >= 18
            long = "/services/data/v59.0/query?q=" + "a" * 17_000
            assert client.get(long, headers=bearer).status_code == 414


def test_a_child_process_starts_keeps_its_world_and_leaves(tmp_path):
    """Starting waits until healthy, stopping ends it; the next one has the same secrets."""
    with start(tmp_path) as running:
        first, pid = running.info, running.process.pid
        connection = http.client.HTTPConnection("127.0.0.1", first.http_port, timeout=5)
        connection.request("GET", "/_sandbox/health")
        assert connection.getresponse().status == 200
        connection.close()
    assert running.process.returncode == 0
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    assert not (tmp_path / "sandbox.json").exists()
    with start(tmp_path, http_port=first.http_port) as again:
        assert again.info.http_port == first.http_port
        assert again.info.client_secret == first.client_secret


def test_a_sandbox_that_cannot_start_says_why(tmp_path):
    """A port in use is reported with what the process said; nothing stays behind."""
    with in_thread(tmp_path / "one") as served, pytest.raises(SandboxError, match="in use"):
        start(tmp_path / "two", http_port=served.info.http_port, wait=Event().wait)


def test_a_sandbox_that_cannot_listen_leaves_nothing_open(tmp_path):
    """With its second port taken, the first is free again, and no file or socket stays open."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with socket.create_server(("127.0.0.1", 0)) as probe:
            free = probe.getsockname()[1]
        with pytest.raises(OSError, match="in use"):
            Serving(tmp_path, http_port=free, https_port=port)
        gc.collect()  # what was left open would complain here
        socket.create_server(("127.0.0.1", free)).close()


def test_a_sandbox_never_outlives_its_parent(tmp_path):
    """When the process that started it dies without a word, the sandbox leaves by itself."""
    script = (
        "import os, pathlib; from sandbox.process import start\n"
        f"start(pathlib.Path({str(tmp_path)!r})); os._exit(9)"
    )
    parent = subprocess.run([sys.executable, "-c", script], check=False, timeout=60)
    assert parent.returncode == 9
    for _ in range(200):
        if not (tmp_path / "sandbox.json").exists():
            break
        Event().wait(0.05)
    assert not (tmp_path / "sandbox.json").exists()
