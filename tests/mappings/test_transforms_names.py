"""Names: spellings share a key, other companies do not, and filler values make none."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.yaml import Document
from mappings.apply import normalize
from mappings.load import Surroundings, load
from mappings.transforms.catalogue import TRANSFORMS
from mappings.transforms.company import company_key
from mappings.transforms.people import person_key
from mappings.transforms.registry import Habits
from mappings.transforms.tables.forms import WESTERN, WRITTEN
from mappings.transforms.tables.junk import is_junk
from mappings.transforms.tables.kanji import VARIANTS
from tools.match.corrupt import ANOTHER, HARMLESS
from tools.match.things import invented_companies, invented_people

COMPANIES = invented_companies(400, seed=7)
SPELLS = list(HARMLESS.values())
LETTERS = st.text("青葉髙橋アオバヴァーあおばabAB ・＆&'.-ー㈱（株）1２", min_size=1, max_size=14)
NORMAL = ("company_key", "company_name", "person_key", "person_name", "phone", "personal_email")


@given(st.sampled_from(COMPANIES), st.sampled_from(sorted(HARMLESS)), st.integers(0, 9_999))
def test_a_harmless_spelling_keeps_the_key(company, kind, seed) -> None:
    """Form moved or shortened, width, case, kana, variant kanji, punctuation: one company."""
    name = HARMLESS[kind](Random(seed), company)
    if name is not None and not (kind == "spaces" and name.isascii()):
        assert company_key(name) == company_key(company.name), (company.name, name)


@given(
    st.sampled_from(COMPANIES), st.lists(st.sampled_from(SPELLS), max_size=4), st.integers(0, 99)
)
def test_harmless_spellings_add_up(company, changes, seed) -> None:
    """Several systems' habits one after the other still leave one key."""
    from dataclasses import replace

    now = company
    for change in changes:
        now = replace(now, name=change(Random(seed), now) or now.name)
    assert company_key(now.name) == company_key(company.name), now.name


@given(st.sampled_from(COMPANIES), st.sampled_from(sorted(ANOTHER)), st.integers(0, 9_999))
def test_a_branch_a_holding_and_another_form_have_other_keys(company, kind, seed) -> None:
    """A site, the company above, the LLC of the same name are never the company by key."""
    name = ANOTHER[kind](Random(seed), company)
    if name is not None:
        assert company_key(name) != company_key(company.name), name


def test_no_two_invented_companies_share_a_key() -> None:
    """Different names have different keys: folding loses no company."""
    assert len({company_key(one.name) for one in COMPANIES}) == len(COMPANIES)


@pytest.mark.parametrize("name", NORMAL)
@given(text=LETTERS)
def test_a_key_is_its_own_key(name: str, text: str) -> None:
    """What a transform made of any text it makes again."""
    step = TRANSFORMS[name].bound()
    once = step(text)
    assert once is None or step(once) == once


@given(st.sampled_from(invented_people(200)), st.sampled_from(["様", " さん", "殿", " 先生"]))
def test_an_honorific_is_no_part_of_a_name(person, honorific: str) -> None:
    """A name with 様 is the name."""
    assert person_key(f"{person.family} {person.given}{honorific}") == person_key(
        f"{person.family} {person.given}"
    )


def test_no_kanji_stands_in_two_families() -> None:
    """Every variant has one everyday form, which is no variant of another."""
    everyday = set(VARIANTS.values())
    assert not {chr(code) for code in VARIANTS} & everyday


def test_every_legal_form_is_read_as_itself() -> None:
    """A name with any known form has a key that names the form, or none for the ordinary one."""
    for spelled, form in (*WRITTEN.items(), *WESTERN.items()):
        key = company_key(f"{spelled}青葉" if not spelled.isascii() else f"Aoba {spelled}")
        stem = "aoba" if spelled.isascii() else "青葉"
        assert key == f"{stem} {form}".strip(), spelled


FILLERS = """n/a N/A - --- なし 不明 test Ｔｅｓｔ 000-0000-0000 未入力 （不明） テスト
090-0000-0000
1234567890 xxxx …""".split()


@pytest.mark.parametrize("value", FILLERS)
def test_a_filler_value_says_nothing(value: str) -> None:
    """What people type to get past a field is junk, in any width."""
    assert is_junk(value)
    assert company_key(value) is None


@pytest.mark.parametrize(
    "value",
    [
        "青葉製作所",
        "Aoba",
        "03-1234-5678",
        "+81312345678",
        "3M",
        "C000012",
        "無印良品",
        "1010012345678",
    ],
)
def test_a_real_value_is_no_junk(value: str) -> None:
    """Short names, numbers and codes of real things stay."""
    assert not is_junk(value)


ACCOUNT = {
    "kind": "mapping",
    "name": "account",
    "entity": "account",
    "sides": {"sales": {"object": "customers"}},
    "fields": {"customer_code": {"sales": "code"}, "name": {"sales": "name"}},
    "identity": [
        {"rule": "customer_code", "field": "customer_code"},
        {"rule": "name", "field": "name", "transform": ["company_key"]},
    ],
}


def test_a_filler_value_makes_no_key() -> None:
    """`n/a`, 不明 and what the project itself calls junk never join two records."""
    habits = Habits(junk=frozenset({"tbc"}))
    mapping = load(Document("account.yaml", ACCOUNT), Surroundings(habits=habits))
    real = normalize(mapping, "sales", {"code": "C1", "name": "青葉"})
    assert [key.kind for key in real.keys] == ["customer_code", "name"]
    for filler in ("n/a", "不明", "-", "ＴＢＣ", "000-0000-0000"):
        assert normalize(mapping, "sales", {"code": filler, "name": filler}).keys == ()
