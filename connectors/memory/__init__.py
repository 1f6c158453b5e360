"""A system in this process with a real system's manners: for tests, laws and rehearsals.

system · the truth and the hand that edits it | client · the protocol | faults · planned mishaps
"""

from typing import Final

from connectors.memory.client import MemoryConnector
from connectors.memory.settings import MemorySettings
from connectors.memory.system import MemorySystem, shape
from connectors.protocol import Connector, ConnectorSpec, OpenContext


def _open(settings: MemorySettings, context: OpenContext) -> Connector:
    shapes = {
        name: shape(" ".join(fields), unique=settings.unique.get(name))
        for name, fields in settings.objects.items()
    }
    return MemoryConnector(MemorySystem(context.clock, shapes), settings)


SPEC: Final = ConnectorSpec("memory", "In-process system", MemorySettings, _open)
