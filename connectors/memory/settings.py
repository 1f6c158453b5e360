"""How the in-process system is shaped."""

from collections.abc import Mapping

from pydantic import Field

from connectors.protocol import Settings


class MemorySettings(Settings):
    """What the in-process system holds, and how much one call carries."""

    objects: Mapping[str, tuple[str, ...]] = Field(
        default_factory=dict,
        description="Object to the names of its text fields.",
        examples=[{"contacts": ["email", "lastname"]}],
    )
    unique: Mapping[str, str] = Field(
        default_factory=dict,
        description="Object to its one unique field.",
        examples=[{"contacts": "email"}],
    )
    page_size: int = Field(default=100, ge=1, description="Records per read call.")
    batch_size: int = Field(default=100, ge=1, description="Records per write call.")
    overlap: int = Field(
        default=0,
        ge=0,
        description="Records a resumed page repeats, as a platform's overlap window does.",
    )
