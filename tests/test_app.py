"""The app, driven by its keys on the simulated studio."""

import asyncio
import time

import pytest

from capture.settings import load_profile
from devices.errors import AddressError
from tui.app import MatteboxApp
from tui.rig_choice import RigChoice, opened_beside
from tui.screens.connect import ConnectScreen
from tui.screens.live import LiveScreen
from tui.screens.review import ReviewScreen
from tui.widgets.half_blocks import HalfBlocks


async def until(pilot, condition, what, seconds=60.0):
    """Let the app run until a condition holds."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"never came: {what}"
        await pilot.pause(0.05)


async def leave(pilot, app):
    await pilot.press("q")
    await until(pilot, lambda: app.return_code == 0, "the end")


def words(app, selector):
    return str(app.screen.query_one(selector).render())


def iso(app):
    lines = words(app, "#settings").splitlines()
    return next(line.split()[1] for line in lines if line.startswith("ISO"))


@pytest.fixture
def app(studio, tmp_path):
    address = f"sim:portrait@{studio('portrait').port}"
    return MatteboxApp(RigChoice(address, address), tmp_path, load_profile("portrait"))


async def test_live_shoot_review_and_quit_by_keys(app, studio):
    async with app.run_test(size=(150, 42)) as pilot:
        await until(pilot, lambda: "subject" in words(app, "#status"), "a measured live frame")
        assert isinstance(app.screen, LiveScreen)
        first = words(app, "#status")
        assert "dropped" in first
        await until(pilot, lambda: words(app, "#status") != first, "another frame")
        assert app.screen.query_one(HalfBlocks).size.width > 60

        await pilot.press("I")
        await until(pilot, lambda: iso(app) == "125", "ISO one choice up")
        await pilot.press("i")
        await until(pilot, lambda: iso(app) == "100", "ISO as before")

        await pilot.press("space")
        await until(pilot, lambda: app.shots, "a shot")
        assert app.shots[0].problems == ()
        assert app.shots[0].photo.digest == studio("portrait").ledger()[-1].digest

        await pilot.press("r")
        await until(pilot, lambda: "REVIEW" in words(app, "#status"), "the review")
        assert isinstance(app.screen, ReviewScreen)
        for key, view in zip("pabwc", ("photo", "alpha", "black", "white", "colour"), strict=True):
            await pilot.press(key)
            assert app.screen.query_one(HalfBlocks).size.width > 60
            assert view in words(app, "#status")
        await pilot.press("escape")
        assert isinstance(app.screen, LiveScreen)
        await leave(pilot, app)
    assert app.return_code == 0


async def test_a_photograph_is_shown_before_it_is_cut_out(app, studio):
    async with app.run_test(size=(120, 36)) as pilot:
        await until(pilot, lambda: "subject" in words(app, "#status"), "live view")
        await pilot.press("r")
        assert words(app, "#status").strip() == "no shot finished yet"
        await pilot.press("space")
        await until(pilot, lambda: "being worked on" in words(app, "#status"), "the photograph")
        assert app.shots == []
        await until(pilot, lambda: "shot 1 of 1" in words(app, "#status"), "the finished shot")
        await leave(pilot, app)


async def test_a_test_pop_is_journaled_as_one_and_its_light_is_told(app):
    async with app.run_test(size=(150, 42)) as pilot:
        await until(pilot, lambda: "subject" in words(app, "#status"), "a measured live frame")
        await pilot.press("t")
        await until(pilot, lambda: app.shots, "a test pop")
        pop = app.shots[0]
        assert pop.test_pop
        assert pop.path("cutout") is None
        told = next(f for f in pop.findings if f.check == "key_to_fill").shown
        await until(pilot, lambda: f"key to fill {told}" in words(app, "#message"), "its ratio")
        await leave(pilot, app)


async def test_the_bodys_own_shutter_becomes_a_shot(app, studio):
    async with app.run_test(size=(120, 36)) as pilot:
        await until(pilot, lambda: "subject" in words(app, "#status"), "live view")
        studio("portrait").press_shutter()
        await until(pilot, lambda: app.shots, "the body's shot")
        await leave(pilot, app)


async def test_m_shows_the_live_cut_out_and_names_its_source(app):
    async with app.run_test(size=(150, 42)) as pilot:
        await until(pilot, lambda: "subject" in words(app, "#status"), "live view")
        assert "cut-out by" not in words(app, "#status")
        for backdrop in ("black", "white", "green", "blue"):
            await pilot.press("m")
            assert backdrop in words(app, "#message")
            await until(pilot, lambda: "cut-out by depth" in words(app, "#status"), "a cut-out")
        await pilot.press("b")
        await until(pilot, lambda: "empty set" in words(app, "#message"), "the empty set")
        await pilot.press("m")
        await until(pilot, lambda: "cut-out by" not in words(app, "#status"), "the picture")
        await leave(pilot, app)


async def test_k_watches_for_drift_and_f_follows_a_finding(app, studio):
    async with app.run_test(size=(150, 50)) as pilot:
        await until(pilot, lambda: "subject" in words(app, "#status"), "live view")
        await pilot.press("k")
        await until(pilot, lambda: "reference kept" in words(app, "#message"), "a reference")
        assert (app._folder / "reference" / "frame.png").is_file()
        await until(pilot, lambda: "light drift  +0.0" in words(app, "#findings"), "no drift")
        try:
            studio("portrait").set_light("background", -2.0)
            drifted = "raise the light on the"
            await until(pilot, lambda: drifted in words(app, "#findings"), "the drift")
            await pilot.press("f")
            await until(pilot, lambda: "◎" in words(app, "#followed"), "a countdown")
        finally:
            studio("portrait").set_light("background", 0.0)
        await until(pilot, lambda: drifted not in words(app, "#findings"), "the light back")
        await leave(pilot, app)


async def test_the_app_asks_for_a_rig_and_says_what_is_wrong_with_one(tmp_path):
    app = MatteboxApp(None, tmp_path, load_profile("portrait"))
    async with app.run_test(size=(120, 36)) as pilot:
        await pilot.pause()
        assert isinstance(app.screen, ConnectScreen)
        app.screen.query_one("#camera").value = "sim:circus"
        app.screen.query_one("#depth").value = ""
        app.screen.query_one("#go").press()
        await until(pilot, lambda: isinstance(app.screen, LiveScreen), "the live screen")
        await until(pilot, lambda: "no scene 'circus'" in words(app, "#message"), "the fault")
        await leave(pilot, app)


def test_a_rig_that_was_opened_meanwhile_is_the_sessions_and_its_fault_is_told(studio, tmp_path):
    address = f"sim:portrait@{studio('portrait').port}"
    profile = load_profile("portrait")

    def begun(camera):
        choice = RigChoice(camera, None, opening=opened_beside(camera, None, None))
        told = lambda *words: None  # noqa: E731
        return choice.begin(tmp_path, profile, None, None, tell=told, show=told)

    with begun(address) as session:
        assert session.info().model == "D850"
    with pytest.raises(AddressError, match="circus"):
        begun("sim:circus")


async def test_the_screen_never_waits_for_the_camera(app):
    """The app's own clock goes on while a shot is taken: no blocking call on its thread."""
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, lambda: "subject" in words(app, "#status"), "live view")
        beats = []
        app.set_interval(0.02, lambda: beats.append(time.monotonic()))
        await pilot.press("space")
        await until(pilot, lambda: app.shots, "a shot")
        await asyncio.sleep(0.1)
        during = len(beats)
        await leave(pilot, app)
    # A shot takes seconds; had the thread waited for it there would be a handful of beats.
    assert during > 20
