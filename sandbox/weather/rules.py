"""What a storm file says: rules of what befalls which calls, and what people do meanwhile."""

from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

Platform = Literal["salesforce", "hubspot", "account_engagement"]


def _several(value: object) -> object:
    return [value] if isinstance(value, int) else value


Ordinals = Annotated[tuple[Annotated[int, Field(ge=1)], ...], BeforeValidator(_several)]
"""One number or several, counted from 1."""


class Written(BaseModel):
    """Something a person wrote: frozen, and an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Reply(Written):
    """An answer in full, where none of the platform's known ones is meant."""

    status: int = Field(ge=100, le=599)
    body: str = ""
    headers: dict[str, str] = {}


class Move(Written):
    """Something people do to `count` records, by the platform's own rules."""

    do: str
    object: str = ""
    platform: Platform | None = None
    count: int = Field(default=1, ge=1)
    fields: dict[str, Any] = {}
    """What an edit writes; `{n}` in a text becomes a number of its own."""
    late_seconds: float = Field(default=0.0, ge=0)
    """The change is stamped now and can be seen so much later (Salesforce)."""


class Rule(Written):
    """Which calls, which of them, and what befalls those."""

    platform: Platform | None = None
    kind: str | None = None
    method: str | None = None
    path: str | None = None
    """A regular expression that occurs in the path."""

    probability: float = Field(default=1.0, gt=0, le=1)
    nth: Ordinals = ()
    """Only these of the matching calls."""
    after: int = Field(default=0, ge=0)
    """Not the first so many."""
    times: int | None = Field(default=None, ge=1)
    """At most so often."""

    answer: str | Reply | None = None
    applied: bool = False
    """The platform does its work first; only its answer is replaced."""
    retry_after_seconds: int | None = Field(default=None, ge=0)
    drop: Literal["before", "after"] | None = None
    delay_seconds: float = Field(default=0.0, ge=0)
    """The work is done, its answer comes so much later."""
    page: Literal["short", "empty"] | None = None
    locked: float | None = Field(default=None, gt=0, le=1)
    """The share of a batch's records that somebody else holds."""
    move: Move | None = None

    @property
    def ends(self) -> bool:
        """Whether it takes the place of the platform's answer."""
        return self.answer is not None or self.drop is not None

    @property
    def by_row(self) -> bool:
        """Whether it befalls rows of a bulk job, whose work is done apart from any call."""
        return self.locked is not None and self.kind == "bulk"

    @model_validator(mode="after")
    def _says_what(self) -> Self:
        what = (self.ends, self.delay_seconds, self.page, self.locked, self.move)
        if not any(what):
            raise ValueError("says nothing that happens: answer, drop, delay_seconds, page, locked")
        if self.answer is not None and self.drop is not None:
            raise ValueError("answers and drops the same call: keep one of the two")
        if self.answer is None and (self.applied or self.retry_after_seconds is not None):
            raise ValueError("applied and retry_after_seconds belong to an answer")
        return self


class Webhooks(Written):
    """How unreliably webhooks are delivered; shares from 0 to 1."""

    duplicate: float = Field(default=0.0, ge=0, le=1)
    """Notifications that come twice."""
    repeat_id: float = Field(default=0.0, ge=0, le=1)
    """Notifications that bear another one's id."""
    shuffle: bool = False
    delay_seconds: float = Field(default=0.0, ge=0)


class Storm(Written):
    """One storm file: whoever has it and the same calls in the same order has the same day."""

    seed: int = 1
    opening: tuple[Move, ...] = ()
    """What people do once, before the first call."""
    rules: tuple[Rule, ...] = ()
    webhooks: Webhooks = Webhooks()
    hubspot: dict[str, Any] = {}
    """Settings of the HubSpot account for as long as the storm lasts."""
