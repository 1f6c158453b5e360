"""Composite graphs: up to 500 dependent record operations, each graph all or nothing."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import urlsplit

from sandbox.salesforce.api.call import Answer, Call, json
from sandbox.salesforce.api.composite.subrequests import (
    Dispatch,
    Response,
    check_request,
    halted,
    run_together,
)
from sandbox.salesforce.faults import FaultError

Request = Mapping[str, Any]
_MOST_NODES, _MOST_GRAPHS, _DEEPEST, _MOST_KINDS, _MOST_FAILED = 500, 75, 15, 15, 14
_ROW: Final = re.compile(r"/services/data/v\d\d\.0/sobjects/\w+(/[^/]+){0,2}/?")
_REFERENCE: Final = re.compile(r"@\{(\w+)[.\[]")


def graph(call: Call, dispatch: Dispatch) -> Answer:
    """`POST /composite/graph`; after 14 failed graphs the others are not tried."""
    graphs = call.record().get("graphs")
    if not isinstance(graphs, list):
        raise FaultError("MISSING_ARGUMENT", "graphs is required")
    _check(graphs)
    found: list[Response] = []
    failed = rows = 0
    for each in graphs:
        requests = each["compositeRequest"]
        if failed >= _MOST_FAILED:
            responses = [halted(one["referenceId"]) for one in requests]
            good, count = False, 0
        else:
            responses, good, count = run_together(call, requests, dispatch, all_or_none=True)
        failed, rows = failed + (not good), rows + count
        whole = {"compositeResponse": responses}
        found.append({"graphId": each["graphId"], "graphResponse": whole, "isSuccessful": good})
    return json({"graphs": found}, rows=rows)


def _check(graphs: Sequence[Request]) -> None:
    names = [str(each.get("graphId", "")) for each in graphs]
    if not all(names) or len(set(names)) < len(names):
        raise FaultError("INVALID_INPUT", "Each graph needs a graphId of its own")
    nodes = [one for each in graphs for one in each.get("compositeRequest") or ()]
    _limit("nodes per payload", len(nodes), _MOST_NODES)
    _limit("graphs per payload", len(graphs), _MOST_GRAPHS)
    for each in graphs:
        requests = each.get("compositeRequest") or []
        for one in requests:
            check_request(one)
            if not _ROW.fullmatch(urlsplit(str(one["url"])).path):
                raise FaultError("INVALID_INPUT", f"Not allowed in a graph: {one['url']}")
        _limit("kinds of nodes", len({_kind(one) for one in requests}), _MOST_KINDS)
        _limit("levels", _depth(requests), _DEEPEST)


def _limit(what: str, found: int, most: int) -> None:
    if found > most:
        raise FaultError("LIMIT_EXCEEDED", f"{what}: {found} are more than {most}")


def _kind(request: Request) -> tuple[str, str]:
    return str(request.get("method")), urlsplit(str(request["url"])).path.split("/")[5]


def _depth(requests: Sequence[Request]) -> int:
    """How many nodes the longest chain of references has."""
    depth: dict[str, int] = {}
    for one in requests:
        text = f"{one['url']} {one.get('body')}"
        parents = [depth.get(name, 0) for name in _REFERENCE.findall(text)]
        depth[str(one["referenceId"])] = 1 + max(parents, default=0)
    return max(depth.values(), default=0)
