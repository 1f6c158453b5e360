"""The business's words: every entity and field, with type, unit and meaning in both languages.

Tables, mapping checks, expressions, docs and console labels are all made from this one list.
"""

from types import MappingProxyType
from typing import Final

from catalog.shape import Entity, Grain, day, flag, instant, num, ref, text, whole

_OWNER: Final = ref("owner_id", "user_", "owner", "所有者")
_ACCOUNT: Final = ref("account_id", "account", "account", "取引先")
_PERSON: Final = ref("person_id", "person", "person", "人物")
_OPPORTUNITY: Final = ref("opportunity_id", "opportunity", "opportunity", "商談")

ACCOUNT: Final = Entity(
    "account",
    "account",
    "取引先",
    Grain.MERGED,
    (
        text("name", "name", "取引先名"),
        text("name_kana", "name in kana", "フリガナ"),
        text("corporate_number", "corporate number", "法人番号"),
        text("customer_code", "customer code", "得意先コード"),
        text("domain", "web domain", "ドメイン"),
        text("phone", "phone", "電話番号"),
        text("city", "city", "市区町村"),
        text("industry", "industry", "業種"),
        whole("employees", "employees", "従業員数"),
        flag("is_partner", "is a partner", "パートナーである"),
        flag("is_marked_customer", "is marked as a customer", "顧客と記載されている"),
        ref("parent_id", "account", "parent account", "親取引先"),
        _OWNER,
    ),
    (
        flag("is_customer", "is a customer", "顧客である"),
        num("revenue_total", "revenue, all time", "累計売上", "JPY"),
        num("revenue_365d", "revenue, last 365 days", "直近365日売上", "JPY"),
        num("revenue_90d", "revenue, last 90 days", "直近90日売上", "JPY"),
        num("revenue_prev_90d", "revenue, the 90 days before", "その前の90日の売上", "JPY"),
        num("billed_total", "billed to it, all time", "累計請求額", "JPY"),
        whole("orders", "orders", "受注回数"),
        day("first_order_on", "first order", "初回受注日"),
        day("last_order_on", "last order", "最終受注日"),
        day("next_renewal_on", "next renewal", "次回更新日"),
        whole("open_opportunities", "open opportunities", "進行中の商談数"),
        whole("won_opportunities", "won opportunities", "受注商談数"),
        whole("open_complaints", "open complaints", "未解決の苦情"),
        whole("people", "known people", "既知の人数"),
        whole("active_prospects", "people with a linked cookie, 90 days", "直近90日の既知訪問者数"),
        whole("page_views_30d", "page views, last 30 days", "直近30日ページ閲覧数"),
        whole("pricing_views_30d", "pricing views, last 30 days", "直近30日価格ページ閲覧数"),
        whole("forms_90d", "forms sent, last 90 days", "直近90日フォーム送信数"),
        instant("last_engaged_at", "last engagement", "最終反応日時"),
        instant("last_touched_at", "last touched by us", "最終接触日時"),
        flag("touched_30d", "touched in the last 30 days", "30日以内に接触した"),
    ),
)

PERSON: Final = Entity(
    "person",
    "person",
    "人物",
    Grain.MERGED,
    (
        text("email", "e-mail", "メールアドレス", personal=True),
        text("family_name", "family name", "姓", personal=True),
        text("given_name", "given name", "名", personal=True),
        text("phone", "phone", "電話番号", personal=True),
        text("title", "title", "役職"),
        text("department", "department as written", "部署名（記載）"),
        text("role", "role in the purchase", "購買での役割"),
        text("lifecycle", "lifecycle stage", "ライフサイクルステージ"),
        text("company_name", "company as written", "会社名（記載）"),
        flag("opted_out", "opted out of e-mail", "メール配信停止"),
        text("acquired_from", "acquired from", "取得元"),
        day("acquired_on", "acquired on", "取得日"),
        _ACCOUNT,
        ref("org_unit_id", "org_unit", "department or site", "部署・拠点"),
        _OWNER,
    ),
    (
        whole("page_views_30d", "page views, last 30 days", "直近30日ページ閲覧数"),
        whole("pricing_views_30d", "pricing views, last 30 days", "直近30日価格ページ閲覧数"),
        whole("forms_90d", "forms sent, last 90 days", "直近90日フォーム送信数"),
        whole("email_clicks_90d", "e-mail clicks, last 90 days", "直近90日メールクリック数"),
        instant("last_engaged_at", "last engagement", "最終反応日時"),
        flag("has_cookie", "has a linked cookie", "Cookie 紐付けあり"),
    ),
)

ORG_UNIT: Final = Entity(
    "org_unit",
    "department or site",
    "部署・拠点",
    Grain.MERGED,
    (
        text("name", "name", "名称"),
        text("kind", "kind: department or site", "種別"),
        text("city", "city", "市区町村"),
        _ACCOUNT,
    ),
)

OPPORTUNITY: Final = Entity(
    "opportunity",
    "opportunity",
    "商談",
    Grain.MERGED,
    (
        text("name", "name", "商談名"),
        text("stage", "stage", "フェーズ"),
        num("amount", "amount", "金額", "JPY"),
        day("close_date", "close date", "完了予定日"),
        flag("is_closed", "is closed", "クローズ済み"),
        flag("is_won", "is won", "成立"),
        text("product", "product", "製品"),
        text("salesforce_id", "Salesforce id", "Salesforce ID"),
        instant("created_at", "created", "作成日時"),
        _ACCOUNT,
        _OWNER,
    ),
    (
        instant("last_activity_at", "last activity", "最終活動日時"),
        instant("last_stage_change_at", "last stage change", "最終フェーズ変更日時"),
        instant("next_activity_at", "next planned activity", "次の予定日時"),
        whole("idle_days", "days without activity", "停滞日数", "days"),
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
        text("product", "product", "製品"),
        whole("confidence", "confidence 1–5", "案件確度"),
        text("team", "team that holds it", "担当チーム"),
        text("state", "state", "状態"),
        _OWNER,
        instant("opened_at", "opened", "開始日時"),
        instant("since", "in this team's hands since", "現チーム開始日時"),
        flag("waiting", "waits for its season", "時期待ち"),
    ),
)

USER: Final = Entity(
    "user_",
    "user",
    "ユーザー",
    Grain.MERGED,
    (
        text("email", "e-mail", "メールアドレス", personal=True),
        text("name", "name", "氏名", personal=True),
        text("team", "team", "チーム"),
        text("language", "language", "言語"),
        flag("is_active", "is active", "有効"),
    ),
)

FURTHER: Final = (
    Entity(
        "opportunity_line",
        "opportunity line",
        "商談商品",
        Grain.COPIED,
        (
            _OPPORTUNITY,
            text("product", "product", "製品"),
            num("quantity", "quantity", "数量"),
            num("amount", "amount", "金額", "JPY"),
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
            text("role", "role", "役割"),
            flag("is_primary", "primary", "主"),
        ),
    ),
    Entity(
        "stage_change",
        "stage change",
        "フェーズ変更",
        Grain.COPIED,
        (
            _OPPORTUNITY,
            text("stage", "stage", "フェーズ"),
            num("amount", "amount", "金額", "JPY"),
            instant("changed_at", "changed", "変更日時"),
        ),
    ),
    Entity(
        "activity",
        "activity",
        "活動",
        Grain.MERGED,
        (
            text("kind", "kind", "種別"),
            text("subject", "subject", "件名", personal=True),
            text("status", "status", "状況"),
            flag("is_done", "is done", "完了"),
            instant("due_at", "due or held", "期日・日時"),
            instant("ends_at", "ends", "終了日時"),
            instant("created_at", "created", "作成日時"),
            text("tasuki_key", "Tasuki key", "Tasuki キー"),
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
        Grain.MERGED,
        (
            text("subject", "subject", "件名", personal=True),
            text("kind", "kind", "種別"),
            text("status", "status", "状況"),
            text("priority", "priority", "優先度"),
            flag("is_closed", "is closed", "クローズ済み"),
            instant("opened_at", "opened", "発生日時"),
            text("tasuki_key", "Tasuki key", "Tasuki キー"),
            _ACCOUNT,
            _PERSON,
        ),
    ),
    Entity(
        "product",
        "product",
        "製品",
        Grain.MERGED,
        (
            text("sku", "SKU", "商品コード"),
            text("name", "name", "製品名"),
            text("description", "description", "説明"),
            flag("is_active", "is active", "有効"),
        ),
    ),
    Entity(
        "sale",
        "sale",
        "売上",
        Grain.COPIED,
        (
            _ACCOUNT,
            text("invoice_no", "invoice", "伝票番号"),
            day("invoiced_on", "invoiced on", "売上日"),
            text("customer_code", "customer code", "得意先コード"),
            text("customer_name", "customer name", "得意先名"),
            text("corporate_number", "corporate number", "法人番号"),
            text("end_user_code", "end user's code", "エンドユーザーコード"),
            text("end_user_name", "end user's name", "エンドユーザー名"),
            ref("billed_account_id", "account", "billed account", "請求先"),
            ref("delivered_account_id", "account", "delivered account", "納品先"),
            day("paid_on", "paid on", "入金日"),
            text("product", "product", "製品"),
            num("quantity", "quantity", "数量"),
            num("amount", "amount", "金額", "JPY"),
            text("currency", "currency", "通貨"),
        ),
    ),
    Entity(
        "contract",
        "contract",
        "契約",
        Grain.COPIED,
        (
            _ACCOUNT,
            text("customer_code", "customer code", "得意先コード"),
            text("product", "product", "製品"),
            day("started_on", "started on", "開始日"),
            day("renews_on", "renews on", "更新日"),
            day("installed_on", "installed on", "導入日"),
            num("annual_amount", "annual amount", "年額", "JPY"),
        ),
    ),
    Entity(
        "engagement",
        "engagement",
        "反応",
        Grain.COPIED,
        (
            text("kind", "kind", "種別"),
            instant("occurred_at", "occurred", "発生日時"),
            text("visitor", "visitor (cookie)", "訪問者（Cookie）"),
            text("session", "session", "セッション"),
            text("url", "URL", "URL"),
            text("topic", "topic", "内容"),
            text("product", "product", "製品"),
            text("interest_stage", "interest stage", "関心段階"),
            text("interest", "interest rule that tagged it", "適用された関心ルール"),
            text("email", "e-mail given", "入力メール", personal=True),
            text("recipient", "to whom the link was sent", "リンク送信先", personal=True),
            text("user_agent", "browser", "ブラウザー"),
            flag("consent", "consented to tracking", "トラッキング同意"),
            flag("filtered", "filtered by its system", "元システムで除外"),
            text("issuer", "domain that issued the cookie", "Cookie 発行ドメイン"),
            _PERSON,
            text("said_person_id", "person its system named", "元システムが示す人物"),
            text("ignored", "why it does not count", "集計対象外の理由"),
        ),
    ),
    Entity(
        "campaign",
        "campaign",
        "キャンペーン",
        Grain.COPIED,
        (text("name", "name", "キャンペーン名"), text("status", "status", "状況")),
    ),
    Entity(
        "campaign_member",
        "campaign member",
        "キャンペーンメンバー",
        Grain.COPIED,
        (
            ref("campaign_id", "campaign", "campaign", "キャンペーン"),
            _PERSON,
            text("status", "status", "状況"),
            flag("has_responded", "has responded", "反応あり"),
        ),
    ),
)

ENTITIES: Final = MappingProxyType(
    {
        entity.name: entity
        for entity in (ACCOUNT, ORG_UNIT, PERSON, OPPORTUNITY, NEED, USER, *FURTHER)
    }
)
