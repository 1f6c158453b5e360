"""What single files cannot know: links that lead nowhere, two files that want the same cell."""

from collections.abc import Iterable, Sequence
from collections.abc import Mapping as Table

from mappings.checking.written import check_written
from mappings.finding import Finding, Severity
from mappings.spec import LinkRule, Mapping, Pointer
from tasuki.errors import Place


def check_together(mappings: Sequence[Mapping]) -> list[Finding]:
    """Findings that take every file to see, each with both places where two are at odds."""
    known = {(s.connection, s.object) for m in mappings for s in m.sides.values()}
    kinds = {m.entity.name: {key.kind for key in m.keys} for m in mappings}
    findings: list[Finding] = []
    for mapping in mappings:
        for rule in mapping.links.values():
            findings += _check_link(rule, known, kinds)
    return [*findings, *_old_names(mappings), *check_written(mappings)]


def left_out(mappings: Sequence[Mapping]) -> Iterable[Finding]:
    """One note for each connection that mappings name and the project does without."""
    for name in sorted({name for mapping in mappings for name in mapping.left_out}):
        theirs = [mapping for mapping in mappings if name in mapping.left_out]
        yield Finding(
            Severity.WARNING,
            f"Nothing is read from `{name}`",
            Place(theirs[0].source),
            "the project has no such connection, so these mappings go without it: "
            + ", ".join(mapping.name for mapping in theirs),
            f"Add connections/{name}.yaml, take its sides out of the mappings, or leave it so.",
        )


def _old_names(mappings: Sequence[Mapping]) -> Iterable[Finding]:
    """A mapping cannot have had the name of one that is still there."""
    names = {mapping.name: mapping for mapping in mappings}
    for mapping in mappings:
        if mapping.renamed_from in names:
            yield Finding(
                Severity.ERROR,
                f"`{mapping.name}` cannot have been `{mapping.renamed_from}`",
                Place(mapping.source, key="renamed_from"),
                f"{names[mapping.renamed_from].source} still has that name, and its own history",
                "Remove the old file, or take `renamed_from` out.",
            )


def _check_link(
    rule: LinkRule, known: set[tuple[str, str]], kinds: Table[str, set[str]]
) -> Iterable[Finding]:
    vias = {w.via for ways in rule.sides.values() for w in ways if w.pointer is Pointer.VALUE}
    for via in sorted(str(via) for via in vias - kinds.get(rule.to, vias)):
        yield Finding(
            Severity.ERROR,
            f"`{rule.name}` looks for the key `{via}` of `{rule.to}`",
            rule.place,
            f"the mapping of `{rule.to}` has no identity rule of that name",
            f"Use one of {', '.join(f'`{k}`' for k in sorted(kinds[rule.to]))}, or add it.",
        )
    for connection, object in sorted(_led_to(rule) - known):
        yield Finding(
            Severity.WARNING,
            f"`{rule.name}` leads to {connection}/{object}",
            rule.place,
            "no mapping reads that object, so the link stays empty",
            f"Add a mapping of `{object}`, or remove the link.",
        )


def _led_to(rule: LinkRule) -> set[tuple[str, str]]:
    ways = (way for ways in rule.sides.values() for way in ways)
    return {(way.connection, object) for way in ways for object in way.objects()}
