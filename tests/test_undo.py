"""What was done is taken back: sliders, strokes, all of a retouching, ratings, marks, settings."""

from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capture.ratings import rating_of
from capture.reopened_shots import marked_shots
from devices.frames import Setting
from matting.edge_tools import EdgeTools
from tests.test_app import until as until_long
from tests.test_app import words
from tests.test_review_screen import SIZE, app, folder, made, retouching, reviewed, until  # noqa: F401
from tests.test_screens import report, shown, still_app  # noqa: F401
from tui.history import History


@given(st.lists(st.integers(), min_size=1))
def test_whatever_was_done_is_taken_back_step_by_step_and_done_again(values):
    history = History(0)
    passed = [0]
    for value in values:
        history.change(value)
        if value != passed[-1]:
            passed.append(value)
    for expected in reversed(passed[:-1]):
        assert history.undo()
        assert history.now == expected
    assert not history.undo()
    for expected in passed[1:]:
        assert history.redo()
        assert history.now == expected
    assert not history.redo()


def test_changes_of_one_kind_in_a_row_are_one_and_a_new_change_forgets_what_was_undone():
    history = History("a")
    for state in "bcd":
        history.change(state, "feather")
    history.change("e", "contrast")
    assert history.undo()
    assert history.now == "d"
    assert history.undo()
    assert history.now == "a"
    history.change("f", "feather")
    assert not history.redo()
    assert history.undo()
    assert history.now == "a"


async def test_sliders_strokes_and_their_loss_are_taken_back(app):  # noqa: F811
    async with app.run_test(size=SIZE) as pilot:
        screen = await retouching(pilot, app)
        panel = screen.panel
        await pilot.press("down", "down", "right", "right", "down", "right")
        await pilot.pause()
        assert (panel.tools.feather_px, panel.tools.contrast_percent) == (1, 5)
        await pilot.press("tab", "space", "right", "right", "space")
        assert len(screen.retouch.strokes) == 1
        stroke = screen.retouch.strokes[0]

        await pilot.press("n")
        assert screen.retouch.strokes == ()
        assert panel.tools == EdgeTools()
        await pilot.press("u")
        assert screen.retouch.strokes == (stroke,)
        assert (panel.tools.feather_px, panel.tools.contrast_percent) == (1, 5)
        await pilot.press("ctrl+z")
        assert screen.retouch.strokes == ()
        await pilot.press("u")
        assert (panel.tools.feather_px, panel.tools.contrast_percent) == (1, 0)
        await pilot.press("u")
        assert panel.tools == EdgeTools()
        await pilot.press("u")
        assert "nothing to take back" in words(app, "#message")
        await pilot.press("U", "U", "U")
        assert screen.retouch.strokes == (stroke,)
        assert (panel.tools.feather_px, panel.tools.contrast_percent) == (1, 5)
        await pilot.press("U", "U")
        assert "nothing was taken back" in words(app, "#message")
        await pilot.press("escape")
        await pilot.pause()


async def test_ratings_rejects_and_marks_are_taken_back_on_their_own_shots(app, folder):  # noqa: F811
    async with app.run_test(size=SIZE) as pilot:
        await reviewed(pilot, app)
        shots = app.shots
        await pilot.press("u")
        assert "no rating" in words(app, "#message")
        await pilot.press("4", "4", "x", "m")
        await until(pilot, lambda: rating_of(shots[2]) == -1, "the reject")
        await until(pilot, lambda: marked_shots(folder) == {3}, "the mark")
        await pilot.press("left", "2")
        await until(pilot, lambda: rating_of(shots[1]) == 2, "the second shot's stars")
        for shot, rating, marked in ((1, 0, {3}), (2, -1, set()), (2, 4, set()), (2, 0, set())):
            await pilot.press("u")
            await until(
                pilot, lambda k=shot, r=rating: rating_of(shots[k]) == r, f"{rating} of {shot}"
            )
            await until(pilot, lambda m=marked: marked_shots(folder) == m, f"marks {marked}")
        assert "0003: no stars" in words(app, "#message")
        await pilot.press("u")
        assert "no rating" in words(app, "#message")


@pytest.fixture
def camera():
    """Return a session whose camera keeps its settings, and refuses one value."""
    values = {"iso": "100", "shutter": "1/125"}

    def camera_settings():
        return {name: Setting(name, value) for name, value in values.items()}

    def set_camera(name, value):
        from devices.errors import SettingRefusedError

        if value == "refused":
            raise SettingRefusedError("camera", "refuses", "choose another")
        values[name] = value
        return Setting(name, value)

    return SimpleNamespace(camera_settings=camera_settings, set_camera=set_camera, values=values)


async def test_settings_are_taken_back_in_the_order_in_which_they_were_changed(
    still_app,  # noqa: F811
    shown,  # noqa: F811
    camera,
):
    async with still_app.run_test(size=(140, 40)) as pilot:
        await shown(pilot)
        still_app.session = camera
        await pilot.press("ctrl+z")
        await until_long(pilot, lambda: "no setting" in words(still_app, "#message"), "nothing")
        for name, value in (("iso", "200"), ("iso", "400"), ("shutter", "1/60")):
            still_app.set_camera(name, value)
            await until_long(pilot, lambda n=name, v=value: camera.values[n] == v, value)
            await pilot.pause()
        still_app.set_camera("iso", "refused")
        await until_long(pilot, lambda: "refuses" in words(still_app, "#message"), "the refusal")
        for iso, shutter in (("400", "1/125"), ("200", "1/125"), ("100", "1/125")):
            await pilot.press("ctrl+z")
            await until_long(
                pilot,
                lambda i=iso, s=shutter: camera.values == {"iso": i, "shutter": s},
                f"{iso} {shutter}",
            )
        await until_long(pilot, lambda: "back at iso 100" in words(still_app, "#message"), "it")
        still_app.session = None
