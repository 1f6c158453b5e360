"""A condition in plain words, for the managers who own it and read no SQL."""

from catalog.entities import ENTITIES
from catalog.expression.evaluate import like_parts
from catalog.expression.tree import (
    And,
    Arithmetic,
    Between,
    Call,
    Case,
    Compare,
    In,
    IsNull,
    Like,
    Literal,
    Name,
    Node,
    Not,
    Or,
    type_of,
)
from catalog.labels import Language, label, spelled, unit
from catalog.phrases import PHRASES
from catalog.shape import Type

_OPPOSITE = {"=": "<>", "<>": "=", "<": ">=", "<=": ">", ">": "<=", ">=": "<"}
_MIRROR = {"=": "=", "<>": "<>", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
_CLAUSES = frozenset({"starts_with", "ends_with", "contains"})
_UNITS = {("JPY", "ja"): "円", ("days", "ja"): "日"}


def sentence(tree: Node, lang: Language) -> str:
    """The clause that says a checked condition, or the noun phrase that says a value."""
    speaker = _Speaker(lang)
    return speaker.clause(tree) if type_of(tree) is Type.BOOL else speaker.noun(tree)


class _Speaker:
    def __init__(self, lang: Language) -> None:
        self.lang: Language = lang
        self.words = PHRASES[lang]

    # ── conditions ──

    def clause(self, node: Node, *, no: bool = False) -> str:
        match node:
            case Not():
                return self.clause(node.item, no=not no)
            case And() | Or():
                return self._joined(node, no=no)
            case Compare():
                return self._compare(node, no=no)
            case In() | Between() | IsNull() | Like():
                return self._predicate(node, no=no)
            case Name():
                return self._flag(node, no=no)
            case Call(name="coalesce", arguments=(item, Literal(value=bool() as default))):
                said = self.clause(item, no=no)
                return self._said("or unknown", said) if default is not no else said
            case Call(name=name) if name in _CLAUSES:
                key = f"{'not ' if no else ''}{name}!"
                return self.words.call[key].format(**self._words(node))
            case _:
                return self._said("not holds" if no else "holds", self.noun(node))

    def _said(self, key: str, a: str, b: str = "", c: str = "") -> str:
        return self.words.compare[key].format(a=a, b=b, c=c)

    def _joined(self, node: And | Or, *, no: bool) -> str:
        parts = [self._grouped(item, no=no) for item in node.items]
        both = isinstance(node, And) is not no
        return (self.words.also if both else self.words.either).join(parts)

    def _grouped(self, item: Node, *, no: bool) -> str:
        said, inner = self.clause(item, no=no), item
        while isinstance(inner, Not):
            inner = inner.item
        return self.words.group.format(a=said) if isinstance(inner, And | Or) else said

    def _compare(self, node: Compare, *, no: bool) -> str:
        left, right, operator = node.left, node.right, node.operator
        if isinstance(left, Literal) and not isinstance(right, Literal):
            left, right, operator = right, left, _MIRROR[operator]
        operator = _OPPOSITE[operator] if no else operator
        if type_of(left) is Type.BOOL and isinstance(right, Literal):
            return self.clause(left, no=(operator == "=") is not right.value)
        days = type_of(left) in {Type.DATE, Type.TIME} and operator not in {"=", "<>"}
        key = f"{operator}d" if days else operator
        return self._said(key, self._side(left), self._side(right, self._unit(left)))

    def _predicate(self, node: In | Between | IsNull | Like, *, no: bool) -> str:
        item, count = self.noun(node.item), self._unit(node.item)
        prefix = "not " if no else ""
        match node:
            case In(options=(only,)):
                return self._said("<>" if no else "=", item, self.noun(only, count))
            case In():
                options = [self.noun(option, count) for option in node.options]
                return self._said(f"{prefix}in", item, self._list(options))
            case Between():
                ends = (self.noun(node.low, count), self.noun(node.high, count))
                return self._said(f"{prefix}between", item, *ends)
            case IsNull():
                return self._said(f"{prefix}null", item)
            case Like():
                return self._like(node, item, prefix)

    def _like(self, node: Like, item: str, prefix: str) -> str:
        """`abc%` is said as what it means; only an odd pattern is shown as it is."""
        parts = like_parts(node.pattern)
        inner = parts[parts[:1] == (("%", True),) : len(parts) - (parts[-1:] == (("%", True),))]
        ends = (parts[:1] == (("%", True),), parts[-1:] == (("%", True),))
        name = {(False, True): "starts_with", (True, False): "ends_with", (True, True): "contains"}
        if ends not in name or not inner or any(wild for _, wild in inner):
            return self._said(f"{prefix}like", item, self._quoted(node.pattern))
        text = self._quoted("".join(c for c, _ in inner))
        return self.words.call[f"{prefix}{name[ends]}!"].format(a=item, b=text)

    def _flag(self, node: Name, *, no: bool) -> str:
        if node.relation == "signal":
            quoted = self._quoted(spelled(node.field))
            return self._said("not signal" if no else "signal", quoted)
        who, what = (
            label(node.relation, None, self.lang),
            label(node.relation, node.field, self.lang),
        )
        if self.lang == "ja":
            return self._said("not holds" if no else "holds", f"{who}が{self._quoted(what)}")
        if not no:
            return f"{who} {what}"
        opposite = _opposite(what)
        return f"{who} {opposite}" if opposite else self._said("not holds", f"{who} {what}")

    # ── values ──

    def noun(self, node: Node, count: str = "") -> str:
        match node:
            case Name():
                return self._name(node)
            case Literal():
                return self._literal(node, count)
            case Arithmetic():
                sides = {"a": self._operand(node.left), "b": self._operand(node.right)}
                return self.words.call[node.operator].format(**sides)
            case Case():
                return self._branches(node.branches, node.otherwise)
            case Call(name="if", arguments=(when, then, otherwise)):
                return self._branches(((when, then),), otherwise)
            case Call() if node.name not in _CLAUSES:
                return self._call(node)
            case _:
                return self.words.group.format(a=self.clause(node))

    def _name(self, node: Name) -> str:
        if node.relation in {"score", "grade"}:
            return self.words.call[node.relation].format(a=spelled(node.field))
        if type_of(node) is Type.BOOL:
            return self.words.group.format(a=self._flag(node, no=False))
        what = label(node.relation, node.field, self.lang)
        head, comma, tail = what.partition(", ")
        what = f"{head} ({tail})" if comma else what
        return self.words.call["field"].format(a=label(node.relation, None, self.lang), b=what)

    def _literal(self, node: Literal, count: str) -> str:
        match node.value:
            case None:
                return self.words.unknown
            case bool():
                return self.words.yes if node.value else self.words.no
            case int() | float():
                space = " " if count and self.lang == "en" else ""
                return f"{node.value:,}{space}{count}"
            case str():
                text = node.type in {Type.TEXT, Type.REF}
                return (
                    self._quoted(node.value) if text else node.value.removesuffix("T00:00:00.000Z")
                )

    def _call(self, node: Call) -> str:
        key, days = node.name, node.arguments[1:]
        match (key, days):
            case ("add_days" | "add_months", (Literal(value=int() as many),)) if many < 0:
                words = {"a": self.noun(node.arguments[0]), "b": f"{-many:,}"}
                return self.words.call[key.replace("add", "back")].format(**words)
            case _:
                return self.words.call[key].format(**self._words(node))

    def _words(self, node: Call) -> dict[str, str]:
        said = [self.noun(argument) for argument in node.arguments]
        known = dict(zip("abc", said, strict=False))
        rest = self.words.listed.join(said[1:])
        both = {"b": rest} if node.name == "coalesce" else {}
        return {**known, **both, "list": self._list(said)}

    def _branches(self, branches: tuple[tuple[Node, Node], ...], otherwise: Node) -> str:
        told = [
            self.words.branch.format(a=self.clause(when), b=self.noun(then))
            for when, then in branches
        ]
        return "".join((*told, self.words.otherwise.format(a=self.noun(otherwise))))

    def _side(self, node: Node, count: str = "") -> str:
        said = self.noun(node, count)
        branching = isinstance(node, Case) or (isinstance(node, Call) and node.name == "if")
        return self.words.group.format(a=said) if branching else said

    def _operand(self, node: Node) -> str:
        said = self._side(node)
        return self.words.group.format(a=said) if isinstance(node, Arithmetic) else said

    def _list(self, said: list[str]) -> str:
        if len(said) < 2:
            return "".join(said)
        return self.words.listed.join(said[:-1]) + self.words.last + said[-1]

    def _quoted(self, text: str) -> str:
        return self.words.quote.format(a=text) if text else self.words.empty

    def _unit(self, node: Node) -> str:
        if not isinstance(node, Name) or node.relation not in ENTITIES:
            return ""
        counted = unit(node.relation, node.field)
        return _UNITS.get((counted, self.lang), counted)


def _opposite(what: str) -> str:
    """The opposite of an English flag: "is a customer" becomes "is not a customer"; or empty."""
    verb, _, rest = what.partition(" ")
    if verb == "is":
        return f"is not {rest}"
    if verb == "has":
        thing = rest.startswith(("a ", "an "))
        return f"does not have {rest}" if thing else f"has not {rest}"
    return ""
