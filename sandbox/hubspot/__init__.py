"""HubSpot CRM over REST: served by `routes`, filled by the `insert…` functions."""

from sandbox.hubspot.app import routes
from sandbox.hubspot.data.load import (
    insert,
    insert_associations,
    insert_email_events,
    insert_events,
    insert_form_submissions,
    insert_forms,
    insert_lists,
    insert_owners,
)
from sandbox.hubspot.people import counts, edit
from sandbox.hubspot.settings import Settings, configure
from sandbox.hubspot.webhooks.sender import Sender
from sandbox.hubspot.webhooks.weather import change_weather

__all__ = [
    "Sender",
    "Settings",
    "change_weather",
    "configure",
    "counts",
    "edit",
    "insert",
    "insert_associations",
    "insert_email_events",
    "insert_events",
    "insert_form_submissions",
    "insert_forms",
    "insert_lists",
    "insert_owners",
    "routes",
]
