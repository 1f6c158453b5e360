"""The mappings of a project folder."""

from collections.abc import Mapping as Table
from typing import Final

from catalog.custom import examine
from config.project import Project
from mappings.checking.files import check
from mappings.finding import Finding
from mappings.load import Surroundings, load
from mappings.spec import Mapping
from mappings.transforms.registry import Habits

READY: Final[Table[str, str]] = {
    "salesforce": "salesforce",
    "hubspot": "hubspot",
    "sales": "sales_system",
    "imports": "sales_system",
}
"""The connections that ready mappings name → their system."""


def surroundings(project: Project) -> Surroundings:
    """What a project says that its mappings are read against."""
    identity = project.identity
    return Surroundings(
        connections=frozenset(project.connections),
        absent=_absent(project),
        entities=examine(project)[0],
        teams=frozenset(file.name for file in project.resources("team")),
        guards=project.guards,
        habits=Habits(
            phone_region=identity.phone_region,
            timezone=project.timezone,
            free_mail=identity.free_mail_domains,
            shared_mail=identity.shared_mailboxes | identity.junk_emails,
            junk=identity.junk_values,
            rates=project.rates,
        ),
    )


def _absent(project: Project) -> frozenset[str]:
    """What a project does without.

    Where it has the system under another name, or nothing at all, a name is mistaken instead.
    """
    known = project.connections
    renamed = {known[name].system for name in known.keys() - READY.keys()}
    missing = (
        name for name, system in READY.items() if name not in known and system not in renamed
    )
    return frozenset(missing) if known else frozenset()


def load_mappings(project: Project) -> tuple[Mapping, ...]:
    """The project's mappings by name, an entity's own first: what it says of a field decides.

    Errors: MappingError with file, line and column, for the first thing that is wrong.
    """
    around = surroundings(project)
    loaded = (load(found.source, around) for found in project.resources("mapping"))
    found = (mapping for mapping in loaded if mapping.sides)
    return tuple(sorted(found, key=lambda mapping: mapping.name != mapping.entity.name))


def check_project(project: Project) -> tuple[tuple[Mapping, ...], list[Finding]]:
    """The mappings that could be read, and everything found in all of them, offline."""
    documents = [found.source for found in project.resources("mapping")]
    return check(documents, surroundings(project))
