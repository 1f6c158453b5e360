"""People are told when something changes its state, once, and again when it is over.

Told are: records nobody tries any more, a plan that a guard holds, a field that is not written
because somebody sets it back, a connection that nobody may call or that does not answer. What was
told stands in the store, so that a restart says nothing twice; what could not be sent is sent next
time. Messages hold counts, causes and refs, never a person's values.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

import structlog
from apprise import Apprise
from sqlalchemy import Connection

from config.project import Project
from config.secrets import resolve
from staging import runs
from staging.systems import alerts as rows
from staging.systems import states
from staging.systems.alerts import Told
from staging.write import parking, rivals
from staging.write.parking import Which
from sync.budget.gate import TOLERATED
from tasuki.errors import ConfigError
from tasuki.service.app import App

LOG: Final = structlog.get_logger("tasuki.alerts")
PLAN: Final = "plan"
"""The topic of a plan that is held."""


class Level(StrEnum):
    """How bad it is."""

    OK = "ok"
    WARNING = "warning"
    CRITICAL = "critical"


@dataclass(frozen=True, slots=True)
class News:
    """One thing as it is now, to be told once."""

    topic: str
    level: Level
    what: str
    why: str = ""
    mark: str | None = None
    """What it is about: something newer of the same topic is told again."""


Send = Callable[[str, str, Level], bool]
"""Sends a title and a text; whether they arrived everywhere."""


def tell(app: App, held: Sequence[str] | None = None, send: Send | None = None) -> int:
    """Tell what changed since it was last told; how many messages went out.

    `held` is why guards hold (a part of) the plan, empty when none does; None leaves it as it was.
    """
    if not app.project.alerts:
        return 0
    with app.store.reading() as db:
        news = changed(_now(app, db, held), rows.told(db), known=held is not None)
    send = send or (sender(app.project) if news else None)
    return sum(_told(app, each, send) for each in news) if send else 0


def changed(
    found: Mapping[str, News], told: Mapping[str, Told], *, known: bool = True
) -> list[News]:
    """What was not told yet as it is now; without `known` nothing is known of the plan."""
    fresh = [each for topic, each in found.items() if _is_news(each, told.get(topic))]
    over = [t for t in told if t not in found and (known or t != PLAN)]
    return [*fresh, *(News(topic, Level.OK, topic) for topic in sorted(over))]


def _is_news(now: News, told: Told | None) -> bool:
    if told is None or told.level != now.level:
        return True
    return now.mark is not None and now.mark > (told.mark or "")


def check(app: App) -> None:
    """Errors: ConfigError with its place when an address of `alerts` cannot be understood."""
    if app.project.alerts:
        sender(app.project)


def sender(project: Project) -> Send:
    """Sends through Apprise. Errors: ConfigError where a URL is not understood."""
    urls = resolve(
        list(project.alerts), project.document, project.environment, project.folder, ("alerts",)
    )
    box = Apprise()
    for position, url in enumerate(urls):
        if not box.add(url):
            raise ConfigError(
                "An address of `alerts` cannot be understood",
                where=project.document.value_place(("alerts", position)),
                why="it is no URL that Apprise knows",
                remedy="Write it as Apprise does, such as json://host/path or slack://….",
            )
    kinds = {Level.OK: "success", Level.WARNING: "warning", Level.CRITICAL: "failure"}
    return lambda title, body, level: bool(
        box.notify(title=title, body=body, notify_type=kinds[level])
    )


def _told(app: App, news: News, send: Send) -> bool:
    """Send one message, outside of every transaction, and remember that it went out."""
    words = _WORDS[app.project.language if app.project.language in _WORDS else "en"]
    title = f"[{app.project.name}] {words[news.level]}: {news.what}"
    if not send(title, news.why or words["over"], news.level):
        LOG.warning("alerts.not_sent", topic=news.topic, level=news.level.value)
        return False
    with app.store.writing() as db:
        if news.level is Level.OK:
            rows.forget(db, [news.topic])
        else:
            rows.keep(db, Told(news.topic, news.level.value, news.mark, app.tools.now()))
    LOG.info("alerts.sent", topic=news.topic, level=news.level.value)
    return True


def _now(app: App, db: Connection, held: Sequence[str] | None) -> dict[str, News]:
    """Everything that is not as it should be, by topic."""
    words = _WORDS[app.project.language if app.project.language in _WORDS else "en"]
    found = [*_connections(app, db, words), *_dead(db, words), *_loops(db, words)]
    if held:
        found.append(News(PLAN, Level.WARNING, words["held"], "\n".join(held)))
    return {each.topic: each for each in found}


def _connections(app: App, db: Connection, words: Mapping[str, str]) -> Iterator[News]:
    last = next(iter(runs.latest(db, 1, "run")), None)
    stopped: Mapping[str, Any] = (last.counts.get("stopped") or {}) if last else {}
    for name in app.project.connections:
        state, topic = states.read(db, name), f"connection:{name}"
        errors = [error["what"] for kind, error in stopped.items() if _is_of(kind, name)]
        if (state.failures or 0) >= TOLERATED:
            why = words["failing"].format(n=state.failures, why=state.last_error or "")
            yield News(topic, Level.CRITICAL, words["closed"].format(name=name), why)
        elif state.paused_at is not None:
            why = words["paused_why"].format(at=state.paused_at[:16], name=name)
            yield News(topic, Level.WARNING, words["paused"].format(name=name), why)
        elif errors:
            yield News(topic, Level.WARNING, words["stopped"].format(name=name), errors[0])


def _is_of(kind: str, connection: str) -> bool:
    return kind.partition("/")[0] == connection


def _dead(db: Connection, words: Mapping[str, str]) -> Iterator[News]:
    by_object: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for cause in parking.open_causes(db, Which(states=("dead",))):
        by_object[f"{cause['connection']}/{cause['object']}"].append(cause)
    for name, causes in sorted(by_object.items()):
        n = sum(cause["count"] for cause in causes)
        lines = [f"{c['count']:,}: {c['reason']} ({c['place'] or '-'}). {c['fix']}" for c in causes]
        what = words["dead"].format(n=f"{n:,}", name=name)
        why, mark = "\n".join([*lines, words["retry"]]), max(cause["last"] for cause in causes)
        yield News(f"parked:{name}", Level.CRITICAL, what, why, mark)


def _loops(db: Connection, words: Mapping[str, str]) -> Iterator[News]:
    for (connection, object_, field), n in sorted(rivals.paused_fields(db).items()):
        name = f"{connection}/{object_}.{field}"
        why = words["loop_why"].format(n=f"{n:,}")
        yield News(f"loop:{name}", Level.WARNING, words["loop"].format(name=name), why)


_WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "en": {
        "ok": "over",
        "warning": "warning",
        "critical": "critical",
        "over": "It is as it should be again.",
        "held": "a plan is held",
        "closed": "nothing passes on {name}",
        "failing": "{n} calls in a row failed: {why}",
        "paused": "{name} is paused",
        "paused_why": "Paused at {at} UTC; `tasuki resume {name}` lets it go on.",
        "stopped": "{name} could not be read to its end",
        "dead": "{n} writes to {name} were refused too often",
        "retry": "`tasuki park list` shows them, `tasuki retry` tries again.",
        "loop": "{name} is not written any more",
        "loop_why": "Somebody set it back again and again, on {n} records: `tasuki rivals`.",
    },
    "ja": {
        "ok": "解消",
        "warning": "警告",
        "critical": "重大",
        "over": "正常に戻りました。",
        "held": "反映前プレビューが止まっています",
        "closed": "{name} に接続できません",
        "failing": "連続 {n} 回の呼び出しが失敗: {why}",
        "paused": "{name} は一時停止中です",
        "paused_why": "{at} UTC に一時停止。`tasuki resume {name}` で再開できます。",
        "stopped": "{name} を最後まで読み取れませんでした",
        "dead": "{name} への書き込み {n} 件が繰り返し拒否されました",
        "retry": "`tasuki park list` で確認し、`tasuki retry` で再試行できます。",
        "loop": "{name} への書き込みを止めました",
        "loop_why": "{n} レコードで値が繰り返し戻されています: `tasuki rivals`。",
    },
}
