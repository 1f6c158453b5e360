"""Japanese for every sentence the command line says about plans, runs and the demo."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

JAPANESE: Final[Mapping[str, str]] = MappingProxyType(
    {
        "Next": "次のコマンド",
        # stages of a run
        "pull": "取り込み",
        "identify": "名寄せキー",
        "copy": "写し",
        "merge": "統合",
        "measure": "集計",
        "decide": "判断",
        "apply": "書き込み",
        # states
        "draft": "下書き",
        "approved": "承認済み",
        "applying": "書き込み中",
        "applied": "反映済み",
        "discarded": "破棄",
        "expired": "期限切れ",
        "running": "実行中",
        "done": "完了",
        "partial": "一部完了",
        "failed": "失敗",
        "interrupted": "中断",
        "written": "書き込み済み",
        "planned": "予定",
        "refused": "見送り",
        "parked": "保留",
        "unknown": "不明",
        "offered": "打診中",
        "accepted": "受領",
        "returned": "差し戻し",
        "recycled": "再育成",
        "withdrawn": "取り下げ",
        # risks
        "delete": "削除",
        "overwrite": "上書き",
        "automation": "自動処理",
        "create": "新規",
        "fill": "補完",
        # plans
        "Plan": "反映前プレビュー",
        "{records} records, {changes} changes": "{records}レコード、{changes}項目の変更",
        "{n} records": "{n}レコード",
        "valid until {until} UTC": "有効期限 {until} UTC",
        "undoes run {run}": "実行 {run} の取り消し",
        "sandbox": "サンドボックス",
        "production": "本番環境",
        "blank": "空欄",
        "new": "新規",
        "why": "理由",
        "guard": "ガード",
        "guards": "ガード",
        "within all limits": "すべて上限内",
        "API calls to apply": "反映に必要なAPIコール",
        "approved by": "承認者",
        "cells written": "項目を書き込み",
        "cells parked": "項目を保留",
        "cells refused": "項目を見送り",
        "cells unknown": "項目は結果不明",
        "{n} cells are left alone: somebody edited them since.": (
            "{n}項目はその後に人が編集したため、そのままにします。"
        ),
        "This writes {n} records to {names}. Type {n} to go on: ": (
            "{names} に{n}レコードを書き込みます。続けるには {n} と入力してください: "
        ),
        "Nothing to do: every system already says what it should.": (
            "変更はありません。どのシステムもあるべき状態です。"
        ),
        "Nothing of that run is left to undo.": "この実行で取り消せるものは残っていません。",
        "record": "レコード",
        "field": "項目",
        "change": "変更",
        # runs
        "Run": "実行",
        "run": "実行",
        "kind": "種類",
        "state": "状態",
        "started (UTC)": "開始 (UTC)",
        "took": "所要",
        "by": "実行者",
        "plan": "反映前プレビュー",
        "step": "ステップ",
        "times": "回数",
        "last": "最終",
        "rows read": "行を読み取り",
        "changed": "件が変化",
        "deleted": "件が削除",
        "rows that could not be read": "行は読み取れず",
        "entities merged": "件に統合",
        "conflicts for a person": "件は人の判断待ち",
        "scored": "件を採点",
        "signals opened": "件のアラート",
        "handoffs offered": "件の引き渡しを打診",
        "open writes settled": "件の未確定の書き込みを確定",
        "incomplete, the systems count otherwise: {names}": (
            "件数がシステム側と一致しません: {names}"
        ),
        # the demo and the report
        "A company's world": "架空の会社のデータ",
        "{accounts} accounts, {people} contacts and leads, {opportunities} opportunities, "
        "{visits} web and mail events, {sales} sales lines": (
            "取引先{accounts}社、取引先責任者とリード{people}人、商談{opportunities}件、"
            "Web・メールの行動{visits}件、売上明細{sales}行"
        ),
        "Seed {seed}: invented names, planted truths.": (
            "シード {seed}：名前はすべて架空、正解も用意されています。"
        ),
        "The world of last time is used again.": "前回のデータをそのまま使います。",
        "A new world: {world}": "新しいデータ: {world}",
        "A sandbox of Salesforce and HubSpot, and a project that signs in to it": (
            "Salesforce と HubSpot のサンドボックスと、そこに接続するプロジェクト"
        ),
        "A project of {n} files in {folder}": "{folder} に{n}ファイルのプロジェクト",
        "Stop it with Ctrl-C; the world stays.": "Ctrl-C で停止します。データは残ります。",
        "Pull, understand, decide, plan": "取り込み、理解、判断、反映前プレビュー",
        "The plan: what would be written, and why": "反映前プレビュー：何を、なぜ書き込むか",
        "Approve and apply": "承認と反映",
        "Once more: a second run must have nothing to do": "もう一度：2回目は何も起きないはず",
        "The second run plans nothing.": "2回目の実行では変更がありません。",
        "The second run still plans something:": "2回目の実行でもまだ変更があります:",
        "What each team received": "各チームが受け取ったもの",
        "{n} tasks": "{n}件",
        "e.g.": "例:",
        "nobody yet": "まだありません",
        "nothing": "なし",
        "fix": "対処",
        "account": "取引先",
        "person": "人",
        "opportunity": "商談",
        "revenue": "売上",
        "complete": "完全性",
        "{records} records are {entities}": "{records}レコードが{entities}件に",
        "{n} sales lines, {lost} of them belong to no account": (
            "売上明細{n}行、うち取引先不明{lost}行"
        ),
        "{n} of {all} objects counted equal to their system": (
            "{all}オブジェクト中{n}が、システム側の件数と一致"
        ),
        "there {there}, here {here}": "システム側 {there}、こちら {here}",
        "{lines} lines, {amount}; {lost} lines, {lost_amount} belong to no account": (
            "{lines}行 {amount}、うち取引先不明 {lost}行 {lost_amount}"
        ),
        "project": "プロジェクト",
        "store": "ストア",
        "network log": "通信ログ",
        "truth": "正解",
        "Took {n} s.": "所要 {n} 秒",
        "Handoffs": "引き渡し",
        "Signals": "アラート",
        "Scores": "スコア",
        "Joined": "名寄せ",
        "Written since the beginning": "これまでの書き込み",
        "Revenue": "売上",
        "Complete?": "完全性",
        "waits for a person": "人の判断待ち",
        "plans": "反映前プレビュー",
        "reviews": "名寄せの確認",
        "conflicts": "競合",
        # scenarios
        "audience": "対象",
        "treated": "実施対象",
        "holdout": "対照群",
        "excluded": "除外",
        "capped": "上限超過",
        "previewed": "プレビュー済み",
        "pushed": "実行済み",
        "who": "対象者",
        "left out": "除外条件",
        "then": "内容",
        "not previewed yet": "未プレビュー",
        "The rest": "その他",
        "task": "タスク",
        "list": "リスト",
        "{percent:g} % are left alone to compare": "{percent:g} % は対照群として何もしない",
        "by {author}, approved by {approved}": "作成 {author}、承認 {approved}",
        "Push a scenario: preview, approve, push.": "シナリオ実行：プレビュー、承認、実行。",
    }
)
