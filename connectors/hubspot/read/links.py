"""Who is linked to whom: primary first, each once, in id order, whichever way it was asked."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, TypeAlias

from connectors.hubspot.client import Client
from connectors.hubspot.read.filters import chunks
from connectors.protocol import LABEL
from tasuki.values import Json

Ends: TypeAlias = dict[str, list[str]]
"""Record id to the ids it is linked to."""
End: TypeAlias = tuple[bool, str, tuple[str, ...]]
"""Whether it is the primary one, the linked id, and the labels it bears."""

PRIMARY: Final = frozenset({1, 2, 5, 6, 25, 26})
"""HubSpot's own type ids of primary links."""

_READ_AT_ONCE: Final = 1000
_SINGULAR: Final[Mapping[str, str]] = {
    "contacts": "contact",
    "companies": "company",
    "deals": "deal",
    "tickets": "ticket",
}


def read(
    client: Client,
    object: str,
    others: Sequence[str],
    ids: Sequence[str],
    missing: set[str] | None = None,
) -> dict[str, Ends]:
    """Links of the named records to each of the others, `companies` or `companies#label`.

    A thousand records per call and linked object; `missing` takes ids that do not exist.
    """
    named = [(other, *parted(other)) for other in others]
    told = {
        there: _read(client, object, there, ids, missing)
        for there in dict.fromkeys(there for _, there, _ in named)
    }
    return {other: _labelled(told[there], label) for other, there, label in named}


def parted(other: str) -> tuple[str, str | None]:
    """The object and the label that a pseudo-field names."""
    there, _, label = other.partition(LABEL)
    return there, label or None


def _labelled(told: Mapping[str, Sequence[End]], label: str | None) -> Ends:
    """The links under a label, or all."""
    return {
        id: ordered(
            (is_primary, to) for is_primary, to, labels in found if label in (None, *labels)
        )
        for id, found in told.items()
    }


def _read(
    client: Client, object: str, other: str, ids: Sequence[str], missing: set[str] | None
) -> dict[str, list[End]]:
    ends: dict[str, list[End]] = {}
    for part in chunks(ids, _READ_AT_ONCE, characters=100_000):
        inputs: list[dict[str, str]] = [{"id": id} for id in part]
        while inputs:
            body = _page(client, object, other, inputs)
            inputs = []
            if missing is not None:
                missing.update(_unknown(body))
            for result in body.get("results") or ():
                id = str(result["from"]["id"])
                ends.setdefault(id, []).extend(map(_end, result.get("to") or ()))
                following = ((result.get("paging") or {}).get("next") or {}).get("after")
                if following:
                    inputs.append({"id": id, "after": str(following)})
    return ends


def _unknown(body: Json) -> Iterator[str]:
    """Ids that HubSpot does not know; of others it only says that they have no links."""
    for error in body.get("errors") or ():
        if "NO_ASSOCIATIONS_FOUND" not in str(error.get("subCategory") or ""):
            yield from map(str, (error.get("context") or {}).get("fromObjectId") or ())


def _page(client: Client, object: str, other: str, inputs: list[dict[str, str]]) -> Json:
    work = client.apis.associations.get_page
    return client.call(work, object, other, {"inputs": inputs}, about=object)


def _end(to: Json) -> End:
    types = to.get("associationTypes") or ()
    is_primary = any(int(kind.get("typeId") or 0) in PRIMARY for kind in types)
    labels = tuple(str(kind["label"]) for kind in types if kind.get("label"))
    return is_primary, str(to["toObjectId"]), labels


def inline(rows: Sequence[Json], object: str, other: str) -> tuple[Ends, list[str]]:
    """Links that came with a listed page, and the records whose links did not all fit."""
    ends: Ends = {}
    cut: list[str] = []
    for row in rows:
        id = str(row["id"])
        found = _of(row, other)
        if found.get("paging"):
            cut.append(id)
        results = found.get("results") or ()
        ends[id] = ordered((_is_primary(to, object, other), str(to["id"])) for to in results)
    return ends, cut


def _of(row: Json, other: str) -> dict[str, Any]:
    """The links to one object; HubSpot writes `p123_cars` where we asked for `cars`."""
    associations: dict[str, Any] = row.get("associations") or {}
    for name, found in associations.items():
        if name == other or name.endswith(f"_{other}"):
            return dict(found)
    return {}


def _is_primary(to: Json, object: str, other: str) -> bool:
    one, two = _SINGULAR.get(object), _SINGULAR.get(other)
    return bool(one and two) and to.get("type") == f"{one}_to_{two}"


def ordered(found: Iterable[tuple[bool, str]]) -> list[str]:
    """Each id once, primary first, then by number."""
    primary: dict[str, bool] = {}
    for is_primary, id in found:
        primary[id] = primary.get(id, False) or is_primary
    return sorted(primary, key=lambda end: (not primary[end], len(end), end))
