"""Japanese for what is said about an undo."""

from typing import Final

UNDO: Final = {
    "undone": "取り消し済み",
    "undoes {what}": "{what} の取り消し",
    "run": "実行",
    "plan": "反映前プレビュー",
    "scenario run": "シナリオ実行",
    "record": "レコード",
    "Nothing of {kind} {id} is left to undo.": "{kind} {id} で取り消せるものは残っていません。",
    "Left as they are, ours → there now: {n} cells": (
        "そのまま残す項目（Tasukiの値 → 現在の値）：{n}件"
    ),
    "{n} changes that were not sent yet are not wanted any more.": (
        "未送信の変更 {n}件を取り下げました。"
    ),
    "{n} writes are not settled: their systems could not be asked. Undo again later.": (
        "{n}件の書き込みは結果を確認できていません（接続先に問い合わせできませんでした）。"
        "後でもう一度取り消してください。"
    ),
    "a later run of Tasuki wrote it, {run}; undo that one first": (
        "後の実行 {run} がTasukiから書き込んだ値です。先にその実行を取り消してください"
    ),
    "somebody edited it since; left as it is": "その後に人が編集したため、そのまま残します",
    "it named somebody who was erased since; left as it is": (
        "その後に消去された人物の情報を含むため、そのまま残します"
    ),
    "Tasuki may no longer see this field; left as it is": (
        "この項目を参照する権限がなくなったため、そのまま残します"
    ),
    "the record was deleted or merged since; nothing is left to restore": (
        "その後にレコードが削除または統合されたため、戻すものがありません"
    ),
    "it was there before and what stood in it was not read; left as it is": (
        "以前からあったレコードで、元の値を読み取っていないため、そのまま残します"
    ),
    "its system could not be asked now; undo again later": (
        "接続先に問い合わせできませんでした。後でもう一度取り消してください"
    ),
    "no undo puts anybody back on a list: preview the scenario and push it again": (
        "取り消しではリストに戻しません。シナリオをプレビューし、もう一度実行してください"
    ),
    "it was deleted: a person restores it from Salesforce's recycle bin, within 15 days": (
        "削除済みです。15日以内にSalesforceのごみ箱から手作業で復元してください"
    ),
    "it was deleted: a person restores it from HubSpot's deleted records, within 90 days": (
        "削除済みです。90日以内にHubSpotの削除済みレコードから手作業で復元してください"
    ),
    "it was deleted: a person restores it in its system, where that keeps deleted records": (
        "削除済みです。接続先に残っていれば、手作業で復元してください"
    ),
    "the org does not let us delete it; a person who may has to": (
        "Tasukiには削除権限がありません。権限のある人が削除してください"
    ),
    "nobody can tell whether records hang on it; left as it is": (
        "関連レコードの有無を確認できないため、そのまま残します"
    ),
}
