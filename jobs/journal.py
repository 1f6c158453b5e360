"""What a long-running process writes down: one JSON line per event, without secrets or persons."""

import logging
import re
import sys
from collections.abc import Iterable, Mapping, MutableMapping
from typing import Any, Final, TextIO

import structlog

MASK: Final = "***"
_SECRET_KEY: Final = re.compile(
    r"secret|token|password|passwd|authorization|cookie|api_?key|credential|session", re.IGNORECASE
)
_PERSONAL_KEY: Final = frozenset(
    {"email", "phone", "name", "family_name", "given_name", "label", "value", "before", "after"}
)
_PATTERNS: Final = (
    re.compile(r"[\w.+%-]+@[\w-]+(?:\.[\w-]+)+"),  # an e-mail address
    re.compile(r"(?<![\w-])\+?\d[\d ()-]{8,}\d(?![\w-])"),  # a telephone number
    re.compile(r"(?i)bearer\s+\S+"),
    re.compile(r"://[^/\s:@]+:[^/\s@]+@"),  # user:password@ of a URL
    re.compile(r"00D\w{12,15}![\w.]+"),  # a Salesforce session id
)
_SHORT: Final = 6
"""A secret shorter than this is no secret and would mask ordinary words."""


class Redact:
    """Masks secrets by their key and by their value, and personal values by key and by look."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._secrets = sorted({s for s in secrets if len(s) >= _SHORT}, key=len, reverse=True)

    def __call__(
        self, _logger: Any, _method: str, event: MutableMapping[str, Any]
    ) -> Mapping[str, Any]:
        """The event as it may be written."""
        return {key: self._value(key, value) for key, value in event.items()}

    def _value(self, key: str, value: Any) -> Any:
        if _SECRET_KEY.search(key) or key.lower() in _PERSONAL_KEY:
            return MASK if value not in (None, "") else value
        if isinstance(value, Mapping):
            return {str(name): self._value(str(name), inner) for name, inner in value.items()}
        if isinstance(value, (list, tuple, set, frozenset)):
            return [self._value(key, inner) for inner in value]
        if isinstance(value, str) and key != "timestamp":
            return self._text(value)
        return value

    def _text(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, MASK)
        for pattern in _PATTERNS:
            text = pattern.sub(MASK, text)
        return text


def secrets_in(environment: Mapping[str, str]) -> list[str]:
    """The values of an environment that are secrets by their names."""
    return [value for name, value in environment.items() if _SECRET_KEY.search(name)]


def begin(secrets: Iterable[str] = (), stream: TextIO | None = None) -> None:
    """Write every event of this process as one JSON line, ours and other libraries' alike."""
    shared: list[Any] = [
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _only_the_kind_of_exception,
        Redact(secrets),
    ]
    render = structlog.processors.JSONRenderer(ensure_ascii=False)
    out = stream or sys.stdout
    structlog.configure(
        processors=[*shared, render],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.WriteLoggerFactory(out),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(out)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, render],
        )
    )
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)


def _only_the_kind_of_exception(
    _logger: Any, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """A traceback may hold values of records: only what kind of error it was is written."""
    info = event.pop("exc_info", None)
    if info is True:
        info = sys.exc_info()
    error = info[1] if isinstance(info, tuple) else info
    if isinstance(error, BaseException):
        event["error_kind"] = type(error).__name__
    return event
