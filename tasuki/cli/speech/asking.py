"""Japanese for what is said about the demo, reports, checks, reviews and reasons."""

from typing import Final

ASKING: Final = {
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
    "{objects} objects and {fields} fields taken over, {n} left out": (
        "オブジェクト {objects} 件と項目 {fields} 件を取り込み、{n} 件は除きました"
    ),
    "A sandbox of Salesforce and HubSpot, and a project that signs in to it": (
        "Salesforce と HubSpot のサンドボックスと、そこに接続するプロジェクト"
    ),
    "A project of {n} files in {folder}": "{folder} に{n}ファイルのプロジェクト",
    "A connector of {n} files in {folder}": "{folder} に{n}ファイルのコネクタ",
    "Its tests are the promises it must keep; docs/connectors.md leads through.": (
        "テストがコネクタの約束そのものです。手順は docs/connectors.md をご覧ください。"
    ),
    "Stop it with Ctrl-C; the world stays.": "Ctrl-C で停止します。データは残ります。",
    "Pull, understand, decide, plan": "取り込み、理解、判断、反映前プレビュー",
    "The plan: what would be written, and why": "反映前プレビュー：何を、なぜ書き込むか",
    "Approve and apply": "承認と反映",
    "Once more: a second run must have nothing to do": "もう一度：2回目は何も起きないはず",
    "The second run plans nothing.": "2回目の実行では変更がありません。",
    "The second run still plans something:": "2回目の実行でもまだ変更があります:",
    "One truth: why a value stands, who is in doubt, what was earned": (
        "一つの真実：値の根拠、名寄せの疑義、売上"
    ),
    "{n} such questions wait. `tasuki reviews reject {id}` keeps these two apart, `accept` "
    "joins them; nobody is asked twice.": (
        "確認待ちは{n}件です。`tasuki reviews reject {id}` は別のまま、`accept` は一つに"
        "します。同じことは二度尋ねません。"
    ),
    "{won} won in the CRM, {booked} booked, {paid} paid; for {lost} of the booked money "
    "nobody in a CRM answers": (
        "CRM の受注 {won}、計上 {booked}、入金 {paid}。計上のうち {lost} は CRM に引き取り手が"
        "ありません"
    ),
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
    "{n} sales lines, {lost} of them belong to customers no CRM knows": (
        "売上明細{n}行、うち CRM に無い得意先{lost}行"
    ),
    "{n} of {all} objects counted equal to their system": (
        "{all}オブジェクト中{n}が、システム側の件数と一致"
    ),
    "there {there}, here {here}": "システム側 {there}、こちら {here}",
    "won in the CRM": "CRM の受注",
    "− won and not booked": "− 受注済み・未計上",
    "+ booked without a won opportunity": "＋ 受注商談のない計上",
    "= booked": "＝ 計上",
    "− not paid": "− 未入金",
    "= paid": "＝ 入金済み",
    "no sale says when it was paid": "入金日のある売上はありません",
    "Largest differences by account": "取引先別の大きな差",
    "Largest differences by month": "月別の大きな差",
    "Largest differences by product": "製品別の大きな差",
    "{n} more: --csv FILE or --json shows all": "ほか {n} 件: --csv FILE または --json で全件",
    "Money nobody claims": "引き取り手のない売上",
    "{amount} won and not booked": "受注済み・未計上 {amount}",
    "{amount} booked without a won opportunity": "受注商談のない計上 {amount}",
    "nearest": "近い候補",
    "name": "名称",
    "won": "受注",
    "booked": "計上",
    "paid": "入金",
    "code": "コード",
    "number": "法人番号",
    "domain": "ドメイン",
    "lines": "明細数",
    "amount": "金額",
    "the books lack": "売上側に無い情報",
    "names no customer": "得意先の記載なし",
    "billed to a partner, end user not named": "パートナー宛て請求・エンドユーザー不明",
    "end user in no CRM": "エンドユーザーが CRM に無い",
    "customer in no CRM": "得意先が CRM に無い",
    "customer only in the sales system": "販売管理システムだけの得意先",
    "won without an account": "取引先のない受注",
    "names no product": "製品の記載なし",
    "not in the product list": "製品一覧に無い",
    "{n} rows written to {file}": "{n} 行を {file} に書き出しました",
    "{n} proposals wait in reviews": "候補 {n} 組を確認待ちに入れました",
    "{lines} lines, {amount}; {lost} lines, {lost_amount} belong to customers no CRM knows": (
        "{lines}行 {amount}、うち CRM に無い得意先 {lost}行 {lost_amount}"
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
    # explain, doctor, validate, discover
    "from": "出所",
    "policy": "方針",
    "decided in run": "決定した実行",
    "lost": "採用されず",
    "all agree": "すべて一致",
    "first sync": "初回の突き合わせ",
    "newcomer": "新しいレコード",
    "the strongest side": "優先順位の最も高い側",
    "moved": "一方だけが変わった",
    "moved to the same": "同じ値に変わった",
    "moved apart": "別々の値に変わった",
    "unchanged": "変わりなし",
    "same {key}, but not the same {other}": "{key} は同じ、{other} が相違",
    "same {key}, but a veto differs": "{key} は同じ、拒否キーが相違",
    "{n} lost": "ほか{n}件は採用されず",
    "no record": "該当レコードなし",
    "at an unknown time": "日時不明",
    "linked records": "ひも付くレコード",
    "rules": "ルール",
    "measured": "集計値",
    "written by us": "Tasukiによる書き込み",
    "changed in the system": "システム側での変更",
    "last changed": "最終更新",
    "It was deleted.": "削除されています。",
    "it lacks": "不足",
    "saw": "値",
    "true": "真",
    "false": "偽",
    "score": "スコア",
    "signal": "シグナル",
    "handoff": "引き継ぎ",
    "scenario": "シナリオ",
    "Console": "コンソール",
    "Stop it with Ctrl-C.": "Ctrl-C で停止します。",
    "{errors} errors, {warnings} warnings": "エラー{errors}件、警告{warnings}件",
    "{name} should be {expected}, is {got}": "{name} は {expected} のはずが {got}",
    "{name} as it was at {moment} UTC; `--live` asks it now": (
        "{name}: {moment} UTC 時点の構成で確認 (`--live` で今の構成を確認)"
    ),
    "{name} was last discovered at {moment} UTC, too long ago: `tasuki discover`": (
        "{name}: 前回の取得は {moment} UTC で古いため使っていません (`tasuki discover`)"
    ),
    "The files alone; `tasuki discover` or `--live` judges them beside the systems": (
        "ファイルだけを確認しました (`tasuki discover` か `--live` でシステムの構成とも照合)"
    ),
    "{passed} passed, {failed} failed": "合格{passed}件、不合格{failed}件",
    "Field names for your editor: {path}": "エディター用の項目名: {path}",
    "not linked yet": "まだ紐付けなし",
    "It is out of scope.": "対象範囲の外です。",
    "with {ref}": "あわせて: {ref}",
    "given": "入力",
    "normalized": "正規化後",
    "merged": "統合後",
    "records": "レコード数",
    "rejected": "取り込み不可",
    "Nothing would be written.": "書き込みはありません。",
    "{changed} of {looked_at} records looked at would say something else ({staged} staged)": (
        "確認した{looked_at}件のうち{changed}件で値が変わります (取り込み済み{staged}件)"
    ),
    "It would write {cells} cells; the file in force would write {now}": (
        "書き込み: {cells}セル (現行のマッピングでは{now}セル)"
    ),
    "{n} records are out of its scope": "{n}件は対象範囲の外です",
    "setting": "設定",
    "value": "値",
    "connection": "接続",
    "object": "オブジェクト",
    "fields": "項目数",
    "picklists": "選択リスト数",
    "unique or external ids": "一意・外部ID",
    # reviews and splits
    "Nobody is in doubt.": "名寄せの確認待ちはありません。",
    "and {n} more": "ほか{n}件",
    "rule": "ルール",
    "both have": "共通",
    "they differ in": "相違",
    "alike": "類似度",
    "joined": "同一と判断",
    "kept apart": "別のものと判断",
    "settled": "データで解決",
    "{ref} leaves {entity} with the next run.": "次の実行で {ref} を {entity} から外します。",
    "It stays of: {refs}": "残るレコード: {refs}",
    # conflicts and past moments
    "Nothing is disputed.": "競合はありません。",
    "holds meanwhile": "現在の値",
    "decided": "決定済み",
    "as of {moment}": "{moment} 時点",
    "Nothing can be known of it before {since} UTC.": "{since} UTC より前は不明です。",
    "No record belonged to it then.": "その時点で紐付くレコードはありません。",
    "{value} since {day} UTC": "{day} UTC から {value}",
    "linked records then": "当時の紐付きレコード",
    "meaning": "意味",
    "counted": "数え方",
    "as of": "時点",
    "{n} rows": "{n}行",
    "mapping version": "マッピングの版",
    "stale": "古い値",
    "conflict": "競合",
    "open": "未決",
    "resolved": "一致で解消",
    "overtaken": "その後変化",
    "until {moment}": "{moment} まで",
    "before": "以前の値",
    "recognised by": "名寄せキー一覧",
    "same": "同一",
    "different": "別のもの",
    "Browsers": "ブラウザー",
    "browsers": "ブラウザー",
    "identify_moment": "フォームで本人判明",
    "email_click": "メールのリンクを開いた",
    "forwarded": "本人宛てでないリンクを開いた",
    "linked": "紐付け済み",
    "quarantined": "隔離中",
    "staff": "自社の人",
    "bot": "ボット",
    "no_consent": "同意なし",
    "consent": "同意",
    # fields that systems lack
    "Every field that the project writes is there.": (
        "プロジェクトが書き込む項目はすべてそろっています。"
    ),
    "by Tasuki": "Tasuki が作成",
    "by a package to deploy": "パッケージをデプロイ",
    "by hand": "手作業で作成",
    "how": "作成方法",
    "asked for by": "必要とする箇所",
    "unique": "一意",
    "made": "作成済み",
    "missing": "未作成",
    "package written": "パッケージ出力済み",
    "refused by the system": "システムが拒否",
    "type": "型",
    "The package for {name} is in {folder}; its README.txt leads through.": (
        "{name} 用のパッケージを {folder} に出力しました。手順は README.txt をご覧ください。"
    ),
}
