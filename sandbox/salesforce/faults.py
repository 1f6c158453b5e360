"""What the platform says when it refuses: one exception, its bodies, the texts we know."""

from collections.abc import Mapping, Sequence
from typing import Any


class FaultError(ValueError):
    """A refusal with the platform's error code; REST and collections word it differently."""

    def __init__(self, code: str, message: str, fields: Sequence[str] | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.fields = fields
        self.duplicates: Mapping[str, Any] | None = None
        self.status = _STATUS.get(code, 400)

    def rest(self) -> dict[str, Any]:
        """The item of the array that a single-record call answers with."""
        if self.duplicates is not None:  # the platform spells the key so
            found = {"duplicateResut": self.duplicates}
            return {**found, "errorCode": self.code, "message": self.message}
        if self.status == 404 and self.fields is None:
            return {"errorCode": self.code, "message": self.message}
        body: dict[str, Any] = {"message": self.message, "errorCode": self.code}
        if self.fields is not None:
            body["fields"] = list(self.fields)
        return body

    def collection(self) -> dict[str, Any]:
        """The item of `errors` in a collection's result."""
        fields = list(self.fields or ())
        return {"statusCode": self.code, "message": self.message, "fields": fields}


_STATUS = {
    "INVALID_SESSION_ID": 401,
    "INSUFFICIENT_ACCESS_OR_READONLY": 403,
    "REQUEST_LIMIT_EXCEEDED": 403,
    "API_DISABLED_FOR_ORG": 403,
    "NOT_FOUND": 404,
    "ENTITY_IS_DELETED": 404,
    "METHOD_NOT_ALLOWED": 405,
    "PRECONDITION_FAILED": 412,
}


def not_found() -> FaultError:
    """No such path, object or row."""
    return FaultError("NOT_FOUND", "The requested resource does not exist")


def deleted() -> FaultError:
    """The row lies in the recycle bin."""
    return FaultError("ENTITY_IS_DELETED", "entity is deleted", [])


def no_external_id(value: str) -> FaultError:
    """A path names neither a row nor an external id field."""
    text = f"Provided external ID field does not exist or is not accessible: {value}"
    return FaultError("NOT_FOUND", text)


def malformed_id(label: str, value: object) -> FaultError:
    """An id of the wrong shape or of another object."""
    return FaultError("MALFORMED_ID", f"{label}: id value of incorrect type: {value}", [])


def bad_json(text: str) -> FaultError:
    """A body, or one value in it, that is not what the field needs."""
    return FaultError("JSON_PARSER_ERROR", text)


def unknown_type(name: str, prefix: str = "") -> FaultError:
    """A query or record names an object the org does not have."""
    text = (
        f"sObject type '{name}' is not supported. If you are attempting to use a custom object, "
        "be sure to append the '__c' after the entity name. Please reference your WSDL or the "
        "describe call for the appropriate names."
    )
    return FaultError("INVALID_TYPE", prefix + text)
