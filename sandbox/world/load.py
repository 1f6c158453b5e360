"""Pour a world into the sandbox's Salesforce and HubSpot."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from sandbox import hubspot, salesforce
from sandbox.state import State
from sandbox.world.shape import Association, HubSpotSide, Row, World

_OWN_CELLS: Final = frozenset({"id", "created", "modified"})


def load(world: World, state: State) -> None:
    """Insert everything in one transaction; parents come before what points at them."""
    with state.transaction():
        for object, rows in world.salesforce.items():
            salesforce.insert(state, object, rows)
        side = world.hubspot
        born = side.objects["companies"][0]["created"]
        hubspot.insert_owners(state, (_owner(row, born) for row in _shown(side.owners)))
        for object, rows in side.objects.items():
            hubspot.insert(state, object, (_record(row) for row in rows))
        for (one, other), links in _grouped(side.associations).items():
            hubspot.insert_associations(state, one, other, links)
        _load_activity(state, side, born)


def _load_activity(state: State, side: HubSpotSide, born: object) -> None:
    lists = (
        {
            "id": each.id,
            "name": each.name,
            "objectType": "contacts",
            "processingType": each.processing_type,
            "created": born,
            "members": each.members,
        }
        for each in side.lists
    )
    hubspot.insert_lists(state, lists)
    forms = [{"id": id, "name": name, "created": born} for id, name in side.forms.items()]
    hubspot.insert_forms(state, forms)
    hubspot.insert_events(state, _events(side))
    hubspot.insert_email_events(state, _email_events(side))
    hubspot.insert_form_submissions(state, _submissions(side))


def _shown(owners: list[Any]) -> Iterator[Mapping[str, Any]]:
    for owner in owners:
        yield {
            "id": owner.id,
            "email": owner.email,
            "firstName": owner.first_name,
            "lastName": owner.last_name,
            "userId": owner.user_id,
            "archived": owner.archived,
        }


def _owner(row: Mapping[str, Any], born: object) -> Mapping[str, Any]:
    return {**row, "created": born}


def _record(row: Row) -> Mapping[str, Any]:
    properties = {name: cell for name, cell in row.items() if name not in _OWN_CELLS}
    return {
        "id": row["id"],
        "created": row["created"],
        "modified": row["modified"],
        "properties": properties,
    }


def _grouped(links: list[Association]) -> dict[tuple[str, str], list[tuple[str, str, int]]]:
    groups: dict[tuple[str, str], list[tuple[str, str, int]]] = {}
    for link in links:
        key = (link.from_object, link.to_object)
        groups.setdefault(key, []).append((link.from_id, link.to_id, link.type_id))
    return groups


def _events(side: HubSpotSide) -> Iterator[Mapping[str, Any]]:
    for event in side.events:
        yield {
            "id": event.id,
            "objectType": "CONTACT",
            "objectId": event.contact_id,
            "eventType": event.event_type,
            "occurredAt": event.occurred_at,
            "properties": event.properties,
        }


def _email_events(side: HubSpotSide) -> Iterator[Mapping[str, Any]]:
    for event in side.email_events:
        row = {
            "id": event.id,
            "type": event.type,
            "recipient": event.recipient,
            "created": event.created,
            "emailCampaignId": event.campaign_id,
        }
        yield row if event.url is None else {**row, "url": event.url}


def _submissions(side: HubSpotSide) -> Iterator[Mapping[str, Any]]:
    for each in side.submissions:
        yield {
            "form": each.form_id,
            "formName": each.form_name,
            "submittedAt": each.submitted_at,
            "pageUrl": each.page_url,
            "values": {"email": each.email, "hutk": each.utk},
        }
