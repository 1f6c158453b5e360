"""Legal forms: which spellings are one form, and which forms say nothing.

An ordinary company (株式会社, K.K., Co., Ltd., Inc., Corp., Ltd.) is what a name without a form
is read as: people leave these out, and write one for another. Any other form is another kind of
legal entity, often of the same group under the same name, so it stays part of the key.
Source: 会社法 art. 2 and the acts of each corporation; the abbreviations of the banks' transfer
format (全銀協, 法人略語); elf-code.org's ISO 20275 list for the Western ones.
"""

import re
from collections.abc import Mapping
from typing import Final

ORDINARY: Final = ""
"""The form that a name without a form has."""

_LLC, _YK = "llc", "有限会社"

WRITTEN: Final[Mapping[str, str]] = {
    "株式会社": ORDINARY,
    "カブシキガイシヤ": ORDINARY,
    "カブシキカイシヤ": ORDINARY,
    "有限会社": _YK,
    "ユウゲンガイシヤ": _YK,
    "ユウゲンカイシヤ": _YK,
    "合同会社": _LLC,
    "ゴウドウガイシヤ": _LLC,
    "ゴウドウカイシヤ": _LLC,
    "合資会社": "合資会社",
    "ゴウシガイシヤ": "合資会社",
    "合名会社": "合名会社",
    "ゴウメイガイシヤ": "合名会社",
    "相互会社": "相互会社",
    "特定目的会社": "特定目的会社",
    "有限責任事業組合": "llp",
    "投資事業有限責任組合": "lp",
    "投資法人": "投資法人",
    "一般社団法人": "一般社団法人",
    "公益社団法人": "公益社団法人",
    "社団法人": "社団法人",
    "一般財団法人": "一般財団法人",
    "公益財団法人": "公益財団法人",
    "財団法人": "財団法人",
    "特定非営利活動法人": "npo法人",
    "npo法人": "npo法人",
    "社会医療法人": "医療法人",
    "医療法人社団": "医療法人",
    "医療法人財団": "医療法人",
    "医療法人": "医療法人",
    "学校法人": "学校法人",
    "社会福祉法人": "社会福祉法人",
    "宗教法人": "宗教法人",
    "国立大学法人": ORDINARY,
    "公立大学法人": ORDINARY,
    "国立研究開発法人": ORDINARY,
    "地方独立行政法人": ORDINARY,
    "独立行政法人": ORDINARY,
    "有限責任監査法人": "監査法人",
    "監査法人": "監査法人",
    "税理士法人": "税理士法人",
    "弁護士法人": "弁護士法人",
    "司法書士法人": "司法書士法人",
    "行政書士法人": "行政書士法人",
    "社会保険労務士法人": "社会保険労務士法人",
    "特許業務法人": "特許業務法人",
    "農事組合法人": "農事組合法人",
    "管理組合法人": "管理組合法人",
}
"""Japanese form, as folded for a key → the one word for it."""

BRACKETED: Final[Mapping[str, str]] = {
    "株": "株式会社",
    "有": "有限会社",
    "同": "合同会社",
    "資": "合資会社",
    "名": "合名会社",
    "相": "相互会社",
    "医": "医療法人",
    "医社": "医療法人社団",
    "医財": "医療法人財団",
    "学": "学校法人",
    "福": "社会福祉法人",
    "宗": "宗教法人",
    "社": "社団法人",
    "財": "財団法人",
    "一社": "一般社団法人",
    "一財": "一般財団法人",
    "公社": "公益社団法人",
    "公財": "公益財団法人",
    "特非": "特定非営利活動法人",
    "監": "監査法人",
    "税": "税理士法人",
    "独": "独立行政法人",
}
"""What stands in brackets, as in （株）, → the form."""

_ZENGIN: Final[Mapping[str, str]] = {
    "カ": "株式会社",
    "ユ": "有限会社",
    "ド": "合同会社",
    "シ": "合資会社",
    "メ": "合名会社",
    "ソ": "相互会社",
    "イ": "医療法人",
    "ガク": "学校法人",
    "フク": "社会福祉法人",
    "シユウ": "宗教法人",
    "シヤ": "社団法人",
    "ザイ": "財団法人",
    "トクヒ": "特定非営利活動法人",
    "ドク": "独立行政法人",
}
"""How a bank's transfer format shortens a form: カ)アオバ, アオバ(カ, アオバ(カ)オオサカ."""

_SPACED: Final = ("株式会社", "有限会社", "合同会社")
"""Forms that people stretch with spaces: 株式 会社."""
_words = "|".join(
    [r"\s*".join(word) for word in _SPACED]
    + sorted((word for word in WRITTEN if word not in _SPACED), key=len, reverse=True)
)
_short = "|".join(sorted(map(re.escape, BRACKETED), key=len, reverse=True))
_bank = "|".join(sorted(map(re.escape, _ZENGIN), key=len, reverse=True))
JAPANESE: Final = re.compile(
    rf"(?P<word>{_words})|\((?P<short>{_short})\)"
    rf"|^(?P<front>{_bank})\)|\((?P<back>{_bank})(?:\)|$)"
)
"""A Japanese form inside a folded name."""


def japanese_form(found: re.Match[str]) -> str:
    """The one word for a match of JAPANESE."""
    if word := found["word"]:
        return WRITTEN.get(word) or WRITTEN["".join(word.split())]
    if short := found["short"]:
        return WRITTEN[BRACKETED[short]]
    return WRITTEN[_ZENGIN[found["front"] or found["back"]]]


PHRASES: Final = re.compile(
    r"\b(?:(?P<kk>kabushiki [kg]aisha)|(?P<yk>yugen [kg]aisha)|(?P<llc>godo [kg]aisha"
    r"|limited liability company)|(?P<llp>limited liability partnership)"
    r"|(?P<lp>limited partnership)|(?P<plc>public limited company)|(?P<bhd>sdn bhd)"
    r"|(?P<spzoo>sp z ?o ?o)|(?P<sadecv>sa de cv))\b"
)
"""Western forms of several words; the group is the word for them."""

_FORMS: Final[Mapping[str, str]] = {
    "kk": ORDINARY,
    "co": ORDINARY,
    "company": ORDINARY,
    "corp": ORDINARY,
    "corporation": ORDINARY,
    "inc": ORDINARY,
    "incorporated": ORDINARY,
    "limited": ORDINARY,
    "ltd": ORDINARY,
    "gk": _LLC,
    "yk": _YK,
    "lllp": "lp",
    "oyj": "oyj",
    "private": "pvt",
    "pvt": "pvt",
}
_OTHERS: Final = """
llc llp lp plc gmbh ggmbh mbh ag kg kgaa ohg ug ev se sa sas sasu sarl snc sca spa srl sapa bv nv
vof ab as asa aps oy pte pty bhd pjsc jsc ooo zao oao spzoo sro kft zrt ltda lda sl slu doo tbk
sadecv
"""
WESTERN: Final[Mapping[str, str]] = {**{word: word for word in _OTHERS.split()}, **_FORMS}
"""Western form as one word without dots → the one word for it."""
ANYWHERE: Final = frozenset(
    {"inc", "incorporated", "ltd", "llc", "gmbh", "plc", "corp", "pte", "pty"}
)
"""Forms that are no ordinary word: read in the middle of a name too."""
LEADING: Final = frozenset({"kk", "gk", "yk", "llc"})
"""Forms that may stand before a name."""
