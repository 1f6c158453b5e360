"""A console over a real sandbox process: a world, a project, one run; served on a free port."""

from __future__ import annotations

import socket
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from config.starter import SandboxAccess, init
from console.access import accounts
from console.serve import server
from jobs import flows
from jobs.runtime import InProcess
from sandbox.process import start
from sandbox.state import State
from sandbox.world.files import write_sales
from sandbox.world.generate import generate
from sandbox.world.load import load
from sync.context import Order
from tasuki.wiring import open_app

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, BrowserContext, Page

    from tasuki.service.app import App

expect.set_options(timeout=30_000)  # an answer may take its time where two cores serve all tests
PASSWORD = "correct horse battery"
ROLES = ("marketer", "manager", "operator", "admin")
READER = "reader"
"""Somebody whose language and theme a test may change: no other test signs in as them."""
SCALE = 0.3


@dataclass
class Site:
    """A console that is being served, and the sandbox behind it."""

    url: str
    app: App
    hubspot_url: str
    hubspot_token: str

    def hubspot(self, method: str, path: str, **body: Any) -> Any:
        """Ask the sandbox's HubSpot as any client would."""
        headers = {"Authorization": f"Bearer {self.hubspot_token}"}
        answer = httpx.request(
            method, self.hubspot_url + path, headers=headers, trust_env=False, **body
        )
        answer.raise_for_status()
        return answer.json()

    def edit(self, platform: str, object: str, id: str, **fields: Any) -> None:
        """Change a record as a person would."""
        asked = {"platform": platform, "object": object, "id": id, "fields": fields}
        url = f"{self.hubspot_url}/_sandbox/edit"
        httpx.post(url, json=asked, trust_env=False).raise_for_status()


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Serve a console over a small world that has been read once."""
    with sandboxed(tmp_path_factory.mktemp("browser")) as found:
        yield found


Rewrite = tuple[str, str, str]
"""A file of the project, a text that it holds, and what stands there instead."""


@contextmanager
def sandboxed(folder: Path, scale: float = SCALE, *rewritten: Rewrite) -> Iterator[Site]:
    """A console over a world of this size that has been read once."""
    world = generate(seed=1, scale=scale)
    state = State(folder / "sandbox.db")
    load(world, state)
    state.close()
    write_sales(world, folder)
    with start(folder):
        access = SandboxAccess.read(folder / "sandbox.json")
        init(folder / "project", name="Nagare Works", sandbox=access)
        for name, old, new in rewritten:
            path = folder / "project" / name
            text = path.read_text("utf-8")
            assert old in text, name
            path.write_text(text.replace(old, new, 1), encoding="utf-8")
        app = open_app(folder / "project", environment=access.variables())
        runtime = InProcess(app.store, app.tools)
        flows.register(runtime)
        runtime.wait(runtime.enqueue(Order("run", {"by": "daemon"}, "daemon", "daemon")))
        let_in(app, [*((role, role) for role in ROLES), (READER, "viewer")])
        with served(app, runtime) as url:
            yield Site(url, app, access.hubspot_url, access.hubspot_token)
        runtime.close()
        app.close()


def let_in(app: App, people: Iterable[tuple[str, str]]) -> None:
    """Give each of these people, by login and role, an account."""
    for login, role in people:
        link = accounts.setup_link(app, login, role)
        accounts.set_password(app, link.rpartition("/")[2], PASSWORD, PASSWORD)


class served:  # noqa: N801 - read as a word: with served(...)
    """The console in a thread of its own, until the block ends."""

    def __init__(self, app: App, runtime: InProcess) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port: int = free.getsockname()[1]
        self.server = server(app, runtime, port=self.port)
        self.thread = threading.Thread(target=self.server.run, daemon=True)

    def __enter__(self) -> str:
        self.thread.start()
        transport = httpx.HTTPTransport(retries=8)
        url = f"http://127.0.0.1:{self.port}"
        with httpx.Client(transport=transport, trust_env=False) as client:
            assert client.get(f"{url}/healthz").text in {"healthy", "warning"}
        return url

    def __exit__(self, *_: object) -> None:
        self.server.should_exit = True
        self.thread.join(20)


@dataclass
class Visitor:
    """Somebody at a browser; whatever the browser complains about is kept."""

    page: Page
    complaints: list[str]

    def faults(self) -> list[str]:
        """Give what accessibility rules the page breaks, by rule and place."""
        found = Axe().run(self.page).response["violations"]
        return [f"{v['id']}: {[n['target'] for n in v['nodes']][:3]}" for v in found]

    def overflow(self) -> int:
        """Give by how many pixels the page is wider than the window."""
        script = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        return int(self.page.evaluate(script))


Arrive = "Callable[..., Visitor]"


@pytest.fixture
def arrive(site: Site, browser: Browser) -> Iterator[Callable[..., Visitor]]:
    """Let somebody sign in, in a window of their own."""
    with arriving(site, browser) as sign_in:
        yield sign_in


@contextmanager
def arriving(site: Site, browser: Browser) -> Iterator[Callable[..., Visitor]]:
    """Give the way into a site; what was opened is closed in the end."""
    opened: list[BrowserContext] = []

    def sign_in(
        login: str = "", language: str = "en", width: int = 1280, theme: Any = "light"
    ) -> Visitor:
        locale = {"en": "en-US", "ja": "ja-JP"}[language]
        context = browser.new_context(
            base_url=site.url,
            locale=locale,
            color_scheme=theme,
            viewport={"width": width, "height": 900},
        )
        opened.append(context)
        if login:
            token = accounts.open_session(site.app, login)
            context.add_cookies([{"name": "tasuki_session", "value": token, "url": site.url}])
        page, complaints = context.new_page(), []
        page.on("console", lambda said: complaints.append(f"{said.type}: {said.text}"))
        page.on("pageerror", lambda error: complaints.append(f"error: {error}"))
        return Visitor(page, complaints)

    yield sign_in
    for context in opened:
        context.close()
