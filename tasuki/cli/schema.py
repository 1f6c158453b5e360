"""The editor schema of every kind of file a project may hold."""

from typing import Any


def editor_schema() -> dict[str, Any]:
    """The JSON Schema that `init` writes into `.tasuki/schema.json`."""
    from catalog.custom import KIND, EntityDocument
    from config.starter import project_schema
    from mappings.reading.document import MappingDocument
    from playbook.book import KINDS

    return project_schema({**KINDS, "mapping": MappingDocument, KIND: EntityDocument})
