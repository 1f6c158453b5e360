"""Who is meant: a person by e-mail address, name, id or one of their records."""

from staging import identities
from tasuki.errors import UnknownRecordError
from tasuki.service.app import App
from tasuki.service.explaining.target import search
from tasuki.values import Ref


def person_of(app: App, target: str) -> str:
    """The id of the person.

    Errors: UnknownRecordError when nobody goes by it, or several do.
    """
    if target.count("/") >= 2:
        with app.store.reading() as db:
            linked = identities.links_of(db, "person", [Ref.parse(target)])
        if linked:
            return next(iter(linked.values()))
    elif target.startswith("person/"):
        return target.removeprefix("person/")
    else:
        found = [id_ for entity, id_ in search(app, target) if entity == "person"]
        if len(found) == 1:
            return found[0]
        if found:
            raise UnknownRecordError(
                f"{len(found)} people go by that name",
                where="the person named",
                why="which of them is meant cannot be told",
                remedy=f"Name one: {', '.join(f'person/{id_}' for id_ in found[:5])}.",
            )
    raise UnknownRecordError(
        "no person goes by it",
        where="the person named",
        why="the store knows no such person; one who was erased is not known either",
        remedy="Write an e-mail address, a full name, person/ID, or connection/object/id.",
    )
