"""How the in-process system is shaped."""

from collections.abc import Mapping
from datetime import timedelta

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
    lag: timedelta | None = Field(
        default=None,
        description="Walk by stamp, and say which were covered: up to this long ago.",
    )
    guarded_size: int = Field(default=0, ge=0, description="Updates per call refused if moved.")
    bulk_from: int = Field(default=0, ge=0, description="Records from which a batch may be bulk.")
    bulk_size: int = Field(default=0, ge=0, description="Records of one bulk batch.")
    history: bool = Field(default=False, description="Past values can be asked for.")
    deletes_swept: bool = Field(default=False, description="Deletes are told as one whole list.")
    links_swept: bool = Field(default=False, description="Links are compared on a schedule.")
