"""Japanese for what is said about plans, runs, scenarios and people."""

from typing import Final

FLOW: Final = {
    "Next": "次のコマンド",
    # stages of a run
    "pull": "取り込み",
    "certify": "件数照合",
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
    "{n} not made in {to}: {why}": "{to} に作成しなかったもの {n}件：{why}",
    "{n} kept in {where}: changed by a person on {day}": (
        "{where} の {n}件はそのまま：{day} に人が変更したため"
    ),
    "{n} left alone in {where}: set back by {by} (tasuki rivals)": (
        "{where} の {n}件は書き込まない：{by} が毎回元に戻すため (tasuki rivals)"
    ),
    "{n} left alone in {where}: rule {rule} and rule {other} want different values": (
        "{where} の {n}件は書き込まない：ルール {rule} と {other} の値が食い違うため"
    ),
    # rivals
    "Nobody sets our values back.": "書き込んだ値を元に戻す人や自動処理はありません。",
    "somebody": "だれか",
    "user": "ユーザー",
    "app": "アプリ",
    "set back by {by}": "{by} が元に戻す",
    "set back {n} times": "{n}回戻された",
    "set back": "元に戻された値",
    "paused on every record for rule {rule}": "ルール {rule} は全レコードで書き込みを停止中",
    "paused on {n} records for rule {rule}": "ルール {rule} は {n}レコードで書き込みを停止中",
    "watched": "観察中",
    "paused": "停止中",
    "resumed": "再開済み",
    "{n} cells of {target} may be written again.": (
        "{target} の {n}項目への書き込みを再開します。"
    ),
    "Nothing else to do.": "ほかに、することはありません。",
    "mapping {old} is {new} now: its wishes, bases and written values move along": (
        "マッピング {old} は {new} になりました：意図・基準値・書き込み済みの値を引き継ぎます"
    ),
    "mapping {name} is gone: its wishes are withdrawn, values only it fed are dropped; "
    "what was written to systems stays": (
        "マッピング {name} がなくなりました：意図を取り下げ、それだけが与えていた値を除きます。"
        "システムに書き込んだ値は残ります"
    ),
    "{mapping}: {old} is {new} now: base, value and provenance move along": (
        "{mapping}：{old} は {new} になりました。基準値・値・出所を引き継ぎます"
    ),
    "{mapping}: {gone} is not mapped any more: its values are dropped; what was "
    "written to systems stays": (
        "{mapping}：{gone} は対象から外れました。値を除きます。システムに書き込んだ値は残ります"
    ),
    "{object} is not read as {entity} any more: {count} records left; their values are "
    "dropped, the systems stay as they are": (
        "{object} は {entity} として読み込まなくなりました：{count}レコードが外れ、その値を"
        "除きます。システムはそのままです"
    ),
    "{n} more cells of quiet fields": "ほかに静かな項目 {n}件",
    "another record there has their key": "同じキーのレコードが既にある",
    "the field that makes them unique is blank": "一意にする項目が空です",
    "what they point at is not there yet": "参照先がまだありません",
    "a person deleted them there": "そちらで人が削除しました",
    "they would be out of scope": "対象範囲の外です",
    "the person was erased": "その人は消去されています",
    "{n} cells are left alone: somebody edited them since.": (
        "{n}項目はその後に人が編集したため、そのままにします。"
    ),
    "This writes {n} records to {names}. Type {n} to go on: ": (
        "{names} に{n}レコードを書き込みます。続けるには {n} と入力してください: "
    ),
    "drifted since the last time": "前回からの変化",
    "what": "内容",
    "felt by": "影響を受けるマッピング",
    "nobody": "なし",
    "object gone": "オブジェクトがなくなった",
    "field gone": "項目がなくなった、または見えなくなった",
    "field new": "項目が追加された",
    "read lost": "参照権限がなくなった",
    "write lost": "編集権限がなくなった",
    "option gone": "選択肢がなくなった",
    "now required": "必須になった",
    "type changed": "データ型が変わった",
    "shorter": "文字数の上限が短くなった",
    "Paused: {names}": "一時停止しました: {names}",
    "No connection is paused.": "一時停止中の接続はありません。",
    "Goes on: {names}": "再開しました: {names}",
    "Nothing to do in what could be read.": "読み取れた範囲では、することはありません。",
    "Nothing to do: every system already says what it should.": (
        "変更はありません。どのシステムもあるべき状態です。"
    ),
    # people
    "{n} keys are in {folder}, a fresh one among them; back that folder up now.": (
        "新しい鍵を作りました。{folder} に鍵が {n} 個あります。今すぐバックアップしてください。"
    ),
    "They may come again.": "今後は再び取り込まれます。",
    "Nobody with that address was erased.": "このアドレスで消去された人はいません。",
    "{records} records and {events} events go for good. Type {word}: ": (
        "レコード{records}件とイベント{events}件を完全に消去します。"
        "続けるには {word} と入力してください: "
    ),
    "Erased: {records} records, {events} events; {struck} other rows lost their values.": (
        "消去しました: レコード{records}件、イベント{events}件。"
        "ほかの{struck}行からも値を消しました。"
    ),
    "Run VACUUM on the database: deleted rows leave their bytes behind.": (
        "データベースで VACUUM を実行してください。削除した行のデータがファイルに残っています。"
    ),
    "Their systems may still hold them; delete them there:": (
        "元のシステムに残っているレコードは、そちらで削除してください:"
    ),
    "Written to {to}, for your eyes only: {held}": (
        "{to} に書き出しました（本人のみ読み取り可）: {held}"
    ),
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
    "links moved": "件の関連付けが変化",
    "found or gone by comparing ids": "件を全ID照合で検出",
    "compared whole ({what}): {names}": "全件照合（{what}）: {names}",
    "deletes": "削除",
    "links": "関連付け",
    "ids": "ID",
    "scope of {name}: pushed down": "{name} の対象条件: システム側で絞り込み",
    "scope of {name}: evaluated locally, reads {more} more records": (
        "{name} の対象条件: こちらで判定、{more} 件を余分に読み取り"
    ),
    "cells that could not be read, parked": "読めずに保留した項目",
    "not green: {name} has {there} there, {here} here": (
        "不完全: {name} はシステム側 {there}、こちら {here}"
    ),
    "not shown to us any more, old values kept: {names}; give the integration user "
    "permission to read them": (
        "参照できない項目（以前の値を保持）: {names}。連携ユーザーに参照権限を"
    ),
    "stopped: {name}: {what}": "中断: {name}: {what}",
    "there": "システム側",
    "here": "こちら",
    "method": "方法",
    "age": "経過",
    "ids compared": "ID照合",
    "stamps (UTC)": "更新日時の範囲 (UTC)",
    "answer": "応答の件数",
    "window": "期間の件数",
    "whole": "全件数",
    "yes": "はい",
    "no": "いいえ",
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
