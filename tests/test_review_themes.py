"""Review, retouch and export follow the theme: of another theme's colours none is left."""

import pytest

from tests.test_review_screen import SIZE, app, folder, made, reviewed, until  # noqa: F401
from tui.screens.export import ExportScreen
from tui.screens.retouch import RetouchScreen
from tui.themes import CONTRAST, DIM
from tui.widgets.filmstrip import Filmstrip


def colours_of(theme):
    given = (theme.primary, theme.secondary, theme.accent, theme.error, theme.success,
             theme.foreground, theme.background, theme.surface, theme.panel,
             theme.variables["quiet"])  # fmt: skip
    return {colour.lower() for colour in given}


def colours_on_screen(app):  # noqa: F811
    return {
        colour.get_truecolor().hex
        for strip in app.screen._compositor.render_strips()
        for segment in strip
        if segment.style
        for colour in (segment.style.color, segment.style.bgcolor)
        if colour is not None
    }


@pytest.mark.parametrize(("theme", "other"), [(DIM, CONTRAST), (CONTRAST, DIM)])
async def test_no_colour_of_another_theme_is_left(app, theme, other):  # noqa: F811
    # White and black are of pictures too.
    foreign = colours_of(other) - colours_of(theme) - {"#000000", "#ffffff"}
    async with app.run_test(size=SIZE) as pilot:
        app.theme = other.name
        await reviewed(pilot, app)
        strip = app.screen.query_one(Filmstrip)
        await until(pilot, lambda: strip.thumbnails == 3, "the thumbnails")
        app.theme = theme.name
        await pilot.pause()
        await until(pilot, lambda: strip.thumbnails == 3, "the thumbnails anew")
        await pilot.press("x")
        await pilot.pause()
        for key, screen in (("", None), ("t", RetouchScreen), ("e", ExportScreen)):
            if screen is not None:
                await pilot.press(*key)
                await until(pilot, lambda kind=screen: isinstance(app.screen, kind), key)
            await pilot.pause(0.2)
            found = colours_on_screen(app)
            assert theme.primary in found
            assert not found & foreign, screen
            if screen is not None:
                await pilot.press("escape")
                await pilot.pause()
