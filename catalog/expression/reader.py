"""Text to tokens: what may stand in an expression at all, and where everything stands."""

from dataclasses import dataclass
from typing import Any, ClassVar, Final

from sqlglot import exp
from sqlglot.dialects.postgres import Postgres
from sqlglot.errors import ParseError, TokenError
from sqlglot.parsers.postgres import PostgresParser
from sqlglot.tokenizer_core import Token, TokenType

from tasuki.errors import ExpressionError, Place

MOST_TOKENS: Final = 2000
DEEPEST: Final = 40


def _case(parser: Any) -> exp.Expr | None:
    start = parser._prev  # noqa: SLF001  (how sqlglot's own parsers look back)
    found: exp.Expr | None = parser._parse_case()  # noqa: SLF001
    return found.update_positions(start) if isinstance(found, exp.Case) else found


class _Grammar(PostgresParser):
    """PostgreSQL's grammar with its function table emptied: `to_date(x)` stays `to_date(x)`.

    Words that sqlglot forgets the place of are told theirs.
    """

    FUNCTIONS: ClassVar[dict[str, Any]] = {}
    FUNCTION_PARSERS: ClassVar[dict[str, Any]] = {}
    NO_PAREN_FUNCTIONS: ClassVar[dict[Any, Any]] = {}
    NO_PAREN_FUNCTION_PARSERS: ClassVar[dict[str, Any]] = {"CASE": _case}
    PRIMARY_PARSERS: ClassVar[dict[Any, Any]] = {
        **PostgresParser.PRIMARY_PARSERS,
        TokenType.NULL: lambda _, token: exp.Null().update_positions(token),
        TokenType.TRUE: lambda _, token: exp.Boolean(this=True).update_positions(token),
        TokenType.FALSE: lambda _, token: exp.Boolean(this=False).update_positions(token),
    }


class _Reader(Postgres):
    Parser = _Grammar


_REFUSED_TOKENS: Final = {
    TokenType.SEMICOLON: "`;` does not belong in an expression",
    TokenType.PARAMETER: "parameters do not belong in an expression",
    TokenType.PLACEHOLDER: "parameters do not belong in an expression",
    TokenType.COLON: "parameters do not belong in an expression",
    TokenType.DCOLON: "casts do not belong in an expression",
    TokenType.L_BRACE: "templates do not belong in an expression",
    TokenType.SELECT: "sub-queries do not belong in an expression",
    TokenType.OVER: "windows do not belong in an expression",
    TokenType.DPIPE: "`||` does not belong in an expression",
}
_INSTEAD: Final[dict[str, str]] = {
    "`||` does not belong in an expression": "Write concat(a, b).",
    "casts do not belong in an expression": "Use to_num(text) or to_date(text).",
    "sub-queries do not belong in an expression": (
        "Declare a metric that counts it, and name the metric here."
    ),
}
_STRINGS: Final = frozenset(
    {
        TokenType.BYTE_STRING,
        TokenType.BIT_STRING,
        TokenType.HEX_STRING,
        TokenType.HEREDOC_STRING,
        TokenType.NATIONAL_STRING,
        TokenType.RAW_STRING,
        TokenType.UNICODE_STRING,
    }
)


@dataclass(frozen=True, slots=True)
class Source:
    """The text of an expression and where its first character stands."""

    text: str
    place: Place

    def at(self, offset: int) -> Place:
        """The place of the character at the offset; every line starts at the text's own column."""
        line = self.text.count("\n", 0, offset)
        column = offset - (self.text.rfind("\n", 0, offset) + 1)
        start = self.place
        return Place(start.file, (start.line or 1) + line, (start.column or 1) + column, start.key)

    def refuse(self, what: str, offset: int, *, why: str = "", fix: str = "") -> ExpressionError:
        """The error to raise about what stands at the offset."""
        return ExpressionError(what, where=self.at(offset), why=why, remedy=fix or _LOOK_UP)


_LOOK_UP: Final = "See docs/reference/expressions.md for what an expression may hold."


SPLIT: Final = "Split it: name a part of it as a metric or a signal of its own."


def read(source: Source) -> exp.Expr:
    """What sqlglot makes of the text; ExpressionError when it is no single expression."""
    tokens = _tokens(source)
    try:
        found = _Reader().parser().parse(tokens, source.text)
    except ParseError as error:
        raise _unreadable(source, error) from None
    except RecursionError:
        raise source.refuse("The expression is nested too deeply", 0, fix=SPLIT) from None
    if len(found) != 1 or found[0] is None:
        raise source.refuse("The expression is empty", 0, fix="Write a condition, or remove it.")
    return found[0]


def _tokens(source: Source) -> list[Token]:
    try:
        tokens = _Reader().tokenize(source.text)
    except TokenError:
        raise source.refuse(
            "The expression cannot be read",
            0,
            why="a quote is opened and never closed",
            fix="Close the quote; write a quote inside text twice, as in 'it''s'.",
        ) from None
    if len(tokens) > MOST_TOKENS:
        raise source.refuse("The expression is too long", tokens[MOST_TOKENS].start, fix=SPLIT)
    depth = 0
    for token in tokens:
        _admit(source, token)
        depth += (token.token_type is TokenType.L_PAREN) - (token.token_type is TokenType.R_PAREN)
        if depth > DEEPEST:
            raise source.refuse("The expression is nested too deeply", token.start, fix=SPLIT)
    _no_comment(source, tokens)
    return tokens


def _admit(source: Source, token: Token) -> None:
    what = _REFUSED_TOKENS.get(token.token_type)
    if what is None and token.token_type in _STRINGS:
        what = "only plain 'text' in single quotes is known"
    if what is None and token.token_type is TokenType.IDENTIFIER:
        what = "names are written without quotes"
    if what is None and "\x00" in token.text:
        what = "a NUL character does not belong in an expression"
    if what is not None:
        raise source.refuse(sentence(what), token.start, fix=_INSTEAD.get(what, ""))


def _no_comment(source: Source, tokens: list[Token]) -> None:
    """Comments hide only between tokens, so look at what lies between them."""
    end = 0
    for start, after in [*((t.start, t.end + 1) for t in tokens), (len(source.text), 0)]:
        gap = source.text[end:start]
        if gap.strip():
            raise source.refuse(
                "Comments do not belong in an expression",
                end + len(gap) - len(gap.lstrip()),
                fix="Put the comment into the YAML file, behind `#`.",
            )
        end = after


def _unreadable(source: Source, error: ParseError) -> ExpressionError:
    first: dict[str, Any] = error.errors[0] if error.errors else {}
    lines = source.text.split("\n")
    line, column = first.get("line") or 1, first.get("col") or 1
    width = len(first.get("highlight") or "")
    start = sum(len(before) + 1 for before in lines[: line - 1]) + column - max(width, 1)
    shown = first.get("highlight") or ""
    return source.refuse(
        f"The expression cannot be read at `{shown}`" if shown else "The expression ends too early",
        max(0, min(start, len(source.text))),
        why="it is not a SQL condition",
        fix="Complete it: every operator needs both sides, every bracket its partner.",
    )


def sentence(text: str) -> str:
    """The words with a capital first letter."""
    return text[:1].upper() + text[1:]
