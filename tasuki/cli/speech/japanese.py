"""Japanese for every sentence the command line says."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from tasuki.cli.speech.asking import ASKING
from tasuki.cli.speech.flow import FLOW
from tasuki.cli.speech.guards import GUARDS
from tasuki.cli.speech.parked import PARKED
from tasuki.cli.speech.plans import PLANS
from tasuki.cli.speech.undo import UNDO

JAPANESE: Final[Mapping[str, str]] = MappingProxyType(
    {**FLOW, **ASKING, **GUARDS, **PARKED, **PLANS, **UNDO}
)
