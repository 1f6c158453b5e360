"""What stands behind the numbers: one value with what lost, one doubt, the money."""

from typing import TYPE_CHECKING

from rich.padding import Padding
from rich.text import Text

from tasuki.cli.views.report import money_line
from tasuki.cli.views.review import review_view
from tasuki.cli.views.why.explain import entity_view

if TYPE_CHECKING:
    from rich.console import RenderableType

    from tasuki.cli.demo.walk import Walk


def show_truth(walk: "Walk") -> None:
    """Ask three questions, each under the command that asks it; nothing is changed."""
    walk.title("One truth: why a value stands, who is in doubt, what was earned")
    _value(walk)
    _doubt(walk)
    _money(walk)


def _value(walk: "Walk") -> None:
    from tasuki.service.explaining.answer import explain_entity
    from tasuki.service.explaining.cells import contested

    app = walk.door.app()
    if (account := contested(app, "account", "name")) is not None:
        view = entity_view(explain_entity(app, "account", account, "name"), walk.door.screen.words)
        _asked(walk, f"tasuki explain account/{account}.name", view)


def _doubt(walk: "Walk") -> None:
    from tasuki.service.deciding.reviews import inbox

    found = inbox(walk.door.app(), state="open", entity="", limit=1)
    for each in found.reviews:
        _asked(walk, "tasuki reviews --limit 1", review_view(each, walk.door.screen.words))
        said = walk.say(
            "{n} such questions wait. `tasuki reviews reject {id}` keeps these two apart, `accept` "
            "joins them; nobody is asked twice.",
            n=found.total,
            id=each.id,
        )
        walk.show(Padding(Text(said), (0, 0, 0, 2)))


def _money(walk: "Walk") -> None:
    from tasuki.service.money.reconcile import reconcile

    found = reconcile(walk.door.app())
    _asked(walk, "tasuki reconcile", Text(money_line(found, walk.door.screen.words)))


def _asked(walk: "Walk", command: str, answer: "RenderableType") -> None:
    walk.show("", Text(f"$ {command}", "cyan"), Padding(answer, (0, 0, 0, 2)))
