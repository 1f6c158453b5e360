"""Japanese for what guards say: what is the matter, and what to do about it."""

from typing import Final

_LOOK: Final = (
    "Look at them; if they are right, raise the limit and plan anew.",
    "内容を確認し、正しければ上限を引き上げて、反映前プレビューを作り直してください。",
)
_LATER: Final = ("Later plans bring them.", "後日の反映前プレビューに順に含まれます。")


def _said(english: str, japanese: str, fix: str, in_japanese: str) -> tuple[str, str]:
    return f"{english} {fix}", japanese + in_japanese


GUARDS: Final = dict(
    (
        _said(
            "{to}: {n:,} records would be created; max_creates allows {allowed:,} ({place}).",
            "{to}：{n:,} 件のレコードが作成されます。"
            "max_creates の上限は {allowed:,} 件です（{place}）。",
            *_LOOK,
        ),
        _said(
            "{to}: values of {n:,} of {linked:,} linked records would be overwritten "
            "({share:.1f} %); max_overwrite_percent allows {allowed:g} % ({place}).",
            "{to}：紐づく {linked:,} 件のうち {n:,} 件の値が上書きされます（{share:.1f} %）。"
            "max_overwrite_percent の上限は {allowed:g} % です（{place}）。",
            *_LOOK,
        ),
        _said(
            "{to}: {n:,} records would be deleted; max_deletes allows {allowed:,} ({place}).",
            "{to}：{n:,} 件のレコードが削除されます。"
            "max_deletes の上限は {allowed:,} 件です（{place}）。",
            *_LOOK,
        ),
        _said(
            "{to}: {n:,} of {creates:,} records to be created may be there already, such as "
            "{left} and {right}; max_likely_duplicates allows {allowed:,} ({place}).",
            "{to}：作成される {creates:,} 件のうち {n:,} 件は、すでに存在する可能性があります"
            "（例：{left} と {right}）。"
            "max_likely_duplicates の上限は {allowed:,} 件です（{place}）。",
            "Answer them: tasuki reviews.",
            "tasuki reviews で同一かどうかを判定してください。",
        ),
        _said(
            "{to}: {n:,} of {creates:,} records to be created wait, since they may be there "
            "already, such as {left} and {right}.",
            "{to}：作成される {creates:,} 件のうち {n:,} 件は、すでに存在する可能性があるため"
            "見合わせます（例：{left} と {right}）。",
            "Answer them: tasuki reviews.",
            "tasuki reviews で同一かどうかを判定してください。",
        ),
        _said(
            "{to}: {n:,} tasks wait for another day, since {whose:,} people have enough; "
            "max_tasks_per_owner allows {allowed:,} ({place}).",
            "{to}：{whose:,} 名が 1 日の上限に達するため、{n:,} 件の ToDo は翌日以降に回します。"
            "max_tasks_per_owner の上限は {allowed:,} 件です（{place}）。",
            *_LATER,
        ),
        _said(
            "{to}: {n:,} tasks wait for another day, since {whose:,} accounts have enough; "
            "max_tasks_per_account allows {allowed:,} ({place}).",
            "{to}：{whose:,} 社が 1 日の上限に達するため、{n:,} 件の ToDo は翌日以降に回します。"
            "max_tasks_per_account の上限は {allowed:,} 件です（{place}）。",
            *_LATER,
        ),
        _said(
            "{to}: nothing is written within the quiet hours {hours} ({place}); "
            "held until {until}.",
            "{to}：書き込みを止める時間帯（{hours}、{place}）のため、{until} まで書き込みません。",
            "The first run after that plans it anew.",
            "その後の最初の実行で、あらためて反映前プレビューに含まれます。",
        ),
        _said(
            "{to}: {connection} is marked `environment: production` ({place}).",
            "{to}：{connection} は本番環境（`environment: production`）です（{place}）。",
            "To write there, apply with --production, or say `production: true` in the schedule.",
            "書き込むには --production を付けて反映するか、"
            "スケジュールに `production: true` と書いてください。",
        ),
        _said(
            "{to}: nobody has approved a plan of {rule} for {connection} yet.",
            "{to}：{connection} に書き込む {rule} は、まだ誰にも承認されていません。",
            "Look at the next plan, then tasuki apply latest; from then on schedules may apply it.",
            "次の反映前プレビューを確認し、tasuki apply latest を実行してください。"
            "以後はスケジュールでも反映できます。",
        ),
    )
)
