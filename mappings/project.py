"""The mappings of a project folder."""

from catalog.custom import examine
from config.project import Project
from mappings.check import Finding
from mappings.checking.files import check
from mappings.load import Surroundings, load
from mappings.spec import Mapping
from mappings.transforms.registry import Habits


def surroundings(project: Project) -> Surroundings:
    """What a project says that its mappings are read against."""
    identity = project.identity
    return Surroundings(
        connections=frozenset(project.connections),
        entities=examine(project)[0],
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


def load_mappings(project: Project) -> tuple[Mapping, ...]:
    """The project's mappings by name, an entity's own first: what it says of a field decides.

    Errors: MappingError with file, line and column, for the first thing that is wrong.
    """
    around = surroundings(project)
    found = (load(found.source, around) for found in project.resources("mapping"))
    return tuple(sorted(found, key=lambda mapping: mapping.name != mapping.entity.name))


def check_project(project: Project) -> tuple[tuple[Mapping, ...], list[Finding]]:
    """The mappings that could be read, and everything found in all of them, offline."""
    documents = [found.source for found in project.resources("mapping")]
    return check(documents, surroundings(project))
