"""Refusals as API v5 words them: `{"code", "message"}`.

Source: API notes, section 11.2, for 66, 122 and 184; the other numbers are from the product's list
of error codes as remembered and stand for their kind of refusal.
"""

from collections.abc import Mapping


class Fault(Exception):
    """A call that is refused."""

    def __init__(
        self, status: int, code: int, message: str, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.headers = dict(headers or {})


def invalid(message: str) -> Fault:
    """A parameter or value that does not fit."""
    return Fault(400, 71, message)


def missing(what: str) -> Fault:
    """No such record, collection or address."""
    return Fault(404, 109, f"{what} not found")


def bad_token() -> Fault:
    """A token that is not one (any more)."""
    return Fault(401, 184, "access_token is invalid, unknown, or malformed")


def no_unit() -> Fault:
    """No business unit was named."""
    return Fault(401, 181, "Pardot-Business-Unit-Id header not found")


def wrong_unit() -> Fault:
    """A business unit that is not this one."""
    return Fault(401, 182, "Invalid value for Pardot-Business-Unit-Id header")


def not_allowed(object: str) -> Fault:
    """The user's role does not reach so far."""
    return Fault(403, 15, f"User does not have permission to access {object}")


def day_is_over() -> Fault:
    """The daily allowance is used up; nothing says when to come back."""
    return Fault(429, 122, "Daily API rate limit met.")


def too_many_at_once() -> Fault:
    """More connections at a time than allowed."""
    return Fault(429, 66, "You have exceeded the concurrent request limit.")
