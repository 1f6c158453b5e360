"""The error bodies of the API: what went wrong, in HubSpot's envelope."""

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

PORTAL = 4812345


class Fault(Exception):
    """One refusal, carried to the answer; `body` is the envelope without its correlation id."""

    def __init__(self, status: int, message: str, category: str | None = None, **more: Any) -> None:
        super().__init__(message)
        self.status = status
        self.headers: dict[str, str] = {}
        self.body: dict[str, Any] = {"status": "error", "message": message}
        if category:
            self.body["category"] = category
        self.body.update(more)

    def in_batch(self, context: Mapping[str, Sequence[str]]) -> dict[str, Any]:
        """The same refusal as one entry of a 207 answer."""
        known = {**self.body.get("context", {}), **context}
        return {"errors": [], "links": {}, **self.body, "context": known}


def invalid(message: str, **more: Any) -> Fault:
    """A 400 with the category of nearly all 400s."""
    return Fault(400, message, "VALIDATION_ERROR", **more)


def invalid_values(problems: Sequence[Mapping[str, Any]]) -> Fault:
    """A 400 whose list of problems is JSON text inside the message."""
    text = orjson.dumps([{"isValid": False, **problem, "portalId": PORTAL} for problem in problems])
    return invalid(f"Property values were not valid: {text.decode()}")


def problem(name: str, code: str, message: str) -> dict[str, str]:
    """One property value that does not pass."""
    return {"message": message, "error": code, "name": name, "localizedErrorMessage": message}


def missing(label: str, names: Sequence[str]) -> Fault:
    """A 400 for a record without what every record of its type needs."""
    message = f"Error creating {label.upper()}. Some required properties were not set."
    return invalid(message, context={"properties": list(names)})


def not_found(message: str = "resource not found") -> Fault:
    """A 404 in the usual envelope."""
    return Fault(404, message, "OBJECT_NOT_FOUND")


def unknown_ids(label: str, ids: Sequence[str]) -> Fault:
    """A 404 (or a 207 entry) naming the ids a batch could not find."""
    message = f"Could not get some {label.upper()} objects, they may be deleted or not exist."
    fault = not_found(f"{message} Check that ids are valid.")
    fault.body["context"] = {"ids": list(ids)}
    return fault


def taken(label: str, id: int) -> Fault:
    """A 409: the id of the record that holds the value exists only inside the text."""
    return Fault(409, f"{label.capitalize()} already exists. Existing ID: {id}", "CONFLICT")


def not_unique(type_id: str, name: str) -> Fault:
    """A 400 for an `idProperty` that identifies nothing."""
    return invalid(
        f"Unable to perform update/upsert by non-unique {type_id} property {name} "
        f"in portal ID {PORTAL}"
    )


def unauthenticated() -> Fault:
    """A 401: no token, or not the account's."""
    return Fault(
        401,
        "Authentication credentials not found. This API supports OAuth 2.0 authentication and "
        "you can find more details at https://developers.hubspot.com/docs/methods/auth/oauth-overview",
        "INVALID_AUTHENTICATION",
    )


def missing_scopes(*scopes: str) -> Fault:
    """A 403 naming what the token or the subscription lacks."""
    return Fault(
        403,
        "This app hasn't been granted all required scopes to make this call. Read more about "
        "required scopes here: https://developers.hubspot.com/scopes.",
        "MISSING_SCOPES",
        errors=[
            {
                "message": "One or more of the following scopes are required.",
                "context": {"requiredGranularScopes": list(scopes)},
            }
        ],
        links={"scopes": "https://developers.hubspot.com/scopes"},
    )
