"""Which resource answers which method and path below `/services/data/vNN.0`."""

from collections.abc import Callable, Mapping
from typing import Final

from sandbox.salesforce.api import about, queries, replication, sobjects
from sandbox.salesforce.api.call import Answer, Call, refused
from sandbox.salesforce.api.composite import collections
from sandbox.salesforce.api.composite.batch import batch
from sandbox.salesforce.api.composite.graph import graph
from sandbox.salesforce.api.composite.subrequests import composite
from sandbox.salesforce.api.composite.tree import tree
from sandbox.salesforce.bulk.table import JOBS
from sandbox.salesforce.faults import FaultError, not_found

Resource = Callable[..., Answer]
_ANY: Final = ""
_TABLE: Final[Mapping[tuple[str, ...], Mapping[str, Resource]]] = {
    (): {"GET": about.resources},
    ("limits",): {"GET": about.limits},
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
    ("composite",): {"POST": lambda call: composite(call, answered)},
    ("composite", "graph"): {"POST": lambda call: graph(call, answered)},
    ("composite", "batch"): {"POST": lambda call: batch(call, answered)},
    ("composite", "tree", _ANY): {"POST": tree},
    ("composite", "sobjects"): {
        "POST": collections.create_many,
        "PATCH": collections.update_many,
        "DELETE": collections.delete_many,
    },
    ("composite", "sobjects", _ANY): {"GET": collections.read_many, "POST": collections.read_many},
    ("composite", "sobjects", _ANY, _ANY): {"PATCH": collections.upsert_many},
    **JOBS,
}


def answered(call: Call) -> Answer:
    """Answer one call or subrequest; a refusal is an answer too."""
    try:
        return _resource(call)
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
