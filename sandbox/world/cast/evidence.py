"""Which facts about a company each system happens to hold: what its records can be joined by."""

from dataclasses import dataclass, replace
from random import Random
from typing import Final

from sandbox.world.cast.company import Company
from sandbox.world.cast.names import spell

PLAIN_STYLES: Final = ("full", "full", "paren", "sign", "half", "wide", "moved", "variant")
_MARKED_STYLES: Final = ("sign", "half", "wide", "paren", "variant", "moved")


@dataclass(frozen=True, slots=True)
class Evidence:
    """True where a system holds the fact; the styles say how each spells the name."""

    number_in_salesforce: bool
    number_in_hubspot: bool
    number_in_sales: bool
    domain_in_salesforce: bool
    domain_in_hubspot: bool
    domain_in_sales: bool
    has_stored_id: bool
    code_in_salesforce: bool
    code_in_hubspot: bool
    styles: tuple[str, str, str]


def gather(rng: Random, company: Company) -> Evidence:
    """Draw the facts, then leave or add what the company's plan needs."""
    evidence = _draw(rng, company)
    planned = _PLANNED.get(company.plan.identity)
    if planned is not None:
        evidence = replace(evidence, **planned, styles=_marked(rng, company))
    elif not _joins_crms(evidence):
        evidence = replace(evidence, domain_in_salesforce=True, domain_in_hubspot=True)
    if company.plan.commerce in _NAME_ONLY_SALES:
        return _sales_by_name_only(rng, evidence)
    return evidence if _joins_sales(company, evidence) else _with_code(company, evidence)


def _draw(rng: Random, company: Company) -> Evidence:
    def often(share: float) -> bool:
        return rng.random() < share

    codes = company.is_customer and company.plan.commerce != "never_ordered"
    return Evidence(
        number_in_salesforce=often(0.7),
        number_in_hubspot=often(0.5),
        number_in_sales=often(0.65),
        domain_in_salesforce=often(0.93),
        domain_in_hubspot=often(0.97),
        domain_in_sales=often(0.4),
        has_stored_id=often(0.33),
        code_in_salesforce=codes and often(0.6),
        code_in_hubspot=codes and often(0.3),
        styles=(rng.choice(PLAIN_STYLES), _hubspot_style(rng), rng.choice(PLAIN_STYLES)),
    )


def _hubspot_style(rng: Random) -> str:
    return rng.choice((*PLAIN_STYLES, "bare", "english"))


def _marked(rng: Random, company: Company) -> tuple[str, str, str]:
    """Three spellings that differ; an English one only where something else joins the records."""
    name = company.name
    has_variant = not {"髙", "﨑"}.isdisjoint(name.stem)
    styles = ["full", *rng.sample(_MARKED_STYLES, len(_MARKED_STYLES))]
    if has_variant and company.plan.identity == "name":
        styles.insert(1, "variant")
    apart: dict[str, str] = {}
    for style in styles:
        apart.setdefault(spell(name, style), style)
    first, second, third = list(apart.values())[:3]
    by_more = company.plan.identity in _JOINED_BY_MORE and name.script != "latin"
    likes_english = rng.random() < 0.5
    if by_more and (likes_english or company.plan.identity in _JOINED_BY_NO_NAME):
        second = "english"
    return first, second, third


_JOINED_BY_MORE: Final = {"stored_id", "number", "domain"}
_JOINED_BY_NO_NAME: Final = {"stored_id", "domain"}
_NUMBERS: Final = {"number_in_salesforce": True, "number_in_hubspot": True, "number_in_sales": True}
_NO_NUMBERS: Final = {
    "number_in_salesforce": False,
    "number_in_hubspot": False,
    "number_in_sales": False,
}
_DOMAINS: Final = {"domain_in_salesforce": True, "domain_in_hubspot": True}
_PLANNED: Final[dict[str, dict[str, bool]]] = {
    "stored_id": {
        "number_in_salesforce": True, "number_in_hubspot": False, "number_in_sales": True,
        "domain_in_salesforce": False, "domain_in_hubspot": True, "has_stored_id": True,
        "domain_in_sales": False, "code_in_hubspot": False,
    },
    "number": _NUMBERS | {
        "domain_in_salesforce": False, "domain_in_hubspot": True, "has_stored_id": False,
        "code_in_hubspot": False,
    },
    "domain": _NO_NUMBERS | _DOMAINS | {
        "domain_in_sales": False, "has_stored_id": False, "code_in_hubspot": False,
    },
    "name": _NO_NUMBERS | {
        "domain_in_salesforce": False, "domain_in_hubspot": True, "domain_in_sales": False,
        "has_stored_id": False, "code_in_salesforce": False, "code_in_hubspot": False,
    },
    "mistyped_number": _NUMBERS | _DOMAINS | {"has_stored_id": False},
    "sister": _NUMBERS | _DOMAINS | {"has_stored_id": False},
    "near_miss": _DOMAINS | {"has_stored_id": False},
    "same_name": _NUMBERS | _DOMAINS | {"has_stored_id": False},
    "free_mail": _NO_NUMBERS | _DOMAINS | {"has_stored_id": False},
}  # fmt: skip
_NAME_ONLY_SALES: Final = {"other_spelling"}


def _joins_crms(evidence: Evidence) -> bool:
    numbers = evidence.number_in_salesforce and evidence.number_in_hubspot
    domains = evidence.domain_in_salesforce and evidence.domain_in_hubspot
    return numbers or domains


def _joins_sales(company: Company, evidence: Evidence) -> bool:
    """Whether the sales customer shares a number or domain with a CRM record; codes are extra."""
    if company.plan.identity == "name":
        return True
    has_code = (company.in_salesforce and evidence.code_in_salesforce) or (
        company.in_hubspot and evidence.code_in_hubspot
    )
    number = (company.in_salesforce and evidence.number_in_salesforce) or (
        company.in_hubspot and evidence.number_in_hubspot
    )
    return has_code or (number and evidence.number_in_sales)


def _with_code(company: Company, evidence: Evidence) -> Evidence:
    if not company.is_customer:
        return evidence
    if company.in_salesforce:
        return replace(evidence, code_in_salesforce=True)
    return replace(evidence, code_in_hubspot=True)


def _sales_by_name_only(rng: Random, evidence: Evidence) -> Evidence:
    spelled = (evidence.styles[0], evidence.styles[1], rng.choice(_MARKED_STYLES))
    return replace(
        evidence,
        number_in_sales=False,
        domain_in_sales=False,
        code_in_salesforce=False,
        code_in_hubspot=False,
        styles=spelled,
    )
