"""Which resource answers which method and path below `/services/data/vNN.0`."""

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Final

from sandbox.salesforce.api import about, collections, queries, replication, sobjects
from sandbox.salesforce.api.call import Answer, Call, refused
from sandbox.salesforce.api.composite import composite
from sandbox.salesforce.faults import FaultError, not_found

Resource = Callable[..., Answer]
_ANY: Final = ""
_TABLE: Final[Mapping[tuple[str, ...], Mapping[str, Resource]]] = {
    (): {"GET": about.resources},
    ("limits", "recordCount"): {"GET": about.record_count},
    ("query",): {"GET": queries.query},
    ("queryAll",): {"GET": queries.query_all},
    ("query", _ANY): {"GET": queries.more},
    ("queryAll", _ANY): {"GET": queries.more},
    ("sobjects",): {"GET": sobjects.list_all},
    ("sobjects", _ANY): {"GET": sobjects.show_brief, "POST": sobjects.create_row},
    ("sobjects", _ANY, "describe"): {"GET": sobjects.show_describe},
    ("sobjects", _ANY, "updated"): {"GET": replication.updated},
    ("sobjects", _ANY, "deleted"): {"GET": replication.deleted},
    ("sobjects", _ANY, "Id"): {"POST": sobjects.create_by_id},
    ("sobjects", _ANY, _ANY): {
        "GET": sobjects.read_row,
        "PATCH": sobjects.update_row,
        "DELETE": sobjects.delete_row,
    },
    ("sobjects", _ANY, _ANY, _ANY): {
        "GET": sobjects.read_external,
        "PATCH": sobjects.upsert_external,
        "DELETE": sobjects.delete_external,
    },
    ("composite", "sobjects"): {
        "POST": collections.create_many,
        "PATCH": collections.update_many,
        "DELETE": collections.delete_many,
    },
    ("composite", "sobjects", _ANY): {"GET": collections.read_many, "POST": collections.read_many},
    ("composite", "sobjects", _ANY, _ANY): {"PATCH": collections.upsert_many},
}


class Resources:
    """Answers calls and counts them against the daily allowance."""

    def __init__(self) -> None:
        self._used: Counter[str] = Counter()

    @property
    def usage(self) -> str:
        """The value of `Sforce-Limit-Info`."""
        return f"api-usage={self._used.total()}/{about.DAILY_CALLS}"

    def answer(self, call: Call) -> Answer:
        """Answer a client's call; a composite counts once."""
        self._used[call.method] += 1
        if call.path == ("limits",) and call.method == "GET":
            return about.limits(call, self._used.total())
        if call.path == ("composite",) and call.method == "POST":
            return _guarded(lambda _: composite(call, dispatch), call)
        return dispatch(call)


def dispatch(call: Call) -> Answer:
    """Answer one call or subrequest; a refusal is an answer too."""
    return _guarded(_resource, call)


def _guarded(run: Callable[[Call], Answer], call: Call) -> Answer:
    try:
        return run(call)
    except FaultError as fault:
        return refused(fault)


def _resource(call: Call) -> Answer:
    for pattern, methods in _TABLE.items():
        if len(pattern) != len(call.path):
            continue
        if all(want in {_ANY, part} for want, part in zip(pattern, call.path, strict=True)):
            run = methods.get(call.method)
            if run is None:
                allowed = ",".join(sorted(methods))
                text = f"HTTP Method '{call.method}' not allowed. Allowed are {allowed}"
                raise FaultError("METHOD_NOT_ALLOWED", text)
            free = zip(pattern, call.path, strict=True)
            return run(call, *(part for want, part in free if want == _ANY))
    raise not_found()
