"""Web behaviour: cookies, shared browsers, staff, bots, and marketing e-mail."""

from datetime import datetime
from random import Random
from typing import Final

from sandbox.world.cast.company import Company, planted_count
from sandbox.world.cast.person import Person
from sandbox.world.draft import Draft
from sandbox.world.shape import HUBSPOT, CookieTruth, EmailEvent, WebEvent
from sandbox.world.visits import FORMS, SITE, SUBMITTED, VIEWED, Diary, Sitter, new_browser

SHARED: Final = {"handover": 8, "back_and_forth": 4}
FORWARDED: Final = {"known_browser": 3, "answered": 3, "travelled": 2}
REFUSED: Final = 2
SINGLE: Final = {"several_forms": 5, "mail_spelling": 5, "two_browsers": 4}
HOT_VIEWS: Final = 20
HOT_DAYS: Final = 30
_COOL_VIEWS: Final = 8
BROWSERS_PER_SCALE: Final = 700
VIEWS_PER_SCALE: Final = 16_500
OPENS_PER_SCALE: Final = 5_000
CLICKS_PER_SCALE: Final = 1_700
BOTS_PER_SCALE: Final = 2
STAFF_BROWSERS: Final = 4
_MAILS: Final = 12
_Spans = list[tuple[Sitter, datetime, datetime | None]]


def add_web(draft: Draft) -> None:
    """Write every browser of the world, then the e-mail events."""
    rng = draft.rng("web")
    colleagues = _colleagues(draft)
    used = _add_shared(draft, rng, colleagues)
    singles = [pair[0] for pair in colleagues if pair[0].person not in used]
    rng.shuffle(singles)
    _add_single(draft, rng, singles)
    _add_champions(draft, rng)
    _add_ordinary(draft, rng)
    _add_staff(draft, rng)
    _add_bots(draft, rng)
    spare = [pair for pair in colleagues if not used & {pair[0].person, pair[1].person}]
    _add_forwarded(draft, draft.rng("forwarded"), spare)
    _add_emails(draft, draft.rng("emails"))
    draft.events.sort(key=lambda event: (event.occurred_at, event.id))
    _count(draft)


def _sitter(draft: Draft, person: Person) -> Sitter | None:
    contact = draft.first_id(person.id, HUBSPOT, "contacts")
    return Sitter(person.id, contact, person.email) if contact else None


def _colleagues(draft: Draft) -> list[tuple[Sitter, Sitter]]:
    """Two plain people of one company, both in HubSpot, from as many companies as there are."""
    homes: dict[str, list[Sitter]] = {}
    for person in draft.people:
        company: Company | None = person.company
        sitter = _sitter(draft, person)
        is_plain = not person.trap and not _could_be_hot(draft, person)
        if company is not None and sitter is not None and is_plain:
            homes.setdefault(company.id, []).append(sitter)
    return [(found[0], found[1]) for found in homes.values() if len(found) > 1]


def _add_shared(draft: Draft, rng: Random, pairs: list[tuple[Sitter, Sitter]]) -> set[str]:
    turn = iter(pairs)
    used: set[str] = set()
    for case, count in SHARED.items():
        for _ in range(planted_count(count, draft.scale)):
            first, second = next(turn)
            used |= {first.person, second.person}
            order = [first, second, first] if case == "back_and_forth" else [first, second]
            _shared_browser(draft, rng, case, order)
    return used


def _shared_browser(draft: Draft, rng: Random, case: str, order: list[Sitter]) -> None:
    """Each takes the browser over with a form and leaves days before the next one comes."""
    browser = new_browser(rng, order[0].contact)
    diary = Diary(draft, rng, browser)
    length = 150 / len(order)
    spans: _Spans = []
    for place, sitter in enumerate(order):
        begin = 155 - place * length
        views = rng.randint(12, 30)
        moment = diary.stay(sitter, begin, begin - length + 4, views, form_first=place > 0)
        spans.append((sitter, moment, None))
    spans = [
        (sitter, moment, spans[place + 1][1] if place + 1 < len(spans) else None)
        for place, (sitter, moment, _) in enumerate(spans)
    ]
    _remember(draft, "shared", browser.utk, browser.contact, spans)
    _plant(draft, "cookies_shared", case, browser.utk, browser.contact, spans, diary.written)


def _remember(draft: Draft, kind: str, utk: str, contact: str, spans: _Spans) -> None:
    starts = tuple(
        (sitter.person, None if place == 0 else begin)
        for place, (sitter, begin, _) in enumerate(spans)
    )
    draft.cookies.append(CookieTruth(utk, kind, contact, starts))


def _plant(
    draft: Draft,
    kind: str,
    case: str,
    utk: str,
    contact: str,
    spans: _Spans,
    events: list[WebEvent],
) -> None:
    shown = []
    for place, (sitter, begin, end) in enumerate(spans):
        start = None if place == 0 else begin
        mine = [
            event.id
            for event in events
            if (start is None or event.occurred_at >= start)
            and (end is None or event.occurred_at < end)
        ]
        shown.append({"person": sitter.person, "from": start, "until": end, "events": mine})
    draft.plant(kind, case, utk=utk, hubspot_contact=contact, spans=shown)


def _add_single(draft: Draft, rng: Random, sitters: list[Sitter]) -> None:
    turn = iter(sitters)
    for case, count in SINGLE.items():
        for _ in range(planted_count(count, draft.scale)):
            sitter = next(turn)
            for _ in range(2 if case == "two_browsers" else 1):
                _single_browser(draft, rng, case, sitter)


def _single_browser(draft: Draft, rng: Random, case: str, sitter: Sitter) -> None:
    browser = new_browser(rng, sitter.contact)
    diary = Diary(draft, rng, browser)
    moment = diary.stay(sitter, 150, 90, rng.randint(8, 24), form_first=False)
    if case != "two_browsers":
        odd = f" {sitter.email.upper()} " if case == "mail_spelling" else sitter.email
        diary.form(sitter, 80, odd)
        diary.form(sitter, 60, sitter.email)
    diary.stay(sitter, 58, 2, rng.randint(6, 20), form_first=False)
    spans: _Spans = [(sitter, moment, None)]
    _remember(draft, "person", browser.utk, browser.contact, spans)
    _plant(draft, "cookies_single", case, browser.utk, browser.contact, spans, diary.written)


def _could_be_hot(draft: Draft, person: Person) -> bool:
    """Whether many visits alone would make this person one to hand over."""
    company = person.company
    if company is None or company.is_customer or person.role != "decision_maker":
        return False
    return company.id not in draft.busy


def _add_champions(draft: Draft, rng: Random) -> None:
    """Heavy readers: some to hand over now, some for whom a high score means nothing."""
    for person in draft.people:
        sitter = _sitter(draft, person)
        if person.trap != "champion" or sitter is None or person.company is None:
            continue
        browser = new_browser(rng, sitter.contact)
        begin, end = (115, 70) if person.group == "cooled" else (13, 0.5)
        views = rng.randint(32, 46)
        diary = Diary(draft, rng, browser)
        moment = diary.stay(sitter, begin, end, views, form_first=False)
        _remember(draft, "person", browser.utk, browser.contact, [(sitter, moment, None)])
        draft.plant(
            "prospects_hot" if person.group == "hot" else "prospects_not_hot", person.group,
            person=person.id, company=person.company.id,
            records=draft.person_records(person.id), views=views,
        )  # fmt: skip


def _add_ordinary(draft: Draft, rng: Random) -> None:
    """The rest: one browser for most, two for some, a few readers among many passers-by."""
    people = {person.id: person for person in draft.people if person.trap != "champion"}
    sitters = [sitter for person in people.values() if (sitter := _sitter(draft, person))]
    careful = {id for id, person in people.items() if _could_be_hot(draft, person)}
    count = round(BROWSERS_PER_SCALE * draft.scale)
    chosen = rng.sample(sitters, min(len(sitters), count))
    chosen += rng.choices(chosen, k=count // 12)
    weights = [rng.lognormvariate(0, 1.0) for _ in chosen]
    ratio = max(0, VIEWS_PER_SCALE * draft.scale - len(draft.events)) / sum(weights)
    for sitter, weight in zip(chosen, weights, strict=True):
        browser = new_browser(rng, sitter.contact)
        begin = rng.uniform(5, 175)
        views = max(1, round(weight * ratio))
        if sitter.person in careful:
            views = min(views, _COOL_VIEWS // 2)
        diary = Diary(draft, rng, browser)
        moment = diary.stay(
            sitter, begin, max(0.2, begin - rng.uniform(1, 120)), views, form_first=False
        )
        _remember(draft, "person", browser.utk, browser.contact, [(sitter, moment, None)])


def _add_staff(draft: Draft, rng: Random) -> None:
    """Our own people read our own pages a lot."""
    for user in draft.users[:STAFF_BROWSERS]:
        person = user.person
        id = draft.add_hubspot(
            "contacts", draft.ago(500), draft.ago(20),
            email=person.email, firstname=person.given, lastname=person.family,
        )  # fmt: skip
        draft.own(HUBSPOT, "contacts", id, None, person.id)
        browser = new_browser(rng, id)
        sitter = Sitter(person.id, id, person.email)
        moment = Diary(draft, rng, browser).stay(sitter, 120, 1, 150, form_first=True)
        _remember(draft, "staff", browser.utk, id, [(sitter, moment, None)])


def _add_bots(draft: Draft, rng: Random) -> None:
    """Spam through a form, then a hundred pages in a minute."""
    for place in range(planted_count(BOTS_PER_SCALE, draft.scale)):
        email = f"x{rng.getrandbits(32):08x}@bot-{place + 1}.test"
        id = draft.add_hubspot(
            "contacts", draft.ago(40), draft.ago(40), email=email, firstname="win now"
        )
        person = f"bot-{place + 1:02d}"
        draft.own(HUBSPOT, "contacts", id, None, person)
        browser = new_browser(rng, id)
        diary = Diary(draft, rng, browser)
        sitter = Sitter(person, id, email)
        diary.form(sitter, 30, email)
        diary.burst(30 - 1 / 1440, 120, 0.5)
        _remember(draft, "bot", browser.utk, id, [(sitter, draft.ago(30), None)])


def _add_forwarded(draft: Draft, rng: Random, pairs: list[tuple[Sitter, Sitter]]) -> None:
    """Links opened by others than they were made for, and browsers that refuse to be known."""
    turn = iter(pairs)
    for case, count in FORWARDED.items():
        for _ in range(planted_count(count, draft.scale)):
            plant = _travelled if case == "travelled" else _forwarded
            plant(draft, rng, case, *next(turn))
    for _ in range(planted_count(REFUSED, draft.scale)):
        _refused(draft, rng, next(turn)[0])


def _forwarded(draft: Draft, rng: Random, case: str, to: Sitter, reader: Sitter) -> None:
    """The reader opens a colleague's link: long known there, or sending a form the same hour."""
    browser = new_browser(rng, (reader if case == "known_browser" else to).contact)
    diary = Diary(draft, rng, browser)
    if case == "known_browser":
        diary.form(reader, 100, reader.email)
    diary.open_link(to, 60, 6)
    if case == "answered":
        diary.form(reader, 60 - 1 / 24, reader.email)
    moment = diary.written[0].occurred_at
    spans: _Spans = [(reader, moment, None)]
    _remember(draft, "forwarded", browser.utk, browser.contact, spans)
    _plant(draft, "cookies_forwarded", case, browser.utk, browser.contact, spans, diary.written)


def _travelled(draft: Draft, rng: Random, case: str, to: Sitter, _other: Sitter) -> None:
    """One link in three browsers within hours: HubSpot takes them all for the recipient's."""
    for hours in range(3):
        browser = new_browser(rng, to.contact)
        diary = Diary(draft, rng, browser)
        diary.open_link(to, 50 - hours / 24, 4)
        _nobodys(draft, "travelled", case, browser.utk, to, diary.written)


def _refused(draft: Draft, rng: Random, sitter: Sitter) -> None:
    """A reader who sent a form and takes the consent back later."""
    browser = new_browser(rng, sitter.contact)
    diary = Diary(draft, rng, browser)
    diary.form(sitter, 90, sitter.email)
    diary.refuse(40)
    _nobodys(draft, "refused", "withdrawn", browser.utk, sitter, diary.written)


def _nobodys(
    draft: Draft, kind: str, case: str, utk: str, sitter: Sitter, events: list[WebEvent]
) -> None:
    draft.cookies.append(CookieTruth(utk, kind, sitter.contact, ((f"nobody-{utk[:6]}", None),)))
    ids = [event.id for event in events]
    draft.plant(f"cookies_{kind}", case, utk=utk, hubspot_contact=sitter.contact, events=ids)


def _add_emails(draft: Draft, rng: Random) -> None:
    contacts = [str(row["email"]) for row in draft.hubspot["contacts"] if row.get("email")]
    readers = rng.sample(contacts, len(contacts) * 2 // 3)
    counts = {"OPEN": OPENS_PER_SCALE, "CLICK": CLICKS_PER_SCALE}
    for kind, count in counts.items():
        for _ in range(round(count * draft.scale)):
            mail = rng.randrange(_MAILS)
            created = draft.ago(max(0.1, 175 - mail * 14 - rng.expovariate(0.7)))
            url = (
                f"{SITE}/products/{('flow', 'grid', 'care')[mail % 3]}" if kind == "CLICK" else None
            )
            id = f"{rng.getrandbits(96):024x}"
            draft.email_events.append(
                EmailEvent(id, kind, rng.choice(readers), created, 90_000 + mail, url)
            )
    draft.email_events.sort(key=lambda event: (event.created, event.id))


def _count(draft: Draft) -> None:
    """What HubSpot keeps on a contact about its events."""
    views: dict[str, list[datetime]] = {}
    forms: dict[str, list[datetime]] = {}
    for event in draft.events:
        kept = {VIEWED: views, SUBMITTED: forms}[event.event_type]
        kept.setdefault(event.contact_id, []).append(event.occurred_at)
    for row in draft.hubspot["contacts"]:
        id = str(row["id"])
        if id in views:
            row["hs_analytics_num_page_views"] = len(views[id])
            row["hs_analytics_first_timestamp"] = views[id][0]
            row["hs_analytics_last_timestamp"] = views[id][-1]
        if id in forms:
            row["num_conversion_events"] = len(forms[id])
            row["recent_conversion_date"] = forms[id][-1]


def form_names() -> dict[str, str]:
    """The forms of the site: id to name."""
    return {id: name for name, (id, _) in FORMS.items()}
