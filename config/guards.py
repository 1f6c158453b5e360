"""How much one run may write before it stops and asks."""

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
