"""SOQL text into tokens, each with its place, and the errors that point at a place."""

import re
from dataclasses import dataclass
from typing import Final

from sandbox.salesforce.faults import FaultError

_TOKEN: Final = re.compile(
    r"""
    (?P<space>\s+)
  | (?P<datetime>\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:Z|[+-]\d{2}:?\d{2}))
  | (?P<date>\d{4}-\d{2}-\d{2})
  | (?P<number>[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)
  | (?P<string>'(?:[^'\\]|\\.)*')
  | (?P<word>[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*(?::\d+)?)
  | (?P<mark><=|>=|!=|<>|[=<>(),])
    """,
    re.VERBOSE,
)
_ESCAPES: Final = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f"}
_ESCAPED: Final = re.compile(r"\\(u[0-9A-Fa-f]{4}|.)", re.DOTALL)
_MEANT: Final = frozenset("nrtbfNRTBF\"'\\_%")


@dataclass(frozen=True, slots=True)
class Token:
    """One word, literal or mark, and where it begins."""

    kind: str
    text: str
    at: int

    @property
    def word(self) -> str:
        """The text in lower case when it is a word, else nothing."""
        return self.text.lower() if self.kind == "word" else ""


def pointed(query: str, at: int, code: str, message: str) -> FaultError:
    """An error that quotes the statement with a caret below the place."""
    row = query.count("\n", 0, at) + 1
    column = at - (query.rfind("\n", 0, at) + 1) + 1
    line = query.split("\n")[row - 1]
    caret = " " * (column - 1) + "^"
    place = f"ERROR at Row:{row}:Column:{column}"
    return FaultError(code, f"\n{line}\n{caret}\n{place}\n{message}")


def malformed(query: str, token: Token) -> FaultError:
    """A token nobody expected here."""
    if token.kind == "end":
        return FaultError("MALFORMED_QUERY", "unexpected token: <EOF>")
    return pointed(query, token.at, "MALFORMED_QUERY", f"unexpected token: '{token.text}'")


def tokens(query: str) -> list[Token]:
    """All tokens, closed by one of kind `end`."""
    found: list[Token] = []
    at = 0
    while at < len(query):
        match = _TOKEN.match(query, at)
        if match is None:
            text = f"line 1:{at} no viable alternative at character '{query[at]}'"
            raise FaultError("MALFORMED_QUERY", text)
        if match.lastgroup == "string":
            _check_escapes(query, match.group(), at)
        if match.lastgroup != "space":
            found.append(Token(str(match.lastgroup), match.group(), at))
        at = match.end()
    return [*found, Token("end", "", len(query))]


def _check_escapes(query: str, literal: str, at: int) -> None:
    for match in _ESCAPED.finditer(literal):
        escape = match.group(1)
        if len(escape) == 1 and escape not in _MEANT:
            text = (
                f"invalid string literal {literal}. "
                f"Illegal character sequence '\\{escape}' in string literal."
            )
            raise pointed(query, at, "MALFORMED_QUERY", text)


def unquoted(text: str, *, pattern: bool = False) -> str:
    """What a quoted literal says; a LIKE pattern keeps its escaped % and _."""

    def spoken(match: re.Match[str]) -> str:
        escape = match.group(1)
        if pattern and escape in {"%", "_", "\\"}:
            return "\\" + escape
        if escape[0] == "u" and len(escape) > 1:
            return chr(int(escape[1:], 16))
        return _ESCAPES.get(escape.lower(), escape)

    return _ESCAPED.sub(spoken, text[1:-1])
