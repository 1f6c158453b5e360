"""What `--production` says, for every verb that writes: yes, to connections marked so."""

from collections.abc import Iterable

from tasuki.cli.faults import NotConfirmedError


def require_production(what: str, connections: Iterable[str], *, production: bool) -> None:
    """Stop before production is written to, unless that was said."""
    named = tuple(connections)
    if named and not production:
        raise NotConfirmedError(
            f"{what} writes to production: {', '.join(named)}",
            where=what,
            why=f"`environment: production` is said of {' and '.join(named)}",
            remedy="If that is what you want, add --production.",
        )
