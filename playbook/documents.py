"""What may stand in a playbook file, as strict models; one kind of file per decision."""

from datetime import date, time
from typing import Literal, Self

from holidays import country_holidays
from pydantic import Field, field_validator, model_validator

from config.duration import Duration
from config.settings import Settings

Words = dict[Literal["en", "ja"], str]
"""A sentence in each language."""


def say(words: Words, language: str, otherwise: str = "") -> str:
    """The words in a language; in whichever there is, where that one is missing."""
    told = {str(known): text for known, text in words.items()}
    return told.get(language) or next(filter(None, told.values()), otherwise)


def by_the_clock(value: Duration) -> Duration:
    """The duration; ValueError when it is none of days."""
    if value.is_business or not value.clock.days:
        raise ValueError("write a duration in days such as 14d")
    return value


class Resource(Settings):
    """What every playbook file says about itself."""

    kind: str = Field(description="What the file declares.")
    name: str = Field(description="Its name, unique among its kind.", pattern="^[a-z][a-z0-9_]*$")
    description: str = Field(default="", description="What a colleague should know about it.")
    owner: str = Field(default="", description="Who answers for it.")
    tags: tuple[str, ...] = Field(default=(), description="Words to find it by.")


class Page(Settings):
    """Which pages speak of which product and journey stage."""

    url: str = Field(description="Part of the address; `*` stands for anything.")
    product: str | None = Field(default=None, description="The product the page is about.")
    stage: Literal["awareness", "evaluation", "use"] = Field(
        default="awareness", description="Where on the journey a reader of it stands."
    )


class InterestDocument(Resource):
    """URL rules that tag visits with what they are about; the first match counts."""

    pages: tuple[Page, ...] = Field(description="Rules, most particular first.")


class Fit(Settings):
    """Points for what somebody is."""

    when: str = Field(description="Condition over the entity.")
    points: int = Field(description="Points given when it is true.")
    why: Words = Field(default_factory=dict, description="The reason, as the owner reads it.")


class EngagementPart(Settings):
    """Points for what somebody did, fading with time."""

    when: str = Field(description="Condition over one engagement event.")
    each: float = Field(gt=0, description="Points per event on the day it happens.")
    cap: float = Field(gt=0, description="Most points this part can give.")
    half_life: Duration = Field(description="After this long an event is worth half.")
    why: Words = Field(default_factory=dict, description="The reason, as the owner reads it.")

    @field_validator("half_life")
    @classmethod
    def _by_the_clock(cls, value: Duration) -> Duration:
        return by_the_clock(value)


class WriteBack(Settings):
    """Where a score is written: system, object, platform field → value | grade | top_reasons."""

    salesforce: dict[str, dict[str, Literal["value", "grade", "top_reasons"]]] = Field(
        default_factory=dict, description="Salesforce object → field → what is written."
    )
    hubspot: dict[str, dict[str, Literal["value", "grade", "top_reasons"]]] = Field(
        default_factory=dict, description="HubSpot object → property → what is written."
    )


class ScoreDocument(Resource):
    """Fit and fading engagement, added up, graded, and written back when it matters."""

    entity: Literal["account", "person"] = Field(description="Whose score it is.")
    fit: dict[str, Fit] = Field(default_factory=dict, description="What somebody is.")
    engagement: dict[str, EngagementPart] = Field(
        default_factory=dict, description="What somebody did."
    )
    grades: dict[str, float] = Field(default_factory=dict, description="Grade → least points.")
    write: WriteBack = Field(default=WriteBack(), description="Where it is written back.")
    write_step: float = Field(
        default=5,
        ge=0,
        description="Write a value again only when it moved by this much, or the grade did.",
    )


class LadderDocument(Resource):
    """The confidence ladder 1–5 of a need, by what is known about an account and a product."""

    window: Duration = Field(description="How far back behaviour counts.")
    evaluation_views: int = Field(
        default=1, ge=1, description="Views that show evaluation (step 2)."
    )
    early_stages: tuple[str, ...] = Field(description="Opportunity stages of step 4.")
    late_stages: tuple[str, ...] = Field(description="Opportunity stages of step 5.")
    settled_after: Duration = Field(
        default=Duration.parse("90d"),
        description="Won longer ago, a need begins with the last team.",
    )

    @field_validator("window", "settled_after")
    @classmethod
    def _in_days(cls, value: Duration) -> Duration:
        return by_the_clock(value)


class Assign(Settings):
    """Who of the receiving team gets it."""

    first: Literal["account_owner", "opportunity_owner", "nobody"] = Field(
        default="account_owner", description="Whoever owns the record, if active and of the team."
    )
    then: Literal["round_robin"] = Field(
        default="round_robin", description="Else: fewest open ones first."
    )


class Sla(Settings):
    """By when, in business time."""

    accept_within: Duration = Field(description="Time to accept.")
    first_contact_within: Duration = Field(description="Time to the first contact.")


class Task(Settings):
    """A task as its owner reads it; `{account.name}` and its like are filled in."""

    subject: Words = Field(description="One line: what to do and for whom.")
    body: Words = Field(default_factory=dict, description="Why, with the facts.")
    due: Duration = Field(description="When it should be done, in business time.")
    priority: Literal["High", "Normal", "Low"] = Field(
        default="Normal", description="Its priority."
    )
    when_over: Literal["close", "leave"] = Field(
        default="close",
        description="When the reason of a signal's or a handoff's task vanishes: it is closed, "
        "with the reason as its first line, unless somebody works on it; or it is left.",
    )


class HandoffDocument(Resource):
    """One team gives a need to the next."""

    why: Words = Field(default_factory=dict, description="Why it is done, as its owner reads it.")
    from_team: str = Field(description="The team that has it.")
    to_team: str = Field(description="The team that gets it.")
    offer_when: str = Field(
        description="Condition over need, account, person, opportunity; a need that waits for its "
        "season is never offered."
    )
    requires: tuple[str, ...] = Field(
        default=(), description="Facts that must be known, e.g. person.phone."
    )
    assign: Assign = Field(default=Assign(), description="Who of the team gets it.")
    sla: Sla = Field(description="By when.")
    return_reasons: tuple[str, ...] = Field(
        default=("wrong_person", "no_need", "duplicate", "cannot_reach", "incomplete"),
        description="Why it may be given back.",
    )
    recycle_after: Duration = Field(
        default=Duration.parse("90d"), description="When a returned need may come up again."
    )
    task: Task | None = Field(default=None, description="The task its owner gets.")

    @field_validator("recycle_after")
    @classmethod
    def _in_days(cls, value: Duration) -> Duration:
        return by_the_clock(value)


class SignalDocument(Resource):
    """Something that deserves somebody's attention while it is true."""

    why: Words = Field(default_factory=dict, description="Why it is done, as its owner reads it.")
    entity: Literal["account", "person", "opportunity", "need"] = Field(description="About whom.")
    when: str = Field(description="Condition; open while it is true.")
    facts: tuple[str, ...] = Field(default=(), description="Values shown with it.")
    team: str = Field(default="field_sales", description="Who should act.")
    assign: Assign = Field(default=Assign(), description="Who of the team gets the task.")
    task: Task | None = Field(default=None, description="The task its owner gets.")


class Holdout(Settings):
    """Who is left alone, to see what the scenario changes."""

    percent: float = Field(default=0, ge=0, le=50, description="Share of the audience left alone.")
    salt: str = Field(default="", description="Changes who is drawn.")


class Cap(Settings):
    """How much at most."""

    records: int = Field(default=300, ge=1, description="Most accounts treated in one push.")
    per_owner: int = Field(default=15, ge=1, description="Most tasks per owner in one push.")


class MaList(Settings):
    """Put the account's people on a marketing list."""

    hubspot: str = Field(description="Name of a manual contact list.")
    people: str = Field(default="", description="Condition over person: who of the account.")


class Do(Settings):
    """What happens to whoever is in a branch."""

    sales_task: Task | None = Field(default=None, description="A task for the owner.")
    ma_list: MaList | None = Field(default=None, description="A place on a marketing list.")

    @model_validator(mode="after")
    def _something(self) -> Self:
        if self.sales_task is None and self.ma_list is None:
            raise ValueError("a branch gives a sales_task or a place on an ma_list")
        return self


class Branch(Settings):
    """Who gets what; the first branch that is true counts."""

    name: str = Field(description="Its name in reports.")
    when: str = Field(default="true", description="Condition over the entity.")
    do: Do = Field(description="What happens.")
    team: str = Field(default="field_sales", description="Whose task it is.")


class Approval(Settings):
    """Who must say yes."""

    by: tuple[Literal["manager", "operator", "admin"], ...] = Field(
        default=("manager", "admin"), description="Roles that may approve."
    )
    not_author: bool = Field(default=True, description="Nobody approves their own.")


class ScenarioDocument(Resource):
    """An audience, who is left out and why, and what happens to the rest."""

    title: Words = Field(default_factory=dict, description="Its name for people.")
    goal: Words = Field(default_factory=dict, description="What it is for.")
    entity: Literal["account"] = Field(default="account", description="Whom it is about.")
    audience: str = Field(description="Condition: who it is for.")
    exclude: dict[str, str] = Field(
        default_factory=dict, description="Reason → condition: who is left out."
    )
    consent: Literal["email", "none"] = Field(
        default="email", description="Which consent a person needs to be put on a list."
    )
    holdout: Holdout = Field(default=Holdout(), description="Who is left alone.")
    cap: Cap = Field(default=Cap(), description="How much at most.")
    branches: tuple[Branch, ...] = Field(description="Who gets what.")
    approval: Approval = Field(default=Approval(), description="Who must say yes.")

    @field_validator("branches")
    @classmethod
    def _told_apart(cls, value: tuple[Branch, ...]) -> tuple[Branch, ...]:
        names = [branch.name for branch in value]
        if not names or len(set(names)) < len(names):
            raise ValueError("write at least one branch, each with a name of its own")
        return value


class CalendarDocument(Resource):
    """When people work."""

    country: str = Field(default="JP", description="Whose public holidays count.")
    hours: tuple[time, time] = Field(
        default=(time(9), time(18)), description="Opening and closing time, as 09:00."
    )
    weekdays: tuple[int, ...] = Field(
        default=(0, 1, 2, 3, 4), min_length=1, description="Monday is 0."
    )
    closed: tuple[date, ...] = Field(default=(), description="Further closed days, ISO dates.")

    @field_validator("country")
    @classmethod
    def _known_country(cls, value: str) -> str:
        try:
            country_holidays(value)
        except NotImplementedError:
            raise ValueError(
                "no public holidays are known for it; write a code such as JP"
            ) from None
        return value

    @field_validator("hours")
    @classmethod
    def _opens_before_it_closes(cls, value: tuple[time, time]) -> tuple[time, time]:
        if value[0] >= value[1]:
            raise ValueError("an office opens before it closes on the same day")
        return value

    @field_validator("weekdays")
    @classmethod
    def _days_of_a_week(cls, value: tuple[int, ...]) -> tuple[int, ...]:
        if not set(value) <= set(range(7)):
            raise ValueError("weekdays go from 0 (Monday) to 6")
        return value


class TeamDocument(Resource):
    """One of the teams that hand needs to each other."""

    title: Words = Field(default_factory=dict, description="Its name for people.")
    position: int = Field(ge=1, description="Its place in the chain.")
    confidence: tuple[int, int] = Field(description="Steps of the ladder it holds, from and to.")
