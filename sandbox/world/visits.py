"""One browser's story: who sat at it when, which pages were read, which forms were sent."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Final

from sandbox.world.cast import numbers
from sandbox.world.cast.person import VENDOR_DOMAIN
from sandbox.world.draft import Draft
from sandbox.world.shape import FormSubmission, WebEvent

HUB_ID: Final = 4812345
VIEWED: Final = f"pe{HUB_ID}_page_viewed"
SUBMITTED: Final = f"pe{HUB_ID}_form_submitted"
SITE: Final = f"https://www.{VENDOR_DOMAIN}"
FORMS: Final = {
    "Contact us": ("6f0d2a3e-1a51-4c57-9b1c-0c55a2b1f001", "/contact"),
    "Document request": ("6f0d2a3e-1a51-4c57-9b1c-0c55a2b1f002", "/resources/{}"),
    "Seminar sign-up": ("6f0d2a3e-1a51-4c57-9b1c-0c55a2b1f003", "/events/seminar"),
    "Newsletter": ("6f0d2a3e-1a51-4c57-9b1c-0c55a2b1f004", "/newsletter"),
}
_PRODUCTS: Final = ("flow", "grid", "care")
_PAGES: Final = (
    ("/products/{}", 24), ("/pricing/{}", 12), ("/docs/{}", 14), ("/cases/{}", 12), ("/", 14),
    ("/blog/how-we-work", 8), ("/blog/{}-in-practice", 8), ("/company", 5), ("/events/seminar", 3),
)  # fmt: skip
_PATHS: Final = tuple(path for path, _ in _PAGES)
_WEIGHTS: Final = tuple(weight for _, weight in _PAGES)


@dataclass(frozen=True, slots=True)
class Sitter:
    """Somebody at a browser: the person, the HubSpot contact and the address typed into forms."""

    person: str
    contact: str
    email: str


@dataclass(frozen=True, slots=True)
class Browser:
    """One cookie; HubSpot puts all its events on the contact it was first tied to."""

    utk: str
    contact: str


def new_browser(rng: Random, contact: str) -> Browser:
    """A cookie nobody else has."""
    return Browser(f"{rng.getrandbits(128):032x}", contact)


class Diary:
    """Writes the events of one browser."""

    def __init__(self, draft: Draft, rng: Random, browser: Browser) -> None:
        """Start an empty diary."""
        self._draft = draft
        self._rng = rng
        self._browser = browser
        self.written: list[WebEvent] = []

    def stay(
        self, sitter: Sitter, begin: float, end: float, views: int, *, form_first: bool
    ) -> datetime:
        """Sessions between two ages in days, with one form at their start or somewhere in between.

        Returns the moment of the form: from there on HubSpot could have known better.
        """
        interest = self._rng.choice(_PRODUCTS)
        sessions = max(1, round(views / 4.5))
        starts = sorted((self._rng.uniform(end, begin) for _ in range(sessions)), reverse=True)
        formed = 0 if form_first else min(len(starts) - 1, self._rng.choice((0, 0, 1, 2)))
        sent = self._draft.ago(starts[formed])
        for place, age in enumerate(starts):
            moment = self._draft.ago(age)
            session = f"{self._rng.getrandbits(48):012x}"
            if place == formed:
                sent = self._form(sitter, moment, session, interest)
            share = views // sessions + (1 if place < views % sessions else 0)
            self._session(moment, session, share, interest)
        return sent

    def form(self, sitter: Sitter, age: float, email: str) -> None:
        """One more form, perhaps with the address spelled another way."""
        session = f"{self._rng.getrandbits(48):012x}"
        moment = self._draft.ago(age)
        self._form(Sitter(sitter.person, sitter.contact, email), moment, session, "flow")

    def open_link(self, recipient: Sitter, age: float, views: int) -> None:
        """A link that was made for somebody is opened, by whomever, and some pages are read."""
        session = f"{self._rng.getrandbits(48):012x}"
        moment = self._draft.ago(age)
        cells = {"hs_url": f"{SITE}/cases/flow", "hs_title": "Cases", "hs_session_id": session}
        self._event(VIEWED, moment, {**cells, "recipient": recipient.email})
        self._session(moment, session, views, "flow")

    def refuse(self, age: float) -> None:
        """The reader takes back the consent to be followed."""
        cells = {"hs_url": f"{SITE}/privacy", "hs_title": "Privacy", "consent": "false"}
        self._event(VIEWED, self._draft.ago(age), cells)

    def burst(self, age: float, views: int, seconds: float) -> None:
        """Page views faster than anybody reads."""
        session = f"{self._rng.getrandbits(48):012x}"
        start = self._draft.ago(age)
        for place in range(views):
            moment = start + timedelta(seconds=round(place * seconds))
            self._view(moment, session, self._rng.choice(_PRODUCTS))

    def _session(self, start: datetime, session: str, views: int, interest: str) -> None:
        moment = start
        for _ in range(views):
            moment += timedelta(seconds=self._rng.randint(8, 170))
            topic = interest if self._rng.random() < 0.75 else self._rng.choice(_PRODUCTS)
            self._view(moment, session, topic)

    def _view(self, moment: datetime, session: str, topic: str) -> None:
        path = self._rng.choices(_PATHS, _WEIGHTS)[0].format(topic)
        title = path.strip("/").replace("/", " – ").title() or "Home"
        cells = {"hs_url": SITE + path, "hs_title": title, "hs_session_id": session}
        self._event(VIEWED, moment, cells)

    def _form(self, sitter: Sitter, moment: datetime, session: str, interest: str) -> datetime:
        name = self._rng.choice(tuple(FORMS))
        form_id, path = FORMS[name]
        url = SITE + path.format(interest)
        cells = {"hs_url": url, "form_name": name, "email": sitter.email, "hs_session_id": session}
        self._event(SUBMITTED, moment, cells)
        self._draft.submissions.append(
            FormSubmission(form_id, name, moment, url, sitter.email, self._browser.utk)
        )
        return moment

    def _event(self, kind: str, moment: datetime, cells: dict[str, str]) -> None:
        cells["utk"] = self._browser.utk
        id = numbers.event_id(self._rng)
        event = WebEvent(id, kind, self._browser.contact, moment, cells)
        self.written.append(event)
        self._draft.events.append(event)
