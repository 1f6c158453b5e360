"""Templates of one language, cached; and what every page is given."""

import json
from collections.abc import Mapping
from functools import cache
from hashlib import blake2b
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from markupsafe import Markup

from console.language import LANGUAGES, NAMES, catalogue
from console.render.shown import Shown

_HERE: Final = Path(__file__).parent.parent
STATIC: Final = _HERE / "static"
TEMPLATES: Final = _HERE / "templates"


@cache
def environment(language: str) -> Environment:
    """The templates in one language; every value is escaped."""
    found = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n", "jinja2.ext.do"],
        trim_blocks=True,
        lstrip_blocks=True,
    )
    words = catalogue(language)
    install = getattr(found, "install_gettext_translations")  # noqa: B009 - set by the extension
    install(words, newstyle=True)
    found.globals |= {"asset": asset, "icon": icon, "languages": {k: NAMES[k] for k in LANGUAGES}}
    found.globals["keep"] = _keep
    found.filters["titled"] = _titled
    found.filters["pretty"] = _pretty
    return found


def page(language: str, template: str, given: Mapping[str, Any]) -> str:
    """One page as HTML."""
    return environment(language).get_template(template).render(**given)


@cache
def asset(name: str) -> str:
    """The address of a file of ours; it changes with the content, so it may be kept for ever."""
    mark = blake2b((STATIC / name).read_bytes(), digest_size=6).hexdigest()
    return f"/static/{name}?v={mark}"


def icon(name: str, words: str = "") -> Markup:
    """An icon of the sprite; decoration, unless it has words of its own."""
    sprite = asset("vendor/icons.svg")
    if words:
        text = '<svg class="icon" role="img" aria-label="{}"><use href="{}#{}"/></svg>'
        return Markup(text).format(words, sprite, name)  # noqa: S704 - format() escapes
    return Markup('<svg class="icon" aria-hidden="true"><use href="{}#{}"/></svg>').format(
        sprite, name
    )


@pass_context
def _keep(context: Context, **changes: Any) -> str:
    """The present address with some facets changed: facets live in the URL."""
    kept = {**context["query"], **changes}
    kept.pop("done", None)
    asked = urlencode({k: v for k, v in kept.items() if v not in (None, "")})
    return f"{context['path']}?{asked}" if asked else str(context["path"])


def _pretty(value: Any) -> str:
    """JSON for people to read; the template escapes it."""
    return json.dumps(value, indent=2, ensure_ascii=False)


def _titled(code: str, shown: Shown) -> str:
    return shown.name(code)
