"""Who says to be a robot, and who must never be taken for one."""

from __future__ import annotations

import pytest

from sync.identity.visitors.robots import is_robot

KIT = "AppleWebKit/605.1.15 (KHTML, like Gecko)"
CHROME = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome"
PHONE = f"Mozilla/5.0 (iPhone; CPU iPhone OS 18_2 like Mac OS X) {KIT}"
READERS = (
    f"{CHROME}/131.0.0.0 Safari/537.36",
    f"{CHROME}/131.0.0.0 Safari/537.36 Edg/131.0.0.0",
    f"{PHONE} Version/18.2 Mobile/15E148 Safari/604.1",
    f"{PHONE} Mobile/15E148 Safari Line/14.19.0",
    f"{PHONE} Mobile/15E148 YJApp-IOS jp.co.yahoo.ipn.appli/4.123.0",
    f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) {KIT} Version/18.2 Safari/605.1.15",
    "Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0",
    "Mozilla/5.0 (Windows NT 10.0; WOW64; Trident/7.0; rv:11.0) like Gecko",
    "Mozilla/5.0 (Linux; Android 14; SC-51D) AppleWebKit/537.36 Chrome/131.0 Mobile Safari/537.36",
)
ROBOTS = (
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)",
    "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)",
    "python-requests/2.32.3",
    "curl/8.5.0",
    f"{CHROME.replace('Chrome', 'HeadlessChrome')}/131.0.0.0 Safari/537.36",
)


@pytest.mark.parametrize("agent", [*READERS, "", None])
def test_people_are_no_robots(agent: str | None) -> None:
    """Browsers in use in offices and on phones, those of Japan too, and unnamed ones count."""
    assert not is_robot(agent)


@pytest.mark.parametrize("agent", ROBOTS)
def test_robots_say_so(agent: str) -> None:
    """Crawlers, link scanners, headless browsers and scripts are known."""
    assert is_robot(agent)
