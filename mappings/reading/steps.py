"""Pipelines and policies: the words of a mapping that stand for behaviour."""

from collections.abc import Sequence
from typing import Final

from config.nearest import did_you_mean
from config.yaml import KeyPath
from mappings.reading.document import Steps
from mappings.reading.problems import Frame
from mappings.spec import Policy, Rule, Step
from mappings.transforms.catalogue import TRANSFORMS

_WINS: Final = "_wins"
OTHERWISE: Final = "otherwise"
"""In `owner_by_stage`: every team that is not named, and nobody."""


def read_steps(steps: Steps, path: KeyPath, frame: Frame) -> tuple[Step, ...]:
    """The named steps; an unknown name or a misplaced argument is noted."""
    found = (_step(step, (*path, index), frame) for index, step in enumerate(steps))
    return tuple(step for step in found if step is not None)


def _step(step: str | dict[str, str], path: KeyPath, frame: Frame) -> Step | None:
    if isinstance(step, str):
        name, argument = step, None
    elif len(step) == 1:
        name, argument = next(iter(step.items()))
    else:
        frame.problems.add(
            "One step is expected here",
            path,
            "a step is a name or `name: argument`",
            "Write each step as an item of its own.",
        )
        return None
    if (known := TRANSFORMS.get(name)) is None:
        frame.problems.unknown("transform", path, name, TRANSFORMS)
        return None
    if argument is not None and not known.takes_argument:
        frame.problems.add(
            f"`{name}` takes no argument", path, "it always does the same", f"Write `{name}` alone."
        )
    return Step(name, argument)


def read_policy(text: str, path: KeyPath, frame: Frame) -> Policy:
    """The policy behind its word; an unknown word is noted."""
    sides = tuple(frame.sides)
    if text == Rule.OWNER_BY_STAGE:
        return _by_stage(path, frame)
    if text in _plain():
        return Policy(Rule(text), sides)
    winner = text.removesuffix(_WINS)
    first = [s.name for s in frame.sides.values() if winner in (s.name, s.connection)]
    if text.endswith(_WINS) and first:
        return Policy(Rule.SIDE_WINS, (*first, *(name for name in sides if name not in first)))
    frame.problems.add(
        f"There is no policy `{text}`",
        path,
        "a policy says who wins when sides differ",
        did_you_mean(text, policies(frame), "Choose a policy."),
        value=True,
    )
    return Policy(Rule.LATEST_WINS, sides)


def read_stages(stages: dict[str, str], frame: Frame) -> Policy | None:
    """The policy behind `owner_by_stage`: team → side, `otherwise` for the rest."""
    if not stages:
        return None
    for team, side in stages.items():
        frame.side(side, ("owner_by_stage", team), value=True)
        if frame.teams and team not in {*frame.teams, OTHERWISE}:
            frame.problems.unknown("team", ("owner_by_stage", team), team, sorted(frame.teams))
    if OTHERWISE not in stages:
        frame.problems.add(
            "`owner_by_stage` does not say who owns the rest",
            ("owner_by_stage",),
            "an entity may be in nobody's hands yet, or in those of a team not named here",
            f"Add `{OTHERWISE}: <side>`.",
        )
        return None
    first = stages[OTHERWISE]
    order = (first, *(name for name in frame.sides if name != first))
    by_stage = {team: side for team, side in stages.items() if team != OTHERWISE}
    return Policy(Rule.OWNER_BY_STAGE, order, by_stage)


def _by_stage(path: KeyPath, frame: Frame) -> Policy:
    if frame.stages is None:
        frame.problems.add(
            "This mapping does not say which team works on which side",
            path,
            "`owner_by_stage` looks up who holds the entity now",
            f"Add `owner_by_stage: {{marketing: hubspot, {OTHERWISE}: salesforce}}` at the top.",
            value=True,
        )
        return Policy(Rule.OWNER_BY_STAGE, tuple(frame.sides))
    return frame.stages


def policies(frame: Frame) -> Sequence[str]:
    """The policies that this mapping may choose from."""
    winners = dict.fromkeys(
        name for side in frame.sides.values() for name in (side.name, side.connection)
    )
    return [*(f"{name}{_WINS}" for name in winners), *_plain()]


def _plain() -> list[str]:
    return [rule.value for rule in Rule if rule is not Rule.SIDE_WINS]
