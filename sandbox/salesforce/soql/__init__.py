"""SOQL: read, parsed and lowered to one SQL statement."""
