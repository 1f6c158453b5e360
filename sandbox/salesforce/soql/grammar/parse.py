"""SOQL text into its tree."""

from dataclasses import replace
from typing import Final

from sandbox.salesforce.faults import FaultError
from sandbox.salesforce.soql.grammar.tokens import Token, malformed, pointed, tokens
from sandbox.salesforce.soql.grammar.tree import (
    Call,
    Comparison,
    Condition,
    Group,
    Literal,
    Not,
    Order,
    Path,
    Select,
    TypeOf,
)

_CLAUSES: Final = {"where", "group", "having", "order", "limit", "offset", "for", "all", "with"}
_CLAUSES_AND_USING: Final = _CLAUSES | {"using"}
_COMPARE: Final = {"=", "!=", "<>", "<", "<=", ">", ">="}
_LITERALS: Final = {"string", "number", "date", "datetime"}
_LIMIT_OF_TEXT: Final = 100_000
_LIMIT_OF_LITERAL: Final = 4_000


def parse(query: str) -> Select:
    """The tree of one statement; MALFORMED_QUERY where it is none."""
    if len(query) > _LIMIT_OF_TEXT:
        raise FaultError(
            "MALFORMED_QUERY", "SOQL statements cannot be longer than 100000 characters."
        )
    reader = _Reader(query)
    found = reader.select()
    reader.need("end")
    return found


class _Reader:
    """Reads tokens from left to right; each method reads one piece of the grammar."""

    def __init__(self, query: str) -> None:
        self.query = query
        self._tokens = tokens(query)
        self._next = 0

    @property
    def token(self) -> Token:
        return self._tokens[self._next]

    def take(self) -> Token:
        token = self.token
        self._next += token.kind != "end"
        return token

    def took(self, *texts: str) -> bool:
        """Take these words or marks when they come next, all or none."""
        coming = self._tokens[self._next : self._next + len(texts)]
        if [each.text.lower() for each in coming] != list(texts):
            return False
        self._next += len(texts)
        return True

    def need(self, kind: str, text: str | None = None) -> Token:
        token = self.token
        if token.kind != kind or (text is not None and token.text.lower() != text):
            raise malformed(self.query, token)
        return self.take()

    def select(self) -> Select:
        self.need("word", "select")
        items = [self._item()]
        while self.took(","):
            items.append(self._item())
        self.need("word", "from")
        source = self.need("word")
        alias = self._alias()
        if self.took("using", "scope"):
            self.need("word")
        where = self._condition() if self.took("where") else None
        if self.took("with"):
            self.need("word")
        group = self._paths() if self.took("group", "by") else ()
        having = self._condition() if self.took("having") else None
        order = self._orders() if self.took("order", "by") else ()
        limit = self._whole() if self.took("limit") else None
        offset = self._whole() if self.took("offset") else 0
        self._tail()
        return Select(
            tuple(items), source.text, alias, source.at, where, group, having, order, limit, offset
        )

    def _tail(self) -> None:
        if self.took("for"):
            self.need("word")
        self.took("all", "rows")

    def _alias(self) -> str | None:
        self.took("as")
        if self.token.word and self.token.word not in _CLAUSES_AND_USING:
            return self.take().text
        return None

    def _item(self) -> Path | Call | TypeOf | Select:
        if self.took("("):
            inner = self.select()
            self.need("mark", ")")
            return inner
        if self.took("typeof"):
            return self._type_of()
        found = self._operand()
        alias = self._item_alias()
        return replace(found, alias=alias) if alias else found

    def _item_alias(self) -> str | None:
        """A name for the item, when the list or FROM goes on behind it."""
        following = self._tokens[min(self._next + 1, len(self._tokens) - 1)]
        named = self.token.word and self.token.word not in {"from", "as"}
        if named and (following.text == "," or following.word == "from"):
            return self.take().text
        return None

    def _type_of(self) -> TypeOf:
        path = self._path()
        whens: list[tuple[str, tuple[Path, ...]]] = []
        while self.took("when"):
            name = self.need("word").text
            self.need("word", "then")
            whens.append((name, self._plain_paths()))
        if not whens:
            raise malformed(self.query, self.token)
        other = self._plain_paths() if self.took("else") else None
        self.need("word", "end")
        return TypeOf(path, tuple(whens), other)

    def _path(self) -> Path:
        token = self.need("word")
        return Path(tuple(token.text.split(".")), token.at)

    def _plain_paths(self) -> tuple[Path, ...]:
        found = [self._path()]
        while self.took(","):
            found.append(self._path())
        return tuple(found)

    def _operand(self) -> Path | Call:
        token = self.need("word")
        if token.word in _CLAUSES | {"from", "select"}:
            raise malformed(self.query, token)
        return self._named(token)

    def _named(self, token: Token) -> Path | Call:
        if not self.took("("):
            return Path(tuple(token.text.split(".")), token.at)
        argument = None
        if not self.took(")"):
            argument = self._named(self.need("word"))
            self.need("mark", ")")
        return Call(token.text, argument, None, token.at)

    def _paths(self) -> tuple[Path | Call, ...]:
        found = [self._operand()]
        while self.took(","):
            found.append(self._operand())
        return tuple(found)

    def _orders(self) -> tuple[Order, ...]:
        found = [self._order()]
        while self.took(","):
            found.append(self._order())
        return tuple(found)

    def _order(self) -> Order:
        by = self._operand()
        descending = self.took("desc")
        if not descending:
            self.took("asc")
        last = self.took("nulls", "last")
        if not last:
            self.took("nulls", "first")
        return Order(by, descending, last)

    def _whole(self) -> int:
        token = self.need("number")
        if not token.text.isdigit():
            raise malformed(self.query, token)
        return int(token.text)

    def _condition(self) -> Condition:
        parts = [self._term()]
        word = self.token.word
        if word not in {"and", "or"}:
            return parts[0]
        while self.token.word in {"and", "or"}:
            if self.token.word != word:
                raise malformed(self.query, self.token)
            self.take()
            parts.append(self._term())
        return Group(word, tuple(parts))

    def _term(self) -> Condition:
        if self.took("not"):
            return Not(self._term())
        if self.took("("):
            inner = self._condition()
            self.need("mark", ")")
            return inner
        return self._comparison()

    def _comparison(self) -> Comparison:
        left = self._operand()
        if self.took("not", "in"):
            return Comparison(left, "not in", self._set())
        token = self.take()
        if token.text in _COMPARE:
            operator = "!=" if token.text == "<>" else token.text
            return Comparison(left, operator, (self._literal(),))
        if token.word in {"in", "includes", "excludes"}:
            return Comparison(left, token.word, self._set())
        if token.word == "like":
            return Comparison(left, "like", (self._literal(),))
        raise malformed(self.query, token)

    def _set(self) -> tuple[Literal, ...] | Select:
        self.need("mark", "(")
        if self.token.word == "select":
            inner = self.select()
            self.need("mark", ")")
            return inner
        found = [self._literal()]
        while self.took(","):
            found.append(self._literal())
        self.need("mark", ")")
        return tuple(found)

    def _literal(self) -> Literal:
        token = self.take()
        if token.kind in _LITERALS:
            self._check_length(token)
            return Literal(token.kind, token.text, token.at)
        if token.word in {"true", "false"}:
            return Literal("boolean", token.word, token.at)
        if token.word == "null":
            return Literal("null", token.word, token.at)
        if token.word and "." not in token.word:
            return Literal("macro", token.word, token.at)
        if token.kind == "end":
            raise malformed(self.query, token)
        text = "Bind variables only allowed in Apex code"
        raise pointed(self.query, token.at, "MALFORMED_QUERY", text)

    def _check_length(self, token: Token) -> None:
        if token.kind == "string" and len(token.text) - 2 > _LIMIT_OF_LITERAL:
            text = f"filter value cannot be longer than {_LIMIT_OF_LITERAL} characters"
            raise pointed(self.query, token.at, "MALFORMED_QUERY", text)
