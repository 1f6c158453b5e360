"""One call to Acme: spent, counted, sent, and its errors told in Tasuki's families."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import httpx

from connectors.budget import Budget, Limits, Rule
from connectors.protocol import OpenContext
from tasuki.errors import (
    BlockedError,
    BudgetError,
    RejectedError,
    SignInError,
    TasukiError,
    TransientError,
    UnreachableError,
)
from tasuki_acme.settings import AcmeSettings

RULES: Final = {"burst": Rule(calls=10, seconds=1)}
"""What Acme enforces; the budget keeps to it across all processes."""

CALLS: Final[Mapping[int, tuple[type[TasukiError], str, str]]] = {
    401: (SignInError, "Acme refuses the token", "Put a valid token into .env."),
    403: (BlockedError, "the token may not do this", "Give the token's user the permission."),
    404: (RejectedError, "Acme has no such object", "Correct the object's name in the mapping."),
    429: (BudgetError, "the allowance of calls is used up", "Wait, or lower `budget:`."),
}
"""HTTP status -> family, why, fix. Whatever is not here may pass later."""

RECORDS: Final[Mapping[str, tuple[str, str]]] = {
    "NO_SUCH_FIELD": ("Acme has no such field", "Take the field out of the mapping, or make it."),
    "NO_SUCH_RECORD": ("it was deleted, or never was", "Pull again; the link is then mended."),
    "DUPLICATE": ("another record has this unique value", "Merge the two records."),
}
"""Acme's code for one refused record -> why, fix."""


@dataclass(slots=True)
class Client:
    """A session with one account."""

    http: httpx.Client
    connection: str
    budget: Budget
    calls: int = 0

    def get(self, path: str, **asked: Any) -> Any:
        """The answer to a question. Errors: any family; asking again does no harm."""
        params = {name: value for name, value in asked.items() if value is not None}
        return self._call("GET", path, sends=False, params=params)

    def post(self, path: str, body: Mapping[str, Any]) -> Any:
        """The answer to a write. Errors: TransientError with `outcome_unknown` when none came."""
        return self._call("POST", path, sends=True, json=body)

    def _call(self, method: str, path: str, *, sends: bool, **options: Any) -> Any:
        self.budget.spend("burst")  # before the call: a refusal sends nothing
        self.calls += 1
        try:
            answer = self.http.request(method, path, **options)
        except httpx.ConnectError:
            self.budget.failed("no connection")
            raise self._unreachable() from None
        except httpx.TransportError as error:
            self.budget.failed("no answer")
            raise self._unanswered(path, type(error).__name__, sends=sends) from None
        self._note(answer)
        if answer.is_success:
            return answer.json()
        raise self._refused(path, answer.status_code, sends=sends)

    def _note(self, answer: httpx.Response) -> None:
        self.budget.answered()
        used, allowed = (answer.headers.get(f"x-calls-{name}") for name in ("used", "allowed"))
        if used and allowed:
            self.budget.told(Limits(int(used), int(allowed), self.calls))

    def _unreachable(self) -> UnreachableError:
        return UnreachableError(
            "Acme cannot be reached",
            where=self.connection,
            why="nothing answers at its address",
            remedy="Correct `url` in the connection's file, or wait for the network.",
        )

    def _unanswered(self, path: str, why: str, *, sends: bool) -> TransientError:
        where = f"{self.connection}{path}"
        return TransientError("Acme gave no answer", where=where, why=why, outcome_unknown=sends)

    def _refused(self, path: str, status: int, *, sends: bool) -> TasukiError:
        if status not in CALLS:
            return self._unanswered(path, f"it answered {status}", sends=sends)
        family, why, remedy = CALLS[status]
        where = f"{self.connection}{path}"
        return family("Acme refused a call", where=where, why=why, remedy=remedy)


def rejected(where: str, code: str, field: str = "") -> RejectedError:
    """Why one record was refused: its field by name, never a value."""
    why, remedy = RECORDS.get(code, (f"Acme says {code}", "Look the code up in Acme's manual."))
    what = f"Acme refused {field}" if field else "Acme refused the record"
    return RejectedError(what, where=where, why=why, remedy=remedy)


def open_client(settings: AcmeSettings, context: OpenContext) -> Client:
    """A client that has not called anybody yet."""
    context.budget.rules(RULES)
    headers = {"Authorization": f"Bearer {settings.token.get_secret_value()}"}
    http = httpx.Client(base_url=settings.url, headers=headers, timeout=settings.timeout)
    return Client(http, context.connection, context.budget)
