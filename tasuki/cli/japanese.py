"""Japanese for every sentence the command line says about plans, runs and the demo."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

JAPANESE: Final[Mapping[str, str]] = MappingProxyType(
    {
        "Next": "次",
    }
)
