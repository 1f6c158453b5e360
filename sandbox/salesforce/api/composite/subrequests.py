"""Composite: up to 25 calls in one, each with its own headers, later ones using earlier answers."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final
from urllib.parse import parse_qsl, unquote, urlsplit

import orjson

from sandbox.salesforce.api.call import Answer, Call, json
from sandbox.salesforce.faults import FaultError

Dispatch = Callable[[Call], Answer]
Response = dict[str, Any]
_MOST: Final = 25
_MOST_QUERIES: Final = 5
_REFERENCE: Final = re.compile(r"@\{(\w+)((?:\.\w+|\[\d+\])+)\}")
_STEP: Final = re.compile(r"\.(\w+)|\[(\d+)\]")
_QUERY: Final = re.compile(r"/(query|queryAll|composite/sobjects)\b")
_FORBIDDEN: Final = {"accept", "authorization", "content-type"}
_HALTED: Final = (
    "The transaction was rolled back since another operation in the same transaction failed."
)


class _RollbackError(Exception):
    """Leaves the transaction of an all-or-none composite."""


def composite(call: Call, dispatch: Dispatch) -> Answer:
    """`POST /composite`; `dispatch` answers one subrequest."""
    body = call.record()
    requests = body.get("compositeRequest")
    if not isinstance(requests, list):
        raise FaultError("MISSING_ARGUMENT", "compositeRequest is required")
    for each in requests:
        check_request(each)
    _check_size(requests)
    everything = bool(body.get("allOrNone"))
    responses, _, rows = run_together(call, requests, dispatch, all_or_none=everything)
    return json({"compositeResponse": responses}, rows=rows)


def run_together(
    call: Call, requests: Sequence[Mapping[str, Any]], dispatch: Dispatch, *, all_or_none: bool
) -> tuple[list[Response], bool, int]:
    """Every response in order, whether all went well, and how many records were touched."""
    responses: list[Response] = []
    rows = 0
    failed = False
    try:
        with call.org.state.transaction():
            for each in requests:
                response, count = _one(call, each, responses, dispatch)
                responses.append(response)
                rows += count
            failed = any(each["httpStatusCode"] >= 400 for each in responses)
            if failed and all_or_none:
                raise _RollbackError
    except _RollbackError:
        responses = [
            each if each["httpStatusCode"] >= 400 else halted(each["referenceId"])
            for each in responses
        ]
        rows = 0
    return responses, not failed, rows


def check_request(request: Mapping[str, Any]) -> None:
    """Refuse the whole call for a subrequest without a good name, url or headers."""
    _check_named(request)
    given = {key.lower() for key in request.get("httpHeaders") or {}}
    if given & _FORBIDDEN:
        name = request["referenceId"]
        raise FaultError("INVALID_INPUT", f"Header not allowed in {name}: {given & _FORBIDDEN}")


def _check_named(request: Mapping[str, Any]) -> None:
    name = str(request.get("referenceId", ""))
    if not re.fullmatch(r"\w+", name):
        raise FaultError("INVALID_INPUT", f"Invalid referenceId: {name}")
    if not str(request.get("url", "")).startswith("/services/data/v"):
        raise FaultError("INVALID_INPUT", f"Invalid url of {name}: {request.get('url')}")


def _check_size(requests: list[Mapping[str, Any]]) -> None:
    heavy = sum(1 for each in requests if _QUERY.search(str(each["url"])))
    if len(requests) > _MOST or heavy > _MOST_QUERIES:
        text = f"Limit of {_MOST} subrequests, {_MOST_QUERIES} of them queries, exceeded"
        raise FaultError("LIMIT_EXCEEDED", text)


def _one(
    call: Call, request: Mapping[str, Any], before: list[Response], dispatch: Dispatch
) -> tuple[Response, int]:
    name = str(request["referenceId"])
    try:
        url = str(_resolved(str(request["url"]), before))
        body = _resolved(request.get("body"), before)
    except FaultError as fault:
        return _response(name, json([fault.rest()], 400)), 0
    answer = dispatch(subcall(call, request, url, body))
    return _response(name, answer), answer.rows


def subcall(call: Call, request: Mapping[str, Any], url: str, body: Any) -> Call:
    """The call a subrequest stands for; of the composite resources only collections are one."""
    split = urlsplit(url)
    _, _, _, version, *rest = split.path.rstrip("/").split("/")
    if rest[:1] == ["composite"] and rest[1:2] != ["sobjects"]:
        rest = ["nested composite"]  # answered as a path nobody knows
    return replace(
        call,
        version=version if re.fullmatch(r"v\d\d\.0", version) else call.version,
        method=str(request.get("method", "GET")).upper(),
        path=tuple(unquote(part) for part in rest),
        query=dict(parse_qsl(split.query, keep_blank_values=True)),
        headers={k.lower(): str(v) for k, v in (request.get("httpHeaders") or {}).items()},
        body=body,
    )


def _response(name: str, answer: Answer) -> Response:
    headers = {key: value for key, value in answer.headers.items() if key != "Last-Modified"}
    body = orjson.loads(answer.body) if answer.body else None
    return {
        "body": body,
        "httpHeaders": headers,
        "httpStatusCode": answer.status,
        "referenceId": name,
    }


def halted(name: str) -> Response:
    """What a subrequest reports that was undone, or not tried, for another's sake."""
    fault = FaultError("PROCESSING_HALTED", _HALTED)
    return _response(name, json([fault.rest()], 400))


def _resolved(value: Any, before: list[Response]) -> Any:
    """The value with its `@{ref.field}` put in."""
    if isinstance(value, dict):
        return {key: _resolved(each, before) for key, each in value.items()}
    if isinstance(value, list):
        return [_resolved(each, before) for each in value]
    if not isinstance(value, str):
        return value
    whole = _REFERENCE.fullmatch(value)
    if whole:
        return _looked_up(whole, before)
    return _REFERENCE.sub(lambda match: str(_looked_up(match, before)), value)


def _looked_up(match: re.Match[str], before: list[Response]) -> Any:
    name, steps = match.group(1), match.group(2)
    found = next((each for each in before if each["referenceId"] == name), None)
    value: Any = found["body"] if found and found["httpStatusCode"] < 400 else None
    for field, index in _STEP.findall(steps):
        try:
            value = value[field] if field else value[int(index)]
        except (KeyError, IndexError, TypeError):
            value = None
    if value is None:
        text = f"Invalid reference specified. No value for {name}{steps} found in {name}"
        raise FaultError("PROCESSING_HALTED", text)
    return value
