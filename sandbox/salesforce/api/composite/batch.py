"""Composite batch: up to 25 independent calls in one, each counted, none undone."""

import re
from collections.abc import Mapping
from typing import Any, Final

import orjson

from sandbox.salesforce.api.call import Answer, Call, json, refused
from sandbox.salesforce.api.composite.subrequests import Dispatch, Response, subcall
from sandbox.salesforce.faults import FaultError

_MOST: Final = 25
_URL: Final = re.compile(r"/?(services/data/)?v\d\d\.0/.+")


def batch(call: Call, dispatch: Dispatch) -> Answer:
    """`POST /composite/batch`; with `haltOnError` the rest is not tried after a failure."""
    body = call.record()
    requests = body.get("batchRequests")
    if not isinstance(requests, list):
        raise FaultError("MISSING_ARGUMENT", "batchRequests is required")
    if len(requests) > _MOST:
        raise FaultError("LIMIT_EXCEEDED", f"Limit of {_MOST} batch requests exceeded")
    results: list[Response] = []
    rows = 0
    for each in requests:
        if body.get("haltOnError") and any(one["statusCode"] >= 400 for one in results):
            text = "The batch is halted as a preceding request failed and haltOnError is true"
            results.append(_result(json([_halted(text)], 412)))
            continue
        answer = _one(call, each, dispatch, first=not results)
        results.append(_result(answer))
        rows += answer.rows
    failed = any(each["statusCode"] >= 400 for each in results)
    return json({"hasErrors": failed, "results": results}, rows=rows)


def _one(call: Call, request: Mapping[str, Any], dispatch: Dispatch, *, first: bool) -> Answer:
    url = str(request.get("url", ""))
    try:
        if not first:  # the call as a whole was counted for its first request
            call.usage.count(call.app)
        if not _URL.fullmatch(url):
            raise FaultError("INVALID_INPUT", f"Invalid url: {url}")
    except FaultError as fault:
        return refused(fault)
    path = url.lstrip("/").removeprefix("services/data/")
    asked = {"method": request.get("method", "GET")}
    return dispatch(subcall(call, asked, f"/services/data/{path}", request.get("richInput")))


def _halted(text: str) -> dict[str, Any]:
    return FaultError("BATCH_PROCESSING_HALTED", text).rest()


def _result(answer: Answer) -> Response:
    content = orjson.loads(answer.body) if answer.body else None
    return {"statusCode": answer.status, "result": content}
