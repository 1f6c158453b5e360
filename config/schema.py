"""One JSON Schema for every YAML file of a project, for completion and checks in editors."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from config.document import ConnectionDocument, ProjectDocument

OURS: Mapping[str, type[BaseModel]] = {
    "project": ProjectDocument,
    "connection": ConnectionDocument,
}


def project_schema(kinds: Mapping[str, type[BaseModel]]) -> dict[str, Any]:
    """The schema of files that say their `kind`: this room's own kinds and the given ones."""
    models = {**OURS, **kinds}
    definitions: dict[str, Any] = {}
    branches: list[dict[str, Any]] = []
    for kind, model in sorted(models.items()):
        prefix = f"{kind}."
        schema = model.model_json_schema(ref_template=f"#/$defs/{prefix}{{model}}")
        for name, part in schema.pop("$defs", {}).items():
            definitions[prefix + name] = part
        definitions[kind] = schema
        is_kind = {"properties": {"kind": {"const": kind}}, "required": ["kind"]}
        branches.append({"if": is_kind, "then": {"$ref": f"#/$defs/{kind}"}})
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Tasuki project file",
        "type": "object",
        "required": ["kind"],
        "properties": {"kind": {"enum": sorted(models)}},
        "allOf": branches,
        "$defs": definitions,
    }
