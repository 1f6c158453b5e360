"""How much a run may write before it stops and asks, and how many calls it may make."""

from pydantic import Field

from config.settings import Settings


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
