"""Salesforce campaigns with their members, and HubSpot's static lists."""

from datetime import timedelta
from random import Random
from typing import Final

from sandbox.world.crm.accounts import user_id
from sandbox.world.draft import Draft
from sandbox.world.shape import ContactList

MEMBERS_PER_SCALE: Final = 1200
_CAMPAIGNS: Final = (
    ("Nagare Grid webinar", "Webinar"), ("製造業DXセミナー", "Conference"),
    ("Spring catalogue", "Direct Mail"),
    ("導入事例メール", "Email"), ("Care renewal mailing", "Email"), ("展示会 東京", "Trade Show"),
    ("Flow launch", "Public Relations"), ("ユーザー会", "Conference"),
)  # fmt: skip


def add_campaigns(draft: Draft) -> None:
    """Eight campaigns and their members, nobody twice in one campaign."""
    rng = draft.rng("campaigns")
    campaigns = [_campaign(draft, rng, place) for place in range(len(_CAMPAIGNS))]
    people = [("ContactId", row["Id"]) for row in draft.salesforce["Contact"]]
    people += [("LeadId", row["Id"]) for row in draft.salesforce["Lead"]]
    share = round(MEMBERS_PER_SCALE * draft.scale / len(campaigns))
    for place, campaign in enumerate(campaigns):
        for field, id in rng.sample(people, min(share, len(people))):
            joined = draft.ago(420 - 50 * place - rng.uniform(0, 20))
            status = "Responded" if rng.random() < 0.3 else "Sent"
            draft.add_salesforce(
                "CampaignMember", joined, joined, CampaignId=campaign, Status=status, **{field: id}
            )


def _campaign(draft: Draft, rng: Random, place: int) -> str:
    name, kind = _CAMPAIGNS[place]
    start = draft.ago(420 - 50 * place)
    return draft.add_salesforce(
        "Campaign", start - timedelta(days=30), start,
        Name=name, Type=kind, Status="Completed" if place < 6 else "In Progress",
        StartDate=start.date(), EndDate=(start + timedelta(days=20)).date(), IsActive=place >= 6,
        OwnerId=user_id(rng.choice(draft.team("marketing"))),
    )  # fmt: skip


def contact_lists(draft: Draft) -> list[ContactList]:
    """Static lists of HubSpot contacts; the last one waits for a scenario to fill it."""
    rng = draft.rng("lists")
    contacts = [str(row["id"]) for row in draft.hubspot["contacts"]]
    newsletter = sorted(rng.sample(contacts, len(contacts) // 2))
    guests = sorted(rng.sample(contacts, min(len(contacts), round(60 * draft.scale))))
    return [
        ContactList("11", "Newsletter", "MANUAL", tuple(newsletter)),
        ContactList("12", "ユーザー会 招待済み", "SNAPSHOT", tuple(guests)),
        ContactList("13", "Renewal 90d", "MANUAL", ()),
    ]
