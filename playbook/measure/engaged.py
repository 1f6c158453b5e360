"""Which engagement counts, and for whom: the one condition that metrics, scores and needs share."""

from typing import Final

from sqlalchemy import and_

from staging.tables.entities import ENTITY_TABLES

_PERSON: Final = ENTITY_TABLES["person"]
_EVENT: Final = ENTITY_TABLES["engagement"]

COUNTS: Final = and_(_EVENT.c.person_id == _PERSON.c.id, _EVENT.c.ignored.is_(None))
"""Not a robot's, our own people's, without consent, or from a forwarded link nobody answers for."""
ENGAGED: Final = _PERSON.join(_EVENT, COUNTS)
"""People with the events that count."""
