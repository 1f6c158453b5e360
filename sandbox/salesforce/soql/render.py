"""Rows into JSON inside SQLite: the page comes out of the statement ready to send."""

from sandbox.salesforce.soql.scope import Column, Node

_ADDRESS = ("City", "Country", "PostalCode", "State", "Street")


def joined(parts: list[str]) -> str:
    """Text pieces put together as a balanced tree: SQLite limits how deep an expression goes."""
    if len(parts) == 1:
        return parts[0]
    middle = len(parts) // 2
    return f"({joined(parts[:middle])} || {joined(parts[middle:])})"


def text(value: str) -> str:
    """An SQL literal."""
    return "'" + value.replace("'", "''") + "'"


def scalar(column: Column) -> str:
    """One value as JSON."""
    if column.field.type == "boolean":
        return f"CASE {column.sql} WHEN 0 THEN 'false' WHEN 1 THEN 'true' ELSE 'null' END"
    if column.field.type == "address":
        return _address(column)
    return f"json_quote({column.sql})"


def _address(column: Column) -> str:
    alias, name = column.sql.split(".")
    stem = f"{alias}.{name.removesuffix('Address')}"
    pairs = ", ".join(f"'{part[0].lower()}{part[1:]}', {stem}{part}" for part in _ADDRESS)
    some = ", ".join(stem + part for part in _ADDRESS)
    empty = "'geocodeAccuracy', NULL, 'latitude', NULL, 'longitude', NULL"
    return f"CASE WHEN coalesce({some}) IS NULL THEN 'null' ELSE json_object({pairs}, {empty}) END"


def attributes(node: Node, version: str) -> list[str]:
    """The pieces of a record's `attributes`."""
    stem = f"/services/data/{version}/sobjects/"
    if node.polymorphic:
        opening = '{"attributes":{"type":"Name","url":"' + stem
        return [text(opening), node.type, text("/"), node.present, text('"}')]
    name = node.targets[0][1].name
    opening = '{"attributes":{"type":"' + name + '","url":"' + stem + name + "/"
    return [text(opening), node.present, text('"}')]


def member(name: str, json: str) -> list[str]:
    """The pieces of one further member of an object."""
    return [text(f',"{name}":'), json]
