"""The app in a browser: textual-serve, with a token before its door.

Every viewer is a process of its own that joins the session's host; none opens the camera.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import TYPE_CHECKING

from textual_serve.server import Server

if TYPE_CHECKING:
    from aiohttp import web
    from aiohttp.typedefs import Handler, Middleware

_COOKIE = "mattebox"


class Door:
    """Lets in who brings a token that was given out and not used yet, and knows them again.

    Parameters
    ----------
    invite : callable of str
        Told the token for the next viewer, at first and whenever one was used.
    """

    def __init__(self, invite: Callable[[str], None]) -> None:
        self._invite = invite
        self._known: set[str] = set()
        self._renew()

    def _renew(self) -> None:
        self._token = secrets.token_urlsafe(16)
        self._invite(self._token)

    def enter(self, token: str) -> str | None:
        """Return the pass for a token, which is used up by it; None for one that is not valid."""
        if not secrets.compare_digest(token.encode(), self._token.encode()):
            return None
        known = secrets.token_urlsafe(32)
        self._known.add(known)
        self._renew()
        return known

    def knows(self, shown: str) -> bool:
        """Return whether a pass was given out."""
        return shown in self._known


class GuardedServer(Server):
    """Serves the app to who comes through the door."""

    def __init__(self, command: str, host: str, port: int, door: Door) -> None:
        super().__init__(command, host=host, port=port, title="Mattebox")
        self._door = door

    async def on_startup(self, app: web.Application) -> None:
        """Say nothing: the command has told where it is."""

    async def _make_app(self) -> web.Application:
        app = await super()._make_app()
        app.middlewares.append(self._guard())
        return app

    def _guard(self) -> Middleware:
        from aiohttp import web

        @web.middleware
        async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
            if self._door.knows(request.cookies.get(_COOKIE, "")):
                return await handler(request)
            known = self._door.enter(request.query.get("token", ""))
            if known is None:
                raise web.HTTPForbidden(
                    text="Open the address that mattebox printed last; each lets one viewer in."
                )
            answer = web.HTTPFound(request.path)
            # Strict: no other site can have the browser open the session's socket.
            answer.set_cookie(_COOKIE, known, httponly=True, samesite="Strict")
            raise answer

        return guard
