"""The business's words: every entity and field, with type, unit and meaning in both languages.

Tables, mapping checks, expressions, docs and console labels are all made from this one list.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class Type(StrEnum):
    """The types a value can have, in the store and in expressions."""

    TEXT = "text"
    INT = "int"
    NUM = "num"
    """Decimal in Python, NUMERIC on PostgreSQL, REAL on SQLite."""
    BOOL = "bool"
    DATE = "date"
    TIME = "datetime"
    """An instant, UTC."""
    REF = "ref"
    """The id of another entity."""


class Grain(StrEnum):
    """How records become rows of an entity."""

    MERGED = "merged"
    """Several records of several systems become one row, field by field."""
    COPIED = "copied"
    """One record becomes one row."""


@dataclass(frozen=True, slots=True)
class Field:
    """One field of an entity."""

    name: str
    type: Type
    en: str
    ja: str
    to: str | None = None
    """The entity a REF points at."""
    unit: str = ""
    personal: bool = False
    """A person's value: never logged."""


@dataclass(frozen=True, slots=True)
class Entity:
    """One kind of thing the business speaks about."""

    name: str
    en: str
    ja: str
    grain: Grain
    fields: tuple[Field, ...]
    metrics: tuple[Field, ...] = ()
    """Numbers measured over events, sales and activities; one generated column each."""

    def field(self, name: str) -> Field | None:
        """The field or metric of that name."""
        return next((f for f in (*self.fields, *self.metrics) if f.name == name), None)

    def refs(self) -> Iterator[Field]:
        """The fields that point at other entities."""
        return (f for f in self.fields if f.type is Type.REF)


def _text(name: str, en: str, ja: str, *, personal: bool = False) -> Field:
    return Field(name, Type.TEXT, en, ja, personal=personal)


def _num(name: str, en: str, ja: str, unit: str = "") -> Field:
    return Field(name, Type.NUM, en, ja, unit=unit)


def _int(name: str, en: str, ja: str, unit: str = "") -> Field:
    return Field(name, Type.INT, en, ja, unit=unit)


def _bool(name: str, en: str, ja: str) -> Field:
    return Field(name, Type.BOOL, en, ja)


def _date(name: str, en: str, ja: str) -> Field:
    return Field(name, Type.DATE, en, ja)


def _time(name: str, en: str, ja: str) -> Field:
    return Field(name, Type.TIME, en, ja)


def _ref(name: str, to: str, en: str, ja: str) -> Field:
    return Field(name, Type.REF, en, ja, to=to)


_OWNER: Final = _ref("owner_id", "user_", "owner", "所有者")
_ACCOUNT: Final = _ref("account_id", "account", "account", "取引先")
_PERSON: Final = _ref("person_id", "person", "person", "人物")
_OPPORTUNITY: Final = _ref("opportunity_id", "opportunity", "opportunity", "商談")

ACCOUNT: Final = Entity(
    "account",
    "account",
    "取引先",
    Grain.MERGED,
    (
        _text("name", "name", "取引先名"),
        _text("name_kana", "name in kana", "フリガナ"),
        _text("corporate_number", "corporate number", "法人番号"),
        _text("customer_code", "customer code", "得意先コード"),
        _text("domain", "web domain", "ドメイン"),
        _text("phone", "phone", "電話番号"),
        _text("city", "city", "市区町村"),
        _text("industry", "industry", "業種"),
        _int("employees", "employees", "従業員数"),
        _bool("is_partner", "is a partner", "パートナーである"),
        _bool("is_marked_customer", "is marked as a customer", "顧客と記載されている"),
        _OWNER,
    ),
    (
        _bool("is_customer", "is a customer", "顧客である"),
        _num("revenue_total", "revenue, all time", "累計売上", "JPY"),
        _num("revenue_365d", "revenue, last 365 days", "直近365日売上", "JPY"),
        _num("revenue_90d", "revenue, last 90 days", "直近90日売上", "JPY"),
        _num("revenue_prev_90d", "revenue, the 90 days before", "その前の90日の売上", "JPY"),
        _int("orders", "orders", "受注回数"),
        _date("first_order_on", "first order", "初回受注日"),
        _date("last_order_on", "last order", "最終受注日"),
        _date("next_renewal_on", "next renewal", "次回更新日"),
        _int("open_opportunities", "open opportunities", "進行中の商談数"),
        _int("won_opportunities", "won opportunities", "受注商談数"),
        _int("open_complaints", "open complaints", "未解決の苦情"),
        _int("people", "known people", "既知の人数"),
        _int("active_prospects", "people with a linked cookie, 90 days", "直近90日の既知訪問者数"),
        _int("page_views_30d", "page views, last 30 days", "直近30日ページ閲覧数"),
        _int("pricing_views_30d", "pricing views, last 30 days", "直近30日価格ページ閲覧数"),
        _int("forms_90d", "forms sent, last 90 days", "直近90日フォーム送信数"),
        _time("last_engaged_at", "last engagement", "最終反応日時"),
        _time("last_touched_at", "last touched by us", "最終接触日時"),
        _bool("touched_30d", "touched in the last 30 days", "30日以内に接触した"),
    ),
)

PERSON: Final = Entity(
    "person",
    "person",
    "人物",
    Grain.MERGED,
    (
        _text("email", "e-mail", "メールアドレス", personal=True),
        _text("family_name", "family name", "姓", personal=True),
        _text("given_name", "given name", "名", personal=True),
        _text("phone", "phone", "電話番号", personal=True),
        _text("title", "title", "役職"),
        _text("role", "role in the purchase", "購買での役割"),
        _text("lifecycle", "lifecycle stage", "ライフサイクルステージ"),
        _text("company_name", "company as written", "会社名（記載）"),
        _bool("opted_out", "opted out of e-mail", "メール配信停止"),
        _ACCOUNT,
        _OWNER,
    ),
    (
        _int("page_views_30d", "page views, last 30 days", "直近30日ページ閲覧数"),
        _int("pricing_views_30d", "pricing views, last 30 days", "直近30日価格ページ閲覧数"),
        _int("forms_90d", "forms sent, last 90 days", "直近90日フォーム送信数"),
        _int("email_clicks_90d", "e-mail clicks, last 90 days", "直近90日メールクリック数"),
        _time("last_engaged_at", "last engagement", "最終反応日時"),
        _bool("has_cookie", "has a linked cookie", "Cookie 紐付けあり"),
    ),
)

OPPORTUNITY: Final = Entity(
    "opportunity",
    "opportunity",
    "商談",
    Grain.MERGED,
    (
        _text("name", "name", "商談名"),
        _text("stage", "stage", "フェーズ"),
        _num("amount", "amount", "金額", "JPY"),
        _date("close_date", "close date", "完了予定日"),
        _bool("is_closed", "is closed", "クローズ済み"),
        _bool("is_won", "is won", "成立"),
        _text("product", "product", "製品"),
        _text("salesforce_id", "Salesforce id", "Salesforce ID"),
        _time("created_at", "created", "作成日時"),
        _ACCOUNT,
        _OWNER,
    ),
    (
        _time("last_activity_at", "last activity", "最終活動日時"),
        _time("last_stage_change_at", "last stage change", "最終フェーズ変更日時"),
        _time("next_activity_at", "next planned activity", "次の予定日時"),
        _int("idle_days", "days without activity", "停滞日数", "days"),
    ),
)

NEED: Final = Entity(
    "need",
    "need",
    "ニーズ",
    Grain.MERGED,
    (
        _ACCOUNT,
        _PERSON,
        _OPPORTUNITY,
        _text("product", "product", "製品"),
        _int("confidence", "confidence 1–5", "案件確度"),
        _text("team", "team that holds it", "担当チーム"),
        _text("state", "state", "状態"),
        _OWNER,
        _time("opened_at", "opened", "開始日時"),
        _time("since", "in this team's hands since", "現チーム開始日時"),
        _bool("waiting", "waits for its season", "時期待ち"),
    ),
)

USER: Final = Entity(
    "user_",
    "user",
    "ユーザー",
    Grain.MERGED,
    (
        _text("email", "e-mail", "メールアドレス", personal=True),
        _text("name", "name", "氏名", personal=True),
        _text("team", "team", "チーム"),
        _bool("is_active", "is active", "有効"),
    ),
)

COPIED: Final = (
    Entity(
        "opportunity_line",
        "opportunity line",
        "商談商品",
        Grain.COPIED,
        (
            _OPPORTUNITY,
            _text("product", "product", "製品"),
            _num("quantity", "quantity", "数量"),
            _num("amount", "amount", "金額", "JPY"),
        ),
    ),
    Entity(
        "contact_role",
        "contact role",
        "取引先責任者の役割",
        Grain.COPIED,
        (
            _OPPORTUNITY,
            _PERSON,
            _text("role", "role", "役割"),
            _bool("is_primary", "primary", "主"),
        ),
    ),
    Entity(
        "stage_change",
        "stage change",
        "フェーズ変更",
        Grain.COPIED,
        (
            _OPPORTUNITY,
            _text("stage", "stage", "フェーズ"),
            _num("amount", "amount", "金額", "JPY"),
            _time("changed_at", "changed", "変更日時"),
        ),
    ),
    Entity(
        "activity",
        "activity",
        "活動",
        Grain.COPIED,
        (
            _text("kind", "kind", "種別"),
            _text("subject", "subject", "件名"),
            _text("status", "status", "状況"),
            _bool("is_done", "is done", "完了"),
            _time("due_at", "due or held", "期日・日時"),
            _time("created_at", "created", "作成日時"),
            _text("tasuki_key", "Tasuki key", "Tasuki キー"),
            _ACCOUNT,
            _PERSON,
            _OPPORTUNITY,
            _OWNER,
        ),
    ),
    Entity(
        "case_",
        "inquiry",
        "ケース",
        Grain.COPIED,
        (
            _text("subject", "subject", "件名"),
            _text("kind", "kind", "種別"),
            _bool("is_closed", "is closed", "クローズ済み"),
            _time("opened_at", "opened", "発生日時"),
            _ACCOUNT,
            _PERSON,
        ),
    ),
    Entity(
        "product",
        "product",
        "製品",
        Grain.COPIED,
        (_text("sku", "SKU", "商品コード"), _text("name", "name", "製品名")),
    ),
    Entity(
        "sale",
        "sale",
        "売上",
        Grain.COPIED,
        (
            _ACCOUNT,
            _text("invoice_no", "invoice", "伝票番号"),
            _date("invoiced_on", "invoiced on", "売上日"),
            _text("customer_code", "customer code", "得意先コード"),
            _text("customer_name", "customer name", "得意先名"),
            _text("corporate_number", "corporate number", "法人番号"),
            _text("product", "product", "製品"),
            _num("quantity", "quantity", "数量"),
            _num("amount", "amount", "金額", "JPY"),
            _text("currency", "currency", "通貨"),
        ),
    ),
    Entity(
        "contract",
        "contract",
        "契約",
        Grain.COPIED,
        (
            _ACCOUNT,
            _text("customer_code", "customer code", "得意先コード"),
            _text("product", "product", "製品"),
            _date("started_on", "started on", "開始日"),
            _date("renews_on", "renews on", "更新日"),
            _date("installed_on", "installed on", "導入日"),
            _num("annual_amount", "annual amount", "年額", "JPY"),
        ),
    ),
    Entity(
        "engagement",
        "engagement",
        "反応",
        Grain.COPIED,
        (
            _text("kind", "kind", "種別"),
            _time("occurred_at", "occurred", "発生日時"),
            _text("visitor", "visitor (cookie)", "訪問者（Cookie）"),
            _text("session", "session", "セッション"),
            _text("url", "URL", "URL"),
            _text("topic", "topic", "内容"),
            _text("product", "product", "製品"),
            _text("interest_stage", "interest stage", "関心段階"),
            _text("interest", "interest rule that tagged it", "適用された関心ルール"),
            _text("email", "e-mail given", "入力メール", personal=True),
            _PERSON,
        ),
    ),
    Entity(
        "campaign",
        "campaign",
        "キャンペーン",
        Grain.COPIED,
        (_text("name", "name", "キャンペーン名"), _text("status", "status", "状況")),
    ),
    Entity(
        "campaign_member",
        "campaign member",
        "キャンペーンメンバー",
        Grain.COPIED,
        (
            _ref("campaign_id", "campaign", "campaign", "キャンペーン"),
            _PERSON,
            _text("status", "status", "状況"),
            _bool("has_responded", "has responded", "反応あり"),
        ),
    ),
)

ENTITIES: Final = MappingProxyType(
    {entity.name: entity for entity in (ACCOUNT, PERSON, OPPORTUNITY, NEED, USER, *COPIED)}
)
