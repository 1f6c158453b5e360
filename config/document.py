"""What may stand in tasuki.yaml and in every resource file, as strict models."""

import unicodedata
from datetime import timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import ConfigDict, Field, field_validator

from config.duration import as_timedelta
from config.guards import Approval, BudgetSettings, Guards, Retries
from config.money.currency import CODE
from config.settings import Settings

Role = Literal["viewer", "marketer", "manager", "operator", "admin"]


class LinkedDomains(Settings):
    """Web domains whose cookies may be read as one visitor's."""

    domains: tuple[str, ...] = Field(min_length=2, description="The domains, the main one first.")
    basis: str = Field(
        min_length=1, description="Why this is allowed: the consent text, its version and date."
    )


class Identity(Settings):
    """What this company knows about addresses and numbers that say nothing about who one is."""

    phone_region: str = Field(
        default="JP", pattern="^[A-Z]{2}$", description="Country of phone numbers that name none."
    )
    free_mail_domains: frozenset[str] = Field(
        default=frozenset(),
        description="Mail domains anybody can have, besides the well-known ones.",
    )
    junk_emails: frozenset[str] = Field(
        default=frozenset(), description="Addresses people type to get past a form."
    )
    shared_mailboxes: frozenset[str] = Field(
        default=frozenset(),
        description="Addresses several people read, besides info@ and its like.",
    )
    junk_values: frozenset[str] = Field(
        default=frozenset(),
        description="Words that fill a field and say nothing, besides `n/a`, `test`, 不明: "
        "no two records are one for sharing them.",
        examples=[["tbc", "社名なし"]],
    )
    own_domains: frozenset[str] = Field(
        default=frozenset(),
        description="Our own mail domains: visits of our people count in no metric or score.",
    )
    own_emails: frozenset[str] = Field(
        default=frozenset(), description="Addresses we test forms and mails with, wherever hosted."
    )
    own_cookies: frozenset[str] = Field(
        default=frozenset(),
        description="Cookies of browsers of our own: the reception's, a fair stand's.",
    )
    most_views_per_minute: int = Field(
        default=60, ge=2, description="A browser with more events in one minute is a robot's."
    )
    linked_domains: tuple[LinkedDomains, ...] = Field(
        default=(),
        description="Domains whose cookies are one visitor's; else each domain's are its own.",
    )

    @field_validator(
        "free_mail_domains",
        "junk_emails",
        "shared_mailboxes",
        "junk_values",
        "own_domains",
        "own_emails",
    )
    @classmethod
    def _folded(cls, words: frozenset[str]) -> frozenset[str]:
        return frozenset(unicodedata.normalize("NFKC", word).strip().casefold() for word in words)


class Schedule(Settings):
    """When the daemon does a verb by itself."""

    run: str = Field(description="The verb, e.g. `run`.")
    cron: str = Field(
        description="Minute, hour, day, month, weekday, in the project's time zone.",
        examples=["*/15 * * * *"],
        pattern=r"^\s*\S+(?:\s+\S+){4}\s*$",
    )
    apply: bool = Field(
        default=False,
        description="Apply its plan too, as far as a person approved one of the same rules before.",
    )
    production: bool = Field(
        default=False,
        description="Also to connections marked `environment: production`.",
    )


class User(Settings):
    """Somebody who may sign in to the console; passwords are set there, never in a file."""

    login: str = Field(description="Name to sign in with.")
    name: str = Field(default="", description="Name to show.")
    role: Role = Field(default="viewer", description="What the person may do.")
    language: Literal["en", "ja"] | None = Field(
        default=None, description="The project's if left out."
    )


class ProjectDocument(Settings):
    """tasuki.yaml: what the whole project shares."""

    kind: Literal["project"] = "project"
    name: str = Field(description="The project's name.")
    description: str = Field(default="", description="What a colleague should know about it.")
    language: Literal["en", "ja"] = Field(
        default="en", description="Language of reports and tasks."
    )
    timezone: str = Field(
        default="UTC", description="Zone of local times, schedules and business hours."
    )
    fiscal_year_start: int = Field(
        default=4, ge=1, le=12, description="First month of the fiscal year."
    )
    currency: str = Field(
        default="JPY",
        pattern=CODE,
        description="Currency that every amount is kept in, by its ISO 4217 code.",
    )
    rates: str | None = Field(
        default=None,
        description="CSV file of what other currencies were worth in it: date,currency,rate.",
        examples=["rates.csv"],
    )
    store: str = Field(
        default="sqlite:///.tasuki/store.db",
        description="SQLAlchemy URL of the store; a relative SQLite path starts at the project.",
    )
    erasure_folder: str = Field(
        default=".tasuki/erasure",
        description="Key and log of erased people; back it up apart from the store.",
    )
    public_url: str | None = Field(
        default=None,
        pattern=r"^https?://",
        description="Where the daemon is reached from outside; webhooks are signed with it.",
        examples=["https://tasuki.example"],
    )
    identity: Identity = Field(
        default=Identity(), description="What says nothing about who one is."
    )
    guards: Guards = Field(
        default=Guards(), description="Limits of one run, unless a file says its own."
    )
    approval: Approval = Field(default=Approval(), description="Which plans two people say yes to.")
    retries: Retries = Field(
        default=Retries(), description="How refused writes are tried again by themselves."
    )
    alerts: tuple[str, ...] = Field(
        default=(),
        description="Where a change of state is told, as Apprise URLs; secrets by reference.",
        examples=[["${ALERTS_URL}"]],
    )
    schedules: tuple[Schedule, ...] = Field(
        default=(), description="What the daemon does by itself."
    )
    users: tuple[User, ...] = Field(default=(), description="Who may sign in to the console.")
    integrations: frozenset[str] = Field(
        default=frozenset(),
        description="User ids or e-mails in the systems that are machines: `protect` ignores them.",
    )

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError):
            raise ValueError("no time zone has this name; write one such as Asia/Tokyo") from None
        return name


class ResourceDocument(Settings):
    """What every resource file says about itself; the rest belongs to its kind."""

    model_config = ConfigDict(frozen=True, extra="allow")

    kind: str = Field(description="What the file declares, e.g. `mapping`.")
    name: str = Field(description="Its name, unique among its kind.")
    description: str = Field(default="", description="What a colleague should know about it.")
    owner: str = Field(default="", description="Who answers for it.")
    tags: tuple[str, ...] = Field(default=(), description="Words to find it by.")


class Sweeps(Settings):
    """How old a comparison with the whole system may grow before a run makes it again.

    What a delta cannot tell is compared: one call per hundred or thousand records. Hourly, the
    deletes or the links of 300,000 records cost about 2 % of a usual daily allowance; so do all
    their ids once a day.
    """

    deletes: timedelta = Field(
        default=timedelta(hours=1),
        description="Lists of deleted records, where a system cannot tell the new ones alone.",
    )
    links: timedelta = Field(
        default=timedelta(hours=1),
        description="Associations, where moving one moves no date of its record.",
    )
    ids: timedelta = Field(
        default=timedelta(days=1), description="All ids of an object, on both sides."
    )

    @field_validator("deletes", "links", "ids", mode="before")
    @classmethod
    def _as_written(cls, value: object) -> object:
        return as_timedelta(value)

    @field_validator("deletes", "links", "ids")
    @classmethod
    def _no_less_than_nothing(cls, value: timedelta) -> timedelta:
        if value < timedelta(0):
            raise ValueError("an age is not negative")
        return value


class ConnectionDocument(ResourceDocument):
    """connections/*.yaml: one signed-in account; the other keys are the system's own settings."""

    __pydantic_extra__: dict[str, Any]  # pyright: ignore[reportIncompatibleVariableOverride]

    kind: Literal["connection"] = "connection"  # pyright: ignore[reportIncompatibleVariableOverride]
    system: str = Field(description="Which connector: salesforce, hubspot, sales_system, memory.")
    environment: Literal["sandbox", "production"] | None = Field(
        default=None, description="What the account is; production is shown with a red band."
    )
    budget: BudgetSettings = Field(
        default=BudgetSettings(), description="How many of the system's calls Tasuki may make."
    )
    sweeps: Sweeps = Field(
        default=Sweeps(), description="How often the whole system is compared, not just what moved."
    )
