"""Rules in plain words, as managers read them, in both languages."""

from __future__ import annotations

import pytest

from catalog.expression.check import condition, value
from catalog.expression.scope import scope_for
from catalog.expression.sentence import sentence

SCOPE = scope_for("need", {"account_priority": "account"}, {"order_drop": "account"})
GOLDEN = [
    (
        (
            "score.account_priority >= 60 and not account.is_customer"
            " and person.role = 'decision_maker'"
        ),
        (
            "account priority score is at least 60 and account is not a customer"
            ' and person role in the purchase is "decision_maker"'
        ),
        (
            "スコア「account priority」が60以上、かつ、取引先が「顧客である」に該当しない、"
            "かつ、人物の購買での役割が「decision_maker」"
        ),
    ),
    (
        "account.revenue_365d < 1000000 or account.touched_30d and not person.has_cookie",
        (
            "account revenue (last 365 days) is less than 1,000,000 JPY or"
            " (account touched in the last 30 days and person does not have a linked cookie)"
        ),
        (
            "取引先の直近365日売上が1,000,000円未満、または、（取引先が「30日以内に接触した」に該当する、"
            "かつ、人物が「Cookie 紐付けあり」に該当しない）"
        ),
    ),
    (
        (
            "days_since(account.last_order_on) > 30"
            " and account.next_renewal_on between today() and add_days(today(), 90)"
        ),
        (
            "the number of days since account last order is more than 30"
            " and account next renewal is between today and 90 days after today"
        ),
        (
            "取引先の最終受注日からの経過日数が30を超える、"
            "かつ、取引先の次回更新日が今日から今日の90日後まで"
        ),
    ),
    (
        "not (need.waiting or person.opted_out)",
        (
            "it is not so that need waits for its season"
            " and it is not so that person opted out of e-mail"
        ),
        "ニーズが「時期待ち」に該当しない、かつ、人物が「メール配信停止」に該当しない",
    ),
    (
        "grade.account_priority in ('A', 'B') and signal.order_drop",
        'account priority grade is one of "A" or "B" and the signal "order drop" is on',
        (
            "ランク「account priority」が「A」、「B」のいずれか、"
            "かつ、アラート「order drop」が出ている"
        ),
    ),
    (
        "account.revenue_90d < account.revenue_prev_90d * 0.7",
        (
            "account revenue (last 90 days) is less than"
            " account revenue (the 90 days before) times 0.7"
        ),
        "取引先の直近90日売上が取引先のその前の90日の売上×0.7未満",
    ),
    (
        "account.name like '株式会社%' and account.city not like '%市'",
        'account name starts with "株式会社" and account city does not end with "市"',
        "取引先の取引先名が「株式会社」で始まる、かつ、取引先の市区町村が「市」で終わらない",
    ),
    (
        "account.is_customer is not true or account.domain is null",
        "account is not a customer (or nothing is known) or account web domain is not known",
        "取引先が「顧客である」に該当しない（または不明）、または、取引先のドメインが不明",
    ),
    (
        "60 <= account.employees and need.opened_at < '2026-01-01'",
        "account employees is at least 60 and need opened is before 2026-01-01",
        "取引先の従業員数が60以上、かつ、ニーズの開始日時が2026-01-01より前",
    ),
]


@pytest.mark.parametrize(("text", "en", "ja"), GOLDEN)
def test_rules_read_as_sentences(text: str, en: str, ja: str) -> None:
    """A condition says itself with the catalog's labels."""
    tree = condition(text, SCOPE)
    assert sentence(tree, "en") == en
    assert sentence(tree, "ja") == ja


def test_values_read_as_nouns() -> None:
    """A number says itself as what is counted."""
    tree = value("if(account.is_customer, 10, 0) + account.employees / 100", SCOPE)
    assert sentence(tree, "en") == (
        "(10 if account is a customer, otherwise 0) plus (account employees divided by 100)"
    )
    assert sentence(tree, "ja") == (
        "（取引先が「顧客である」に該当するなら10、それ以外は0）＋（取引先の従業員数÷100）"
    )
