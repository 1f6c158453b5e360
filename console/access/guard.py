"""Every answer carries the security headers; no unsafe request from a foreign page gets in."""

from secrets import token_urlsafe
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
HEADERS: Final = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}


def policy(nonce: str) -> str:
    """The Content-Security-Policy of one answer."""
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src 'nonce-{nonce}' 'strict-dynamic'",
            "style-src 'self'",
            "img-src 'self' data:",
            "connect-src 'self'",
            "form-action 'self'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
            "require-trusted-types-for 'script'",
            "trusted-types htmx",
        )
    )


def is_same_origin(headers: Headers, scheme: str) -> bool:
    """Whether a page of ours sent this request, by what the browser says about it."""
    if site := headers.get("sec-fetch-site"):
        return site == "same-origin"
    return headers.get("origin") == f"{scheme}://{headers.get('host')}"


class Guard:
    """The outermost layer of the console."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse foreign writes, hand out a nonce, add the headers."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        nonce = token_urlsafe(18)
        scope["state"] = {**scope.get("state", {}), "nonce": nonce}

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                _add(MutableHeaders(scope=message), nonce)
            await send(message)

        foreign = scope["method"] not in SAFE and not is_same_origin(
            Headers(scope=scope), scope["scheme"]
        )
        refused = PlainTextResponse("This request did not come from the console.", 403)
        await (refused if foreign else self.app)(scope, receive, guarded)


def _add(headers: MutableHeaders, nonce: str) -> None:
    headers["Content-Security-Policy"] = policy(nonce)
    for name, value in HEADERS.items():
        headers[name] = value
    headers.setdefault("Cache-Control", "no-store")
