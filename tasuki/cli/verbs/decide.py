"""reviews, split, conflicts: what only a person can decide."""

from typing import Annotated

from cyclopts import Parameter

from tasuki.cli.faults import Exit
from tasuki.cli.front import Doorway

# ── conflicts ──


def conflicts(
    *,
    entity: str = "",
    field: str = "",
    state: str = "open",
    limit: int = 50,
    door: Doorway,
) -> int:
    """Fields on which records moved apart and no policy may decide: a person does, once.

    Parameters
    ----------
    entity
        Only those of this kind, e.g. account.
    field
        Only those of this field.
    state
        open, decided, resolved (the records agree again) or overtaken (they moved on since).
    limit
        Show so many, the oldest first.
    """
    from tasuki.cli.views.why.conflict import conflicts_view
    from tasuki.service.deciding import conflicts as inbox

    found = inbox.inbox(door.app(), state, entity, field, limit)
    screen = door.screen
    screen.document("conflicts", {"conflicts": found})
    screen.show(conflicts_view(found, screen.words))
    if found and state == "open":
        screen.next(f"tasuki conflicts resolve {found[0].id} --take {found[0].candidates[0].side}")
    return Exit.DONE


def conflicts_resolve(
    id: str, *, take: str = "", value: str | None = None, reason: str = "", door: Doorway
) -> int:
    """Decide a conflict: the value is the entity's from the next run on, and is written back.

    Parameters
    ----------
    id
        The conflict, as `tasuki conflicts` shows it.
    take
        The side (or the ref of the record) whose value it is.
    value
        Another value, that no record says.
    reason
        What others should know.
    """
    from tasuki.cli.flow import me
    from tasuki.cli.views.why.conflict import conflict_view
    from tasuki.service.deciding import conflicts as inbox

    done = inbox.resolve(door.app(), id, me(), take=take, value=value, reason=reason)
    door.screen.document("conflict", {"conflict": done})
    door.screen.show(conflict_view(done, door.screen.words))
    door.screen.next("tasuki run")
    return Exit.DONE


def conflicts_reopen(id: str, *, reason: str = "", door: Doorway) -> int:
    """Take a decision back: the field waits for a person again, and is written nowhere meanwhile.

    Parameters
    ----------
    id
        The conflict, as `tasuki conflicts --state decided` shows it.
    reason
        What others should know.
    """
    from tasuki.cli.flow import me
    from tasuki.cli.views.why.conflict import conflict_view
    from tasuki.service.deciding import conflicts as inbox

    done = inbox.reopen(door.app(), id, me(), reason)
    door.screen.document("conflict", {"conflict": done})
    door.screen.show(conflict_view(done, door.screen.words))
    return Exit.DONE


# ── who is who ──


def reviews(*, entity: str = "", state: str = "open", limit: int = 20, door: Doorway) -> int:
    """Records that may be the same person or company: no rule is sure, a person says.

    Parameters
    ----------
    entity
        Only those of this kind, e.g. person.
    state
        open, accepted, rejected, settled (new data answered it) or all.
    limit
        Show so many, the oldest first.
    """
    from tasuki.cli.views.review import inbox_view
    from tasuki.service.deciding import reviews as deciding

    found = deciding.inbox(door.app(), state=state, entity=entity, limit=limit)
    door.screen.document("reviews", {"reviews": found.reviews, "total": found.total})
    door.screen.show(inbox_view(found, door.screen.words))
    if found.reviews and state == "open":
        door.screen.next(f"tasuki reviews accept|reject {found.reviews[0].id}")
    return Exit.DONE


def reviews_accept(id: str, *, reason: str = "", door: Doorway) -> int:
    """The two are one: the next run joins them, above every rule and veto.

    Parameters
    ----------
    id
        The review, as `tasuki reviews` shows it; a rejected one may be accepted after all.
    reason
        What others should know.
    """
    return _decided(door, id, reason, accepted=True)


def reviews_reject(id: str, *, reason: str = "", door: Doorway) -> int:
    """The two are others: no rule ever joins them, and nobody is asked again.

    Parameters
    ----------
    id
        The review, as `tasuki reviews` shows it.
    reason
        What others should know.
    """
    return _decided(door, id, reason, accepted=False)


def reviews_find(entity: str, *, least: float = 0.95, limit: int = 500, door: Doorway) -> int:
    """Look through a whole entity for duplicates that no key shows: needs `tasuki[splink]`.

    Parameters
    ----------
    entity
        account or person.
    least
        Ask about pairs that are one with at least this probability, from 0 to 1.
    limit
        Ask about so many at most, the surest first.
    """
    from tasuki.service.deciding.probable import find

    asked = find(door.app(), entity, least, limit)
    door.screen.document("found", {"asked": asked})
    door.screen.note(door.screen.words("{n} proposals wait in reviews", n=f"{asked:,}"))
    if asked:
        door.screen.next("tasuki reviews")
    return Exit.DONE


def _decided(door: Doorway, id: str, reason: str, *, accepted: bool) -> int:
    from tasuki.cli.flow import me
    from tasuki.cli.views.review import review_view
    from tasuki.service.deciding import reviews as deciding

    decide = deciding.accept if accepted else deciding.reject
    done = decide(door.app(), id, me(), reason)
    door.screen.document("review", {"review": done})
    door.screen.show(review_view(done, door.screen.words))
    door.screen.next("tasuki run")
    return Exit.DONE


def split(
    ref: str, *, reason: str, from_: Annotated[str, Parameter(name="from")] = "", door: Doorway
) -> int:
    """Take a record out of its person or company: it was joined to others by mistake.

    Parameters
    ----------
    ref
        The record, connection/object/id.
    reason
        Why; others read it in the audit and beside the link.
    from_
        From which entity, where a record belongs to several, e.g. person.
    """
    from tasuki.cli.flow import me
    from tasuki.cli.views.review import split_view
    from tasuki.service.deciding import reviews as deciding

    done = deciding.split(door.app(), ref, me(), reason, from_)
    door.screen.document("split", {"split": done})
    door.screen.show(split_view(done, door.screen.words))
    door.screen.next("tasuki run")
    return Exit.DONE
