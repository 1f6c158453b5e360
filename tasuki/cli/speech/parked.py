"""Japanese for what is said of records that were refused or could not be read."""

from typing import Final

PARKED: Final = {
    "parked records tried again": "件の保留を再試行",
    "Nothing is parked.": "保留中のものはありません。",
    "{n} parked": "保留 {n} 件",
    "{n} of them for a person only": "うち {n} 件は自動では再試行しません",
    "next try {at} UTC": "次の再試行 {at} UTC",
    "refused {n} times": "拒否 {n} 回",
    "for a person only": "自動では再試行しません",
    "e.g. {what}": "例: {what}",
    "id": "ID",
    "next try": "次の再試行",
    "open": "待機中",
    "dead": "再試行終了",
    "retried": "再試行中",
    "dropped": "取りやめ",
    "closed": "解消",
    "Again: {n} refused writes, {how}; {cells} cells from what was pulled last.": (
        "再試行: 拒否された書き込み {n} 件（{how}）、"
        "読めなかった項目 {cells} 件（取り込み済みの内容から）。"
    ),
    "as they were planned": "計画時の値のまま",
    "as mappings and rules are today": "現在のマッピングとルールで",
    "Not again: what was written, and what nobody wants any more.": (
        "対象外: 書き込み済みのもの、不要になったもの。"
    ),
    "{n} rows of files are read again when their file changes.": (
        "ファイルの {n} 行は、ファイルが更新されたときに読み直します。"
    ),
    "{n} refused undos: run `tasuki undo` again.": (
        "拒否された取り消し {n} 件: `tasuki undo` をもう一度実行してください。"
    ),
    "There is nothing to send again.": "再送するものはありません。",
    "{n} given up, until their values change.": (
        "{n} 件を取りやめました（値が変わるまで送りません）。"
    ),
}
