"""The app that a screen belongs to, by its own type."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from textual.screen import Screen

if TYPE_CHECKING:
    from tui.app import MatteboxApp


def app_of(screen: Screen[Any]) -> MatteboxApp:
    """Return the app of a screen; its module imports the screens, so it is looked up late."""
    from tui.app import MatteboxApp

    app = screen.app
    assert isinstance(app, MatteboxApp)
    return app
