"""The live calibration in the app: from the set-up screen to a session that goes on with it."""

from pathlib import Path

import pytest

from capture import rig as rigs
from capture.calibration import views as board_views
from capture.rig import Rig
from capture.settings import load_profile
from devices.depth_calibration import read_calibration
from tests.test_app import until, words
from tests.test_calibration_live import STANDS, Board, BoardSensor, pictures  # noqa: F401
from tui.app import MatteboxApp
from tui.kept_state import KeptState
from tui.rig_choice import RigChoice
from tui.screens.calibrate import CalibrateScreen
from tui.screens.calibration_asked import CalibrationAskedScreen
from tui.screens.set_up import SetUpScreen


class RestingApp(MatteboxApp):
    """The app with no session: which one it would begin, it remembers."""

    def __init__(self, choice, folder, **words):
        super().__init__(choice, folder, load_profile("portrait"), **words)
        self.begun = []

    def _open_session(self, choice):
        self._connecting = False
        self.begun.append((choice.camera, choice.depth, self._calibration))


@pytest.fixture
def app(monkeypatch, tmp_path):
    monkeypatch.setattr("tui.app.state_file", lambda: tmp_path / "state" / "app.json")
    monkeypatch.setattr(SetUpScreen, "_look_around", lambda screen: None)
    return RestingApp(RigChoice("gphoto2:", "oak:"), tmp_path)


@pytest.fixture
def board(pictures, monkeypatch):  # noqa: F811
    """Have the board held before camera and sensor; return the cameras that were opened."""
    monkeypatch.setattr(board_views, "ENOUGH_VIEWS", len(pictures))
    opened = []

    def open_rig(*addresses):
        opened.append(Board(pictures))
        return Rig(opened[-1], BoardSensor(pictures), None)

    monkeypatch.setattr(rigs, "open_to_calibrate", open_rig)
    return opened


async def begin(pilot):
    await pilot.press("e", "c")
    assert isinstance(pilot.app.screen, CalibrationAskedScreen)
    await pilot.press("ctrl+s")
    assert isinstance(pilot.app.screen, CalibrateScreen)


async def test_a_good_calibration_is_kept_and_the_session_goes_on_with_it(app, board, tmp_path):
    async with app.run_test(size=(120, 40)) as pilot:
        await begin(pilot)
        await until(pilot, lambda: "views" in words(app, "#bar"), "the first look")
        await until(pilot, lambda: words(app, "#asked") == "good", "the last view")
        told = words(app, "#result")
        assert "11 pairs; camera off by 0." in told
        assert "of the frame seen" in told
        assert "11 of 11 views" in words(app, "#bar")
        file = tmp_path / "state" / "calibration.json"
        assert not file.exists()
        await pilot.press("enter")
        await until(pilot, lambda: len(app.begun) == 2, "the session again")
        assert isinstance(app.screen, SetUpScreen)
        assert app.begun == [("gphoto2:", "oak:", None), ("gphoto2:", "oak:", file)]
        assert not board[0].live
        stands = read_calibration(file).depth_to_camera
        assert stands.translation_m == pytest.approx(STANDS.translation_m, abs=3e-3)
        # And so the next time.
        kept = app.state
        assert kept.calibration_of("gphoto2:", "oak:") == file
        assert kept.calibration_of("gphoto2:", "oak:other") is None


async def test_escape_leaves_at_any_time_and_nothing_is_written(app, board, tmp_path):
    async with app.run_test(size=(80, 24)) as pilot:
        for selector, waited_for in (("#bar", "of 11 views"), ("#asked", "good")):
            await begin(pilot)
            until_then = lambda s=selector, w=waited_for: words(app, s).endswith(w)  # noqa: E731
            await until(pilot, until_then, waited_for)
            begun = len(app.begun)
            await pilot.press("escape")
            await until(pilot, lambda b=begun: len(app.begun) > b, "the session again")
            assert app.begun[-1] == ("gphoto2:", "oak:", None)
            await pilot.press("escape")
    assert not list(tmp_path.rglob("*.json"))
    assert [camera.live for camera in board] == [False, False]


async def test_too_few_views_give_no_calibration_and_the_reason(
    app, pictures, tmp_path, monkeypatch  # noqa: F811
):  # fmt: skip
    held = [kind(pictures, looks=10_000) for kind in (Board, BoardSensor)]
    monkeypatch.setattr(rigs, "open_to_calibrate", lambda *addresses: Rig(*held, None))
    async with app.run_test(size=(120, 40)) as pilot:
        await begin(pilot)
        await until(pilot, lambda: "1 of 25 views" in words(app, "#bar"), "the first view")
        await pilot.press("enter")
        await until(pilot, lambda: "stopped before" in words(app, "#asked"), "the reason")
        await pilot.press("enter")
        assert isinstance(app.screen, CalibrateScreen)
        await pilot.press("escape")
        assert isinstance(app.screen, SetUpScreen)
    assert not list(tmp_path.rglob("*.json"))


async def test_a_sensor_without_pictures_is_told_with_the_remedy(app, pictures, monkeypatch):  # noqa: F811
    rig = Rig(Board(pictures), Board(pictures), None)
    monkeypatch.setattr(rigs, "open_to_calibrate", lambda *addresses: rig)
    async with app.run_test(size=(120, 40)) as pilot:
        await begin(pilot)
        await until(pilot, lambda: "depth alone" in words(app, "#asked"), "the fault")
        assert "mattebox calibrate depth" in words(app, "#result")
        await pilot.press("escape")


async def test_a_file_that_cannot_be_written_is_told_and_may_be_tried_again(app, board, tmp_path):
    (tmp_path / "state").write_text("a file in the folder's place")
    async with app.run_test(size=(120, 40)) as pilot:
        await begin(pilot)
        await until(pilot, lambda: words(app, "#asked") == "good", "the last view")
        await pilot.press("enter")
        assert "✖ not written" in words(app, "#message")
        (tmp_path / "state").unlink()
        await pilot.press("enter")
        await until(pilot, lambda: len(app.begun) == 2, "the session again")
    assert (tmp_path / "state" / "calibration.json").is_file()


@pytest.mark.parametrize("typed", ["", "wide", "0", "-3", "nan", "inf"])
async def test_a_width_that_is_none_begins_nothing(app, typed):
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("e", "c")
        app.screen.query_one("#square").value = typed
        await pilot.press("ctrl+s")
        assert isinstance(app.screen, CalibrationAskedScreen)
        assert "above 0" in words(app, "#begins")


@pytest.mark.parametrize(
    ("choice", "why"),
    [
        (RigChoice("gphoto2:", None), "there is no depth sensor"),
        (RigChoice("", None, Path("there")), "the devices are the host's"),
    ],
)
async def test_devices_that_cannot_be_had_are_refused_in_words(app, choice, why):
    app._choice = choice
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("e", "c")
        assert isinstance(app.screen, SetUpScreen)
        assert any(why in told for told in app.told)


async def test_the_calibration_of_the_last_time_is_taken_up_while_it_is_there(app, tmp_path):
    file = tmp_path / "rig.json"
    kept = KeptState("gphoto2:", "oak:", calibration=str(file))
    for there in (False, True):
        if there:
            file.write_text("{}")
        again = RestingApp(RigChoice("gphoto2:", "oak:"), tmp_path, kept=kept)
        async with again.run_test():
            assert again.begun == [("gphoto2:", "oak:", file if there else None)]
