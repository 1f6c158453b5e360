"""How much a run may write before it stops and asks, and how many calls it may make."""

from datetime import timedelta
from typing import Final, Literal

from pydantic import Field, field_validator

from config.duration import as_timedelta
from config.settings import Settings

QUIET: Final = r"^([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d$"
"""How quiet hours are written."""
RiskName = Literal["delete", "overwrite", "automation", "create", "fill"]


class Guards(Settings):
    """How much one run may write before it stops and asks; a project's defaults, a file's own."""

    max_creates: int = Field(default=100, ge=0, description="Records created in one run.")
    max_overwrite_percent: float = Field(
        default=5,
        ge=0,
        le=100,
        description="Share of a side's linked records whose values are replaced.",
    )
    max_deletes: int = Field(default=0, ge=0, description="Records deleted in one run.")
    max_likely_duplicates: int = Field(
        default=20,
        ge=0,
        description="Records to be created that an open review takes for one that is there: so "
        "many wait alone for their answer, more hold everything.",
    )
    max_tasks_per_owner: int = Field(
        default=20, ge=0, description="Tasks that one person is given in a day; others wait."
    )
    max_tasks_per_account: int = Field(
        default=3, ge=0, description="Tasks about one account in a day; others wait."
    )
    quiet_hours: str | None = Field(
        default=None,
        pattern=QUIET,
        description="When nothing is written, in the project's time zone.",
        examples=["21:00-07:30"],
    )


class Approval(Settings):
    """Which plans need the yes of somebody who did not make them."""

    second_person: frozenset[RiskName] = Field(
        default=frozenset(),
        description="A plan with one of these risks is approved by another than its author.",
        examples=[["delete", "overwrite"]],
    )
    above_records: int | None = Field(
        default=None, ge=0, description="So is a plan that writes more records than this."
    )


class Retries(Settings):
    """How often a refused write is tried again by itself, and how long it waits."""

    times: int = Field(
        default=5, ge=0, description="Tries after the first; then it waits for a person only."
    )
    first_after: timedelta = Field(
        default=timedelta(hours=1), description="Before the second try; doubled each time."
    )

    @field_validator("first_after", mode="before")
    @classmethod
    def _as_written(cls, value: object) -> object:
        return as_timedelta(value)


class BudgetSettings(Settings):
    """How many of the system's daily calls Tasuki may make, and how many it leaves to others."""

    share: float = Field(
        default=0.8, gt=0, le=1, description="Tasuki's part of the system's daily allowance."
    )
    reserve: float = Field(
        default=0.1,
        ge=0,
        lt=1,
        description="Part of the allowance that stays free for other tools, whoever used the rest.",
    )
    daily_calls: int | None = Field(
        default=None, ge=1, description="Most calls a day, instead of `share`."
    )
