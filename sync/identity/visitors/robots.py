"""Which browsers say themselves that they are robots."""

from functools import lru_cache

from crawleruseragents import is_crawler


@lru_cache(maxsize=16_384)
def is_robot(user_agent: str | None) -> bool:
    """Whether a user agent is one of the known crawlers, scanners and scripts."""
    return bool(user_agent) and is_crawler(user_agent)
