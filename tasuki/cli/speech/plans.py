"""Japanese for what is said about a plan's price, its owners, its guards and its second person."""

from typing import Final

PLANS: Final = {
    "held": "見合わせ",
    "cells held": "項目を見合わせ（ガード）",
    "and {n} more": "ほか {n}件",
    # on the wire (--debug)
    "nothing went over the wire for it": "送信されていません",
    "no answer": "応答なし",
    "request": "送信内容",
    "what came back": "応答内容",
    "refused by the system": "システムが拒否",
    "request id": "リクエストID",
    "Left as they are:": "そのまま残したもの：",
    "by {who}": "作成者 {who}",
    "{records} records": "{records}レコード",
    "({n} cells)": "（{n}項目）",
    # price
    "{name} {n} ({reads} reads, {writes} writes)": (
        "{name} {n}回（読み取り {reads}、書き込み {writes}）"
    ),
    "{calls} of {left} left today": "{calls}／本日の残り {left}回",
    "{name} has {left} calls left today, this plan takes {n}: what does not fit stays for a "
    "later plan": (
        "{name} の本日の残りは {left}回で、この反映には {n}回が必要です。"
        "入りきらない分は次回以降のプレビューに残ります"
    ),
    # owners and automations
    "tasks for their owners: {n} ({who})": "担当者へのToDo：{n}件（{who}）",
    " and {n} more people": "、ほか {n}名",
    "likely to fire": "動く見込みの自動処理",
    "{n} more automations may fire": "ほか {n}件の自動処理が動く可能性があります",
    "assignment rule": "割り当てルール",
    "flow": "フロー",
    "trigger": "トリガー",
    "workflow": "ワークフロー",
    "duplicate rule": "重複ルール",
    "validation rule": "入力規則",
    # second person
    "a second person must approve": "作成者以外の承認が必要です",
    "deletes": "削除",
    "overwrites": "上書き",
    "automations": "自動処理",
    "creates": "新規",
    "fills": "補完",
    "more than {n} records": "{n}件を超えるレコード",
    # parts
    "Planned is only what was selected: {chosen}": "選択した範囲だけのプレビューです：{chosen}",
    "Shown are only: {risks}. `tasuki apply` writes the whole plan.": (
        "表示は {risks} のみです。`tasuki apply` は全体を反映します。"
    ),
    "Nothing to do of what was selected.": "選択した範囲で、することはありません。",
    "they did not agree to be contacted": "連絡への同意がないため",
    "an earlier task about them is still open": "先に渡した ToDo がまだ完了していないため",
    # Markdown
    "Connection": "接続",
    "Object": "オブジェクト",
    "Records": "レコード数",
    "Risk": "リスク",
    "What": "内容",
    "Example": "例",
    "Why": "理由",
    "Where it is written": "記述箇所",
    "{n} more lines are not shown: `tasuki plan --show {plan}`": (
        "ほか {n}行は省略：`tasuki plan --show {plan}`"
    ),
    "Nothing to write.": "書き込むものはありません。",
}
