"""Which resource answers which path of `/jobs`; an empty part of a pattern is any."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Final

from sandbox.salesforce.api.call import Answer, Call
from sandbox.salesforce.bulk import resource

Resource = Callable[..., Answer]


def _of(kind: str, run: Callable[..., Answer]) -> Resource:
    return partial(_called, kind, run)


def _called(kind: str, run: Callable[..., Answer], call: Call, *parts: str) -> Answer:
    return run(call, kind, *parts)


def _job(kind: str) -> Mapping[str, Resource]:
    return {
        "GET": _of(kind, resource.show),
        "PATCH": _of(kind, resource.change),
        "DELETE": _of(kind, resource.remove),
    }


JOBS: Final[Mapping[tuple[str, ...], Mapping[str, Resource]]] = {
    ("jobs", "ingest"): {
        "GET": _of("ingest", resource.list_jobs),
        "POST": resource.create_ingest,
    },
    ("jobs", "query"): {"GET": _of("query", resource.list_jobs), "POST": resource.create_query},
    ("jobs", "ingest", ""): _job("ingest"),
    ("jobs", "query", ""): _job("query"),
    ("jobs", "ingest", "", "batches"): {"PUT": resource.upload},
    ("jobs", "query", "", "results"): {"GET": resource.results},
    ("jobs", "query", "", "resultPages"): {"GET": resource.result_pages},
    ("jobs", "ingest", "", ""): {"GET": resource.rows_of},
}
