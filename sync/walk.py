"""Walk what waits, a step at a time, telling how far it is."""

from sync.context import Runner, Step


def by_kind(run: Runner, waiting: Step, take: Step, stage: str) -> int:
    """Take every waiting record, kind by kind; how many."""
    total = 0
    for kind, count in run.step(waiting)["kinds"].items():
        left = count
        while left > 0:
            taken = run.step(take, kind=kind)["taken"]
            total, left = total + taken, left - (taken or left)
            run.tell(stage, total, None, kind)
    return total
