"""The workflows: what a run, an apply, an undo and a scenario push walk through, step by step."""

from typing import Any

from jobs.runtime import Run, Runtime
from playbook.decide.step import decide
from playbook.measure.step import measure
from playbook.scenario.push import push
from staging.erasure.compact import compact
from sync.complete.due import Ordered
from sync.complete.flow import pull
from sync.copy import copy
from sync.erasure.erase import again
from sync.erasure.told import forget_told
from sync.identity.keys import read_keys
from sync.identity.resolve import resolve
from sync.identity.visitors.attribute import attribute
from sync.merge.entities import merge
from sync.reading.rejects import unread
from sync.reading.revision import revise
from sync.renames import reword
from sync.wishes.step import wish_records
from sync.write.apply.flow import apply
from sync.write.apply.lookback import look_back
from sync.write.apply.settle import settle
from sync.write.parked.retry import close, reopen, try_due
from sync.write.plan.draft import plan
from sync.write.rivals.naming import name_rivals
from sync.write.undo.flow import plan_undo
from tasuki.service.scenarios import ADOPT
from tasuki.values import Json


def register(runtime: Runtime) -> None:
    """Make every workflow known by its verb."""
    runtime.register("run", run)
    runtime.register("replan", replan)
    runtime.register("apply", apply_plan)
    runtime.register("retry", retry)
    runtime.register("undo", undo)
    runtime.register("push", push_scenario)


def run(run: Run, arguments: dict[str, Json]) -> dict[str, Json]:
    """Pull, map, identify, merge, measure, decide, plan: everything but the writing."""
    erased = again(run)
    settled = settle(run)
    looked = look_back(run)
    tried = try_due(run)
    pulled = pull(run, Ordered.of(arguments))
    name_rivals(run)
    if erased + forget_told(run):
        compact(run.store)
    understood = understand(run)
    planned = plan(run, "", arguments.get("by", "operator"), arguments.get("select"))
    counts = {**pulled, **understood, **planned, **{k: n for k, n in looked.items() if n}}
    counts |= {"settled": settled["written"] + settled["lost"], "retried": tried}
    if pulled["broken"] or pulled["unreadable"] or not pulled["complete"]:
        counts["state"] = "partial"
    return counts


def replan(run: Run, arguments: dict[str, Json]) -> dict[str, Json]:
    """Understand, decide and plan from what was pulled last; no system is asked."""
    understood = understand(run)
    by, select = arguments.get("by", "operator"), arguments.get("select")
    return {**understood, **plan(run, "", by, select, ask=False)}


def understand(run: Run) -> dict[str, Json]:
    """From staged records to decisions."""
    counts: dict[str, Any] = {"entities": 0, "conflicts": 0, **reword(run)}
    revise(run)
    read_keys(run)
    resolve(run)
    copy(run)
    counts["unread"] = unread(run)
    attribute(run)
    merged = merge(run)
    counts |= merged
    counts["measured"] = measure(run)
    counts |= decide(run)
    counts |= wish_records(run)
    close(run)
    return counts


def apply_plan(run: Run, arguments: dict[str, Json]) -> dict[str, Json]:
    """Carry out one approved plan."""
    settle(run)
    counts = apply(run, arguments["plan"], production=bool(arguments.get("production")))
    close(run)
    return counts


def retry(run: Run, arguments: dict[str, Json]) -> dict[str, Json]:
    """Make a plan of what was refused and not read, in a run or at all; today's rules say how."""
    settle(run)
    of, by = arguments["of"], arguments.get("by", "operator")
    same_as = str(arguments.get("same_as") or "")
    opened = reopen(run, of, by, dropped=bool(arguments.get("dropped")), same_as=same_as)
    understood = {} if arguments.get("as_planned") else understand(run)
    origin = f"retry:{of}" if of else "retry"
    select: dict[str, Json] = {"wishes": opened.pop("wishes"), "origin": origin}
    return {**understood, **opened, **plan(run, "", by, select, ask=False)}


def undo(run: Run, arguments: dict[str, Json]) -> dict[str, Json]:
    """Make the plan that undoes a run, a plan, a scenario run or what was written to a record."""
    settle(run)
    by = arguments.get("by", "operator")
    return plan_undo(run, arguments["of"], by, arguments.get("since"))


def push_scenario(run: Run, arguments: dict[str, Json]) -> dict[str, Json]:
    """Turn an approved scenario run into a plan of its own; with `apply`, carry it out as well."""
    scenario_run, writes = arguments["scenario_run"], bool(arguments.get("apply"))
    pushed = push(run, scenario_run)
    planned = plan(run, f"scenario:{scenario_run}", arguments.get("by", "operator"))
    if planned["plan"] is None:
        return {**pushed, **planned}
    run.step(ADOPT, scenario_run=scenario_run, plan=planned["plan"], approve=writes)
    production = bool(arguments.get("production"))
    written = apply(run, planned["plan"], production=production) if writes else {}
    return {**pushed, **planned, **written}
