"""The texts of a task, in one language throughout: its owner's where the rule has words in it.

A text is never put together from two languages. Where the rule lacks its subject, its body, or the
reason they name in the owner's language, all of it is in the project's; where that lacks words as
well, in whichever the rule speaks.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, Final

from playbook.decide.tasks.order import Order
from playbook.documents import Words, say
from playbook.template import day, fill

_WHY: Final = "{rule.why}"
_LONGEST_SUBJECT: Final = 255
NO_LONGER: Final[Mapping[str, str]] = {
    "en": "No longer needed since {day}: {why}",
    "ja": "{day}以降、対応不要です：{why}",
}
"""The first line of a task that Tasuki closes."""
OVER: Final[Words] = {
    "en": "its condition is no longer true",
    "ja": "条件に当てはまらなくなりました",
}
"""Why, when the rule itself no longer holds."""
RETURNED: Final[Words] = {"en": "it was returned", "ja": "差し戻されました"}
RECYCLED: Final[Words] = {"en": "it comes up again later", "ja": "ナーチャリングに戻されました"}


def language_of(order: Order, preferred: Iterable[str | None]) -> str:
    """The first of the preferred languages in which everything that the text names is said."""
    task = order.task
    needed: list[Words] = [words for words in (task.subject, task.body) if words]
    if order.why and any(_WHY in text for words in needed for text in words.values()):
        needed.append(order.why)
    spoken = [{str(language) for language in words} for words in needed]
    wanted = [each for each in preferred if each]
    for language in (*wanted, *sorted(set().union(*spoken))):
        if all(language in words for words in spoken):
            return language
    return wanted[-1] if wanted else "en"


def subject(order: Order, values: Mapping[str, Mapping[str, Any]], zone: str, said: str) -> str:
    """The line that says what to do, on one line as systems keep it."""
    text = fill(say(order.task.subject, said), values, zone, said)
    return " ".join(text.split())[:_LONGEST_SUBJECT].rstrip()


def body(order: Order, values: Mapping[str, Mapping[str, Any]], zone: str, said: str) -> str:
    """Why, with the facts."""
    return fill(say(order.task.body, said), values, zone, said)


def no_longer(text: str, since: date, why: Words, said: str) -> str:
    """The body of a task whose reason vanished: that first, then what it said."""
    spoken = said if said in NO_LONGER else "en"
    first = NO_LONGER[spoken].format(day=day(since, spoken), why=say(why, spoken))
    return f"{first}\n\n{text}" if text else first
