"""What each metric is counted from: its definition in words, its window, and the very rows.

The numbers themselves are measured in bulk next door; a test holds both to the same answer.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, FromClause, and_, func, or_, select, true

from playbook.measure.engaged import ENGAGED
from playbook.measure.windows import Windows
from staging.tables.entities import ENTITY_TABLES
from staging.tables.money import OWN_CUSTOM
from tasuki.values import Json

_ACCOUNT: Final = ENTITY_TABLES["account"]
_PERSON: Final = ENTITY_TABLES["person"]
_DEAL: Final = ENTITY_TABLES["opportunity"]
_SALE: Final = ENTITY_TABLES["sale"]
_CASE: Final = ENTITY_TABLES["case_"]
_EVENT: Final = ENTITY_TABLES["engagement"]
_ACTIVITY: Final = ENTITY_TABLES["activity"]
_CONTRACT: Final = ENTITY_TABLES["contract"]
_STAGE: Final = ENTITY_TABLES["stage_change"]
_SHOWN: Final = 5
When = Callable[[Windows], ColumnElement[bool]]


@dataclass(frozen=True, slots=True)
class Basis:
    """What one metric is counted from."""

    en: str
    ja: str
    table: Any
    by: Any
    """The column that names whose it is."""
    source: FromClause
    what: Any
    """The column that is added up, or whose greatest or least value it is."""
    when: When
    days: tuple[int | None, int] = (None, 0)
    """The window: from so many days ago (None: ever) until so many days ago."""


@dataclass(frozen=True, slots=True)
class Counted:
    """One row that counts."""

    ref: str
    value: Json


@dataclass(frozen=True, slots=True)
class Tally:
    """How a metric comes about for one entity."""

    definition: Mapping[str, str]
    since: str | None
    until: str
    count: int
    rows: tuple[Counted, ...]
    """The largest or newest few."""


def tally(db: Connection, entity: str, metric: str, id: str, windows: Windows) -> Tally:
    """The rows a metric was counted from, and by which definition."""
    basis = BASES.get((entity, metric))
    if basis is None:
        definition = RULES.get((entity, metric), {"en": "", "ja": ""})
        return Tally(definition, None, windows.at, 0, ())
    mine = and_(basis.by == id, basis.when(windows))
    count = db.scalar(select(func.count()).select_from(basis.source).where(mine)) or 0
    named = ("connection", "object", "record_id") if "record_id" in basis.table.c else ("id",)
    columns = [basis.table.c[name] for name in named]
    query = select(basis.what, *columns).select_from(basis.source).where(mine)
    found = db.execute(query.order_by(basis.what.desc().nulls_last(), *columns).limit(_SHOWN))
    rows = tuple(Counted(_ref(basis.table.name, rest), value) for value, *rest in found)
    since, until = basis.days
    return Tally(
        {"en": basis.en, "ja": basis.ja},
        windows.day(since) if since is not None else None,
        windows.day(until),
        count,
        rows,
    )


def _ref(table: str, parts: list[str | None]) -> str:
    return "/".join(part or "?" for part in (parts if len(parts) > 1 else (table, *parts)))


def _own(since: int | None, until: int = 0) -> When:
    """Sales of its own custom in a window."""
    on = _SALE.c.invoiced_on

    def when(windows: Windows) -> ColumnElement[bool]:
        begun = on > windows.day(since) if since is not None else true()
        return and_(OWN_CUSTOM, on <= windows.day(until), begun)

    return when


def _sales(en: str, ja: str, since: int | None, until: int = 0) -> Basis:
    source = _SALE.join(_ACCOUNT, _ACCOUNT.c.id == _SALE.c.account_id)
    when = _own(since, until)
    days = (since, until)
    return Basis(en, ja, _SALE, _SALE.c.account_id, source, _SALE.c.amount, when, days)


def _orders(en: str, ja: str) -> Basis:
    when = _own(None)
    source = _SALE.join(_ACCOUNT, _ACCOUNT.c.id == _SALE.c.account_id)
    return Basis(
        en, ja, _SALE, _SALE.c.account_id, source, _SALE.c.invoiced_on,
        lambda windows: and_(when(windows), _SALE.c.amount > 0),
    )  # fmt: skip


def _events(en: str, ja: str, of: str, kind: Callable[[], ColumnElement[bool]], days: int) -> Basis:
    by = _PERSON.c.account_id if of == "account" else _PERSON.c.id
    return Basis(
        en, ja, _EVENT, by, ENGAGED, _EVENT.c.occurred_at,
        lambda windows: and_(kind(), _EVENT.c.occurred_at > windows.instant(days)), (days, 0),
    )  # fmt: skip


def _engaged(of: str) -> dict[tuple[str, str], Basis]:
    seen = _EVENT.c.kind == "page_viewed"
    priced = and_(seen, _EVENT.c.interest_stage == "evaluation")
    by = _PERSON.c.account_id if of == "account" else _PERSON.c.id
    return {
        (of, "page_views_30d"): _events(
            "Pages viewed in the last 30 days.", "直近30日のページ閲覧。", of, lambda: seen, 30
        ),
        (of, "pricing_views_30d"): _events(
            "Pages about evaluation viewed in the last 30 days.",
            "直近30日に閲覧された検討段階のページ。", of, lambda: priced, 30,
        ),
        (of, "forms_90d"): _events(
            "Forms sent in the last 90 days.", "直近90日に送信されたフォーム。", of,
            lambda: _EVENT.c.kind == "form_submitted", 90,
        ),
        (of, "last_engaged_at"): Basis(
            "The newest thing anybody did.", "最も新しい反応。", _EVENT, by, ENGAGED,
            _EVENT.c.occurred_at, lambda _: true(),
        ),
    }  # fmt: skip


def _deals(en: str, ja: str, when: ColumnElement[bool]) -> Basis:
    amount = func.coalesce(_DEAL.c.amount, 0)
    return Basis(en, ja, _DEAL, _DEAL.c.account_id, _DEAL, amount, lambda _: when)


def _done(windows: Windows) -> ColumnElement[bool]:
    held = or_(_ACTIVITY.c.is_done.is_(True), _ACTIVITY.c.kind != "task")
    return and_(windows.at >= _TOUCHED, held)


_TOUCHED: Final = func.coalesce(_ACTIVITY.c.due_at, _ACTIVITY.c.created_at)

BASES: Final[Mapping[tuple[str, str], Basis]] = {
    ("account", "revenue_total"): _sales(
        "Net amounts of its own custom; credit notes taken off, nothing dated ahead.",
        "自社購入分の純額。返品は差し引き、先日付は含みません。", None,
    ),
    ("account", "revenue_365d"): _sales(
        "Net amounts of its own custom in the last 365 days.", "直近365日の自社購入分の純額。", 365
    ),
    ("account", "revenue_90d"): _sales(
        "Net amounts of its own custom in the last 90 days.", "直近90日の自社購入分の純額。", 90
    ),
    ("account", "revenue_prev_90d"): _sales(
        "Net amounts of its own custom in the 90 days before the last 90.",
        "その前の90日の自社購入分の純額。", 180, 90,
    ),
    ("account", "billed_total"): Basis(
        "What was billed to it, for itself or for others.", "自社・他社分を問わず請求された額。",
        _SALE, _SALE.c.billed_account_id, _SALE, _SALE.c.amount,
        lambda windows: _SALE.c.invoiced_on <= windows.today,
    ),
    ("account", "orders"): _orders(
        "Different invoices with a positive line.", "正の明細を持つ伝票の数。"
    ),
    ("account", "first_order_on"): _orders("The oldest order.", "最も古い受注。"),
    ("account", "last_order_on"): _orders("The newest order.", "最も新しい受注。"),
    ("account", "next_renewal_on"): Basis(
        "The next renewal among each product's latest contract.",
        "製品ごとの最新契約のうち次の更新日。", _CONTRACT, _CONTRACT.c.account_id, _CONTRACT,
        _CONTRACT.c.renews_on, lambda windows: _CONTRACT.c.renews_on >= windows.today,
    ),
    ("account", "open_opportunities"): _deals(
        "Opportunities that are not closed.", "クローズしていない商談。",
        _DEAL.c.is_closed.is_(False),
    ),
    ("account", "won_opportunities"): _deals(
        "Opportunities that were won.", "成立した商談。", _DEAL.c.is_won.is_(True)
    ),
    ("account", "open_complaints"): Basis(
        "Open inquiries of the kind complaint.", "未解決の苦情ケース。", _CASE,
        _CASE.c.account_id, _CASE, _CASE.c.opened_at,
        lambda _: and_(_CASE.c.is_closed.is_(False), func.lower(_CASE.c.kind) == "complaint"),
    ),
    ("account", "people"): Basis(
        "People whose account it is.", "所属する人物。", _PERSON, _PERSON.c.account_id, _PERSON,
        _PERSON.c.id, lambda _: true(),
    ),
    ("account", "active_prospects"): _events(
        "Different people with a linked cookie in the last 90 days.",
        "直近90日に Cookie が紐付いた人物の数。", "account",
        lambda: _EVENT.c.visitor.is_not(None), 90,
    ),
    ("account", "last_touched_at"): Basis(
        "The newest task done or meeting held.", "最も新しい完了済み ToDo または実施済み面談。",
        _ACTIVITY, _ACTIVITY.c.account_id, _ACTIVITY, _TOUCHED, _done,
    ),
    ("person", "email_clicks_90d"): _events(
        "E-mail links clicked in the last 90 days.", "直近90日のメールクリック。", "person",
        lambda: _EVENT.c.kind == "email_clicked", 90,
    ),
    ("opportunity", "last_activity_at"): Basis(
        "The newest task done or meeting held.", "最も新しい完了済み ToDo または実施済み面談。",
        _ACTIVITY, _ACTIVITY.c.opportunity_id, _ACTIVITY, _TOUCHED, _done,
    ),
    ("opportunity", "last_stage_change_at"): Basis(
        "When the stage last became another one.", "フェーズが最後に変わった日時。",
        _STAGE, _STAGE.c.opportunity_id, _STAGE, _STAGE.c.changed_at, lambda _: true(),
    ),
    **_engaged("account"),
    **_engaged("person"),
}  # fmt: skip
"""(entity, metric) → what it is counted from."""

RULES: Final[Mapping[tuple[str, str], Mapping[str, str]]] = {
    ("account", "is_customer"): {
        "en": "It has an order, a won opportunity or a contract, or a CRM marks it as a customer.",
        "ja": "受注・成立商談・契約のいずれかがあるか、CRM で顧客と記載されています。",
    },
    ("account", "touched_30d"): {
        "en": "It was last touched in the last 30 days.",
        "ja": "最終接触が直近30日以内です。",
    },
    ("person", "has_cookie"): {
        "en": "One of the person's events has a linked cookie.",
        "ja": "本人のイベントに Cookie が紐付いています。",
    },
    ("opportunity", "next_activity_at"): {
        "en": "The next activity planned by a person.",
        "ja": "人が予定した次の活動。",
    },
    ("opportunity", "idle_days"): {
        "en": "Days since it was created, moved or worked on, while it is open.",
        "ja": "進行中の商談が作成・変更・対応されてからの日数。",
    },
}
"""Metrics that follow from others rather than from rows."""
