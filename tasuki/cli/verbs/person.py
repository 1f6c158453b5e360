"""erase, export: what a person may ask of us."""

from pathlib import Path

from tasuki.cli.faults import Exit, NotConfirmedError, UsageError
from tasuki.cli.front import Door, Doorway, Flag

_WORD = "erase"
"""What is typed to say yes."""


def erase(
    person: str = "",
    *,
    yes: Flag = False,
    lift: Flag = False,
    rotate_key: Flag = False,
    door: Doorway,
) -> int:
    """Forget a person for good: no pull, webhook, import or merge brings them back.

    Parameters
    ----------
    person
        An e-mail address, a full name, person/ID, or connection/object/id.
    yes
        Do not ask.
    lift
        Let somebody who was erased, named by e-mail address, come again.
    rotate_key
        Erase nobody: a fresh key for erasures to come; older ones still tell who was erased.
    """
    if rotate_key == bool(person):
        raise UsageError(
            "It is not clear who is to be erased",
            where="tasuki erase",
            why="a person is named beside --rotate-key" if person else "nobody is named",
            remedy="Name one person, or pass --rotate-key alone.",
        )
    if rotate_key:
        return _rotate_key(door)
    return _lift(door, person) if lift else _erase(door, person, yes=yes)


def _rotate_key(door: Door) -> int:
    from tasuki.cli.flow import me
    from tasuki.service.privacy import erasing

    keys, screen = erasing.rotate_key(door.app(), me()), door.screen
    folder = str(door.app().project.erasure_folder)
    said = "{n} keys are in {folder}, a fresh one among them; back that folder up now."
    screen.document("key_rotated", {"keys": keys, "folder": folder})
    screen.show(screen.words(said, n=keys, folder=folder))
    return Exit.DONE


def _lift(door: Door, address: str) -> int:
    from tasuki.cli.flow import me
    from tasuki.service.privacy import erasing

    app, screen = door.app(), door.screen
    known = erasing.lift(app, address, me())
    screen.document("lifted", {"was_erased": known})
    said = "They may come again." if known else "Nobody with that address was erased."
    screen.show(screen.words(said))
    return Exit.DONE


def _erase(door: Door, person: str, *, yes: bool) -> int:
    from tasuki.cli.flow import me
    from tasuki.cli.verbs.flow.shown import vars_of
    from tasuki.cli.views.person import erased_view
    from tasuki.service.privacy import erasing

    app, screen = door.app(), door.screen
    asked = erasing.ask(app, person)
    if not yes:
        _confirm(door, len(asked.records), asked.belongings)
    done = erasing.erase(app, asked.person, me())
    screen.document("erased", vars_of(done))
    screen.show(erased_view(done, screen.words))
    return Exit.DONE


def _confirm(door: Door, records: int, events: int) -> None:
    screen = door.screen
    question = screen.words(
        "{records} records and {events} events go for good. Type {word}: ",
        records=f"{records:,}",
        events=f"{events:,}",
        word=_WORD,
    )
    if not screen.err.is_terminal or screen.err.input(question).strip() != _WORD:
        raise NotConfirmedError(
            "Nobody was erased",
            where="erase",
            why="nobody typed the word that says yes",
            remedy="Type it when asked, or pass --yes.",
        )


def export(person: str, *, to: Path, door: Doorway) -> int:
    """Write down everything that is held about a person, as JSON, for them to read.

    Parameters
    ----------
    person
        An e-mail address, a full name, person/ID, or connection/object/id.
    to
        The file to write; it must not exist.
    """
    from tasuki.cli.flow import me
    from tasuki.cli.verbs.flow.shown import vars_of
    from tasuki.cli.views.person import exported_view
    from tasuki.service import accounts
    from tasuki.service.privacy.exporting import export as gather
    from tasuki.values import dumps

    app, screen = door.app(), door.screen
    if to.exists():
        raise UsageError(
            f"{to.name} exists already",
            where=str(to),
            why="an export never replaces a file",
            remedy="Choose another name, or take the file away.",
        )
    found = gather(app, person)
    text = dumps({"schema": "tasuki.person/1", **vars_of(found)})
    to.touch(mode=0o600)
    to.write_text(text, encoding="utf-8")
    accounts.audit(app, me(), "person.exported", found.person)
    screen.document("exported", {"person": found.person, "counts": found.counts, "to": str(to)})
    screen.show(exported_view(found.counts, str(to), screen.words))
    return Exit.DONE
