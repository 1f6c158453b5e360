"""Addresses: e-mail, web domain, URL."""

import re
import unicodedata
from functools import lru_cache
from typing import Final
from urllib.parse import urlsplit

from email_validator import EmailNotValidError, validate_email
from tldextract import TLDExtract

from mappings.transforms.registry import USUAL, Habits, transform
from mappings.transforms.tables.mail import DISPOSABLE, FREE_MAIL, RESERVED, ROLE_MAILBOXES

SHARED_HOSTS: Final = frozenset(
    {
        "facebook.com", "instagram.com", "x.com", "twitter.com", "linkedin.com", "youtube.com",
        "google.com", "wixsite.com", "wordpress.com", "jimdo.com", "jimdofree.com", "ameblo.jp",
        "note.com", "github.io", "peraichi.com", "line.me",
    }
)  # fmt: skip
"""Sites on which anybody has a page: no company's own domain."""

_NOBODYS: Final = FREE_MAIL | DISPOSABLE | SHARED_HOSTS | RESERVED
_SUFFIXES: Final = TLDExtract(suffix_list_urls=(), cache_dir=None)
_PLAIN: Final = re.compile(
    r"[a-z0-9_](?:[a-z0-9_+'-]|\.(?!\.|@)){0,62}@"
    r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,24}"
)
_IN_BRACKETS: Final = re.compile(r"<([^<>]+)>\s*$")


@transform(
    examples={
        " Ada@Example.JP ": "ada@example.jp",
        "ａｄａ＠example.jp": "ada@example.jp",
        "Ada <ada@example.jp>": "ada@example.jp",
        "mailto:ada@example.jp": "ada@example.jp",
        "none": None,
        "a@b": None,
        "ada@@example.jp": None,
    }
)
def email(value: str) -> str | None:
    """A mail address in one spelling; blank when it cannot be one (nothing is looked up)."""
    text = unicodedata.normalize("NFKC", value).strip()
    if "<" in text and (inner := _IN_BRACKETS.search(text)):
        text = inner[1].strip()
    text = text.lower().removeprefix("mailto:")
    return text if _PLAIN.fullmatch(text) else _validated(text)


def _validated(text: str) -> str | None:
    try:
        found = validate_email(text, check_deliverability=False, globally_deliverable=False)
    except EmailNotValidError:
        return None
    return found.normalized.lower() if "." in found.domain else None


_TAGGED: Final = re.compile(r"\+.*$")
_NUMBERED: Final = re.compile(r"[\d._-]+$")


@transform(
    examples={
        "Ada@Aoba.example": "ada@aoba.example",
        "Ada@gmail.com": "ada@gmail.com",
        "ada+crm@aoba.example": "ada+crm@aoba.example",
        "info@aoba.example": None,
        "no-reply@aoba.example": None,
        "sales2@aoba.example": None,
        "test@aoba.example": None,
        "ada@example.com": None,
        "ada@mailinator.com": None,
        "n/a": None,
    }
)
def personal_email(value: str, *, habits: Habits = USUAL) -> str | None:
    """A mail address that is one person's own; blank for shared, disposable and made-up ones."""
    found = email(value)
    if found is None or found in habits.shared_mail:
        return None
    local, _, host = found.rpartition("@")
    plain = _TAGGED.sub("", local)
    is_desk = plain in ROLE_MAILBOXES or _NUMBERED.sub("", plain) in ROLE_MAILBOXES
    return None if is_desk or host in RESERVED or host in DISPOSABLE else found


@transform(
    examples={
        "https://www.aoba.co.jp/about?x=1": "aoba.co.jp",
        "AOBA.co.jp": "aoba.co.jp",
        "ada@sales.aoba.example": "aoba.example",
        "ada@gmail.com": None,
        "ada@docomo.ne.jp": None,
        "ada@mailinator.com": None,
        "https://www.facebook.com/aoba": None,
        "localhost": None,
        "-": None,
    }
)
def domain(value: str, *, habits: Habits = USUAL) -> str | None:
    """The registrable domain of a URL or mail address; blank for free mail, disposable, shared."""
    found = _registrable(_host(value))
    return None if found is None or found in habits.free_mail else found


def _host(value: str) -> str:
    text = unicodedata.normalize("NFKC", value).strip().lower()
    text = text.rpartition("@")[2] if "://" not in text else text
    try:
        host = urlsplit(text if "//" in text else f"//{text}").hostname
    except ValueError:
        return ""
    return (host or "").rstrip(".")


@lru_cache(maxsize=16_384)
def _registrable(host: str) -> str | None:
    if "." not in host or host.replace(".", "").isdigit() or " " in host:
        return None
    parts = _SUFFIXES(host)
    if parts.suffix:
        found = f"{parts.domain}.{parts.suffix}" if parts.domain else None
    else:  # a suffix the public list does not know, such as an intranet's own
        found = ".".join(host.split(".")[-2:])
    return None if found in _NOBODYS or {host, host.removeprefix("www.")} & _NOBODYS else found


@transform(
    examples={
        "https://www.aoba.example/Pricing/?utm_source=x#top": "/pricing",
        "/pricing/": "/pricing",
        "https://aoba.example": "/",
    }
)
def url_path(value: str) -> str:
    """The path of a URL in small letters, without query, fragment and closing slash."""
    path = urlsplit(value.strip()).path.lower()
    return path.rstrip("/") or "/"
