"""Battery and card: asked of the real driver, told in words when they run low."""

from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capture.camera_watch import BATTERY_PERCENT, SHOTS_LEFT, CameraWatch
from capture.journal import FileRow
from capture.rig import open_rig
from capture.settings import load_profile
from capture.shot import Shot
from devices.errors import DeviceLostError
from devices.frames import ExposureSettings, Reserves
from devices.simulated.plain_camera import PlainCamera
from devices.simulated.ptp_codes import Property
from tests.test_app import leave, until, words
from tests.test_tether_loop import said, tether
from tui.app import MatteboxApp
from tui.rig_choice import RigChoice


class Gauge:
    """Stands for a camera of which only its reserves are asked."""

    def __init__(self):
        self.now = Reserves()

    def reserves(self):
        if self.now is None:
            raise DeviceLostError("camera", "is away", "plug it in")
        return self.now


@pytest.fixture
def gauge():
    return Gauge()


@pytest.fixture
def watch(gauge):
    return CameraWatch(gauge, every_s=0.0)


def shot_of(*sizes):
    files = tuple(
        FileRow(1, "photo", f"{n}.jpg", f"/{n}.jpg", size, "", None) for n, size in enumerate(sizes)
    )
    own = FileRow(1, "cutout", "c.png", None, 10**9, "", None)
    return Shot(1, Path(), files[0], (*files, own), ExposureSettings(), ())


@given(st.lists(st.integers(0, 100), min_size=1, max_size=30))
def test_a_falling_battery_is_told_once_at_each_level(levels):
    gauge = Gauge()
    watch = CameraWatch(gauge, every_s=0.0)
    told = 0
    for percent in sorted(levels, reverse=True):
        gauge.now = Reserves(battery_percent=percent)
        told += len(watch.notices())
    steps = [sum(p <= level for level in BATTERY_PERCENT) for p in sorted(levels, reverse=True)]
    assert told == len(set(steps) - {0})


def test_a_changed_battery_is_told_again_when_it_too_runs_low(gauge, watch):
    for percent, told in ((9, 1), (9, 0), (100, 0), (9, 1)):
        gauge.now = Reserves(battery_percent=percent)
        assert len(watch.notices()) == told


def test_shots_left_are_counted_by_what_the_last_ones_took_on_the_card(gauge, watch):
    gauge.now = Reserves(free_bytes=SHOTS_LEFT[0] * 30_000_000)
    assert watch.notices() == []  # nobody knows yet what a shot takes
    watch.saw(shot_of(25_000_000, 5_000_000))  # RAW and JPEG; what is made here takes none of it
    assert f"room for {SHOTS_LEFT[0]} more shots" in watch.notices()[0]
    gauge.now = Reserves(free_bytes=SHOTS_LEFT[0] * 60_000_000)
    assert watch.notices() == []


def test_what_the_camera_does_not_say_is_not_guessed(gauge, watch):
    watch.saw(shot_of(1))
    assert watch.notices() == []
    gauge.now = None
    assert watch.notices() == []


def test_the_camera_is_asked_at_a_calm_rate(gauge):
    watch = CameraWatch(gauge)
    assert watch.notices() == []
    gauge.now = Reserves(battery_percent=1)
    assert watch.notices() == []


# --- the real driver ----------------------------------------------------------------------------


@pytest.fixture
def body():
    with closing(PlainCamera(largest=128 << 10)) as body:
        body.body.properties[Property.BATTERY].value = 9
        body.body.free_bytes = 10 << 20
        yield body


def test_battery_and_card_are_read(body):
    with closing(open_rig(body.address)) as rig:
        assert rig.camera.reserves() == Reserves(9, 10 << 20)


def test_tether_says_that_the_battery_is_low(body, tmp_path):
    with tether(body, tmp_path) as process:
        assert "change it" in said(process, "mattebox: the camera's battery is at 9 %")


async def test_the_app_says_that_the_camera_runs_low_is_away_and_is_back(body, tmp_path):
    app = MatteboxApp(RigChoice(body.address, None), tmp_path, load_profile("portrait"))
    async with app.run_test(size=(150, 42)) as pilot:
        await until(pilot, lambda: "battery is at 9 %" in words(app, "#message"), "the warning")
        await until(pilot, lambda: "frame" in words(app, "#status"), "a live frame")
        body.go_away()
        await until(pilot, lambda: "camera is away" in words(app, "#message"), "that it is away")
        body.come_back()
        await until(pilot, lambda: "is back" in words(app, "#message"), "that it is back")
        stale = words(app, "#status")
        await until(pilot, lambda: words(app, "#status") != stale, "live frames again")
        await leave(pilot, app)


async def test_live_view_rests_while_shots_are_reviewed_and_goes_on_after(
    body, tmp_path, monkeypatch
):
    monkeypatch.setattr("tui.screens.review.IDLE_S", 0.5)
    app = MatteboxApp(RigChoice(body.address, None), tmp_path, load_profile("portrait"))
    async with app.run_test(size=(150, 42)) as pilot:
        await until(pilot, lambda: "frame" in words(app, "#status"), "a live frame")
        await pilot.press("r")
        await until(pilot, lambda: not body.body.live, "rest")
        await pilot.press("escape")
        before = words(app, "#status")
        await until(pilot, lambda: body.body.live, "live view again")
        await until(pilot, lambda: words(app, "#status") != before, "frames again")
        await leave(pilot, app)
