"""Measure names and matching; nothing is asserted.

Usage: python -m tools.match [--only names,register,english,proposals,people,febrl] [--markdown]
The register and the labelled duplicates are other people's: measured where they are, never kept.
"""

import argparse
import sys
from collections.abc import Callable, Iterator, Mapping
from typing import Final

from rich.console import Console
from rich.table import Table

from tools.match import companies, labelled, people
from tools.match.companies import Row

Measure = Callable[[], Iterator[Row]]

TABLES: Final[Mapping[str, tuple[str, Measure]]] = {
    "names": ("Invented companies, joined by name alone", companies.names),
    "register": (
        "The register, joined by the account rules; spellings come without a number",
        companies.register,
    ),
    "folding": (
        "Names of the register that several numbers share, after more and more folding",
        companies.folding,
    ),
    "western": ("Western legal forms: our table and cleanco", companies.western),
    "english": ("The register: Japanese, English, reading", companies.languages),
    "proposals": ("The register: proposals by likeness", companies.proposals),
    "people": ("Invented people, joined by the person rules", people.joined),
    "likeness": ("Invented people: proposals by likeness within a firm", people.proposals),
    "febrl": ("Labelled duplicates (febrl)", labelled.febrl),
}


def main(words: list[str]) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--only", default=",".join(TABLES), help="names, comma-separated")
    parser.add_argument("--markdown", action="store_true", help="print as in docs/matching.md")
    asked = parser.parse_args(words)
    unknown = set(asked.only.split(",")) - set(TABLES)
    if unknown:
        parser.error(f"no such table: {', '.join(sorted(unknown))}; there are {', '.join(TABLES)}")
    for name in asked.only.split(","):
        title, measure = TABLES[name]
        show(title, list(measure()), markdown=asked.markdown)
    return 0


def show(title: str, rows: list[Row], *, markdown: bool) -> None:
    """Print one table."""
    heads = ("", "true pairs", "found", "precision", "recall")
    if markdown:
        print(f"\n### {title}\n")
        print("|", " | ".join(heads), "|")
        print("|---|---:|---:|---:|---:|")
        for row in rows:
            print("|", " | ".join(row.cells), "|", flush=True)
        return
    table = Table(title=title, title_justify="left", box=None, pad_edge=False)
    for head in heads:
        table.add_column(head, justify="right" if head else "left")
    for row in rows:
        table.add_row(*row.cells)
    Console(width=130).print(table)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
