"""The lens is driven from afar, in each maker's words, as far as a camera lets it."""

from contextlib import closing
from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from capture.rig import open_rig
from devices.errors import SettingRefusedError, UnsupportedError
from devices.gphoto2_focus import SIZES, focus_choice, focus_number
from devices.hot_folder import HotFolderCamera
from devices.simulated.client import Studio
from devices.simulated.world import World
from tests.test_app import until, words
from tests.test_screens import report, shown, still_app  # noqa: F401
from tui.messages import SessionOpened
from tui.widgets.settings_panel import SettingsPanel

CANON = ("Near 1", "Near 2", "Near 3", "None", "Far 1", "Far 2", "Far 3")


def test_each_size_has_its_word_and_the_ways_are_never_mixed():
    assert [focus_choice(CANON, size) for size in SIZES] == ["Far 1", "Far 2", "Far 3"]
    assert [focus_choice(CANON, -size) for size in SIZES] == ["Near 1", "Near 2", "Near 3"]
    two = ("Near fast", "Near slow", "Far slow", "Far fast")
    assert [focus_choice(two, size) for size in SIZES] == ["Far slow", "Far fast", "Far fast"]
    assert focus_choice(("None",), 1) is None


@pytest.mark.parametrize("end", [7.0, 100.0, 32767.0])
def test_numbers_grow_with_the_size_within_the_widgets_ends(end):
    sizes = [focus_number(-end, end, size) for size in SIZES]
    assert sizes == sorted(set(sizes))
    assert sizes[0] >= 1
    assert sizes[-1] <= end
    assert [focus_number(-end, end, -size) for size in SIZES] == [-size for size in sizes]


def test_a_step_is_the_same_in_dioptres_and_the_lens_has_two_ends():
    world = World("product")
    start_m = world.scene.focus_m
    assert world.drive_focus(500)
    first_m = start_m + world._effects.defocus
    assert world.drive_focus(500)
    second_m = start_m + world._effects.defocus
    assert first_m > start_m
    assert 1 / start_m - 1 / first_m == pytest.approx(1 / first_m - 1 / second_m)
    assert world.drive_focus(-1000)
    assert world._effects.defocus == pytest.approx(0.0, abs=1e-6)
    assert world.drive_focus(10**9)
    assert not world.drive_focus(1)
    assert world.drive_focus(-1)
    while world.drive_focus(-5000):
        assert start_m + world._effects.defocus > 0.299


def detail(camera):
    """Return how much detail live view shows, after the change that was made has come in."""
    frame = camera.latest_frame()
    for _ in range(4):
        frame = camera.latest_frame(newer_than=frame.sequence)
    small = frame.rgb[::2, ::2, 1].astype(np.float32)  # half of it: noise weighs less
    return float(cv2.Laplacian(cv2.GaussianBlur(small, (0, 0), 1.0), cv2.CV_32F).var())


@pytest.mark.parametrize("dialect", ["nikon", "canon"])
def test_a_camera_that_is_driven_out_of_focus_and_back_sees_as_before(dialect):
    with closing(Studio.start("product", dialect)) as studio:
        rig = open_rig(f"sim:product@{studio.port}")
        try:
            assert "focus_drive" in rig.camera.info().has
            rig.camera.set("aperture", "2.8")
            rig.camera.start_live_view()
            sharp = detail(rig.camera)
            for _ in range(3):
                rig.camera.drive_focus(3)
            soft = detail(rig.camera)
            for _ in range(3):
                rig.camera.drive_focus(-3)
            assert soft < 0.8 * sharp
            assert detail(rig.camera) == pytest.approx(sharp, rel=0.1)
        finally:
            rig.close()


def nearer_for_ever(camera):
    for _ in range(100):
        camera.drive_focus(-3)


def test_the_end_of_the_lens_is_told_in_words_and_the_camera_stays(studio):
    rig = open_rig(f"sim:product@{studio('product').port}")
    try:
        with pytest.raises(SettingRefusedError, match="nearer"):
            nearer_for_ever(rig.camera)
        assert rig.camera.settings()
    finally:
        studio("product").set_effect("defocus", 0.0)
        rig.close()


def test_what_is_no_camera_refuses(tmp_path):
    with (
        closing(HotFolderCamera(f"folder:{tmp_path}", tmp_path)) as folder,
        pytest.raises(UnsupportedError, match="focus"),
    ):
        folder.drive_focus(1)


async def test_keys_and_buttons_drive_the_lens_and_a_refusal_is_told(still_app, shown):  # noqa: F811
    driven = []

    def drive_focus(step):
        if step == 3:
            raise UnsupportedError("gphoto2: focus_drive", "this Sony has none", "turn it by hand")
        driven.append(step)

    async with still_app.run_test(size=(140, 40)) as pilot:
        await shown(pilot)
        still_app.session = SimpleNamespace(drive_focus=drive_focus)
        await pilot.press("comma", "full_stop", "less_than_sign", "greater_than_sign")
        await pilot.press("left_square_bracket")
        await until(pilot, lambda: len(driven) == 5, "the lens")
        assert sorted(driven) == [-3, -2, -1, 1, 2]
        await pilot.press("right_square_bracket")
        await until(pilot, lambda: "this Sony has none" in words(still_app, "#message"), "why not")
        still_app.session = None
        still_app._live.show_settings({}, drives_focus=True)
        await pilot.pause()
        panel = still_app.screen.query_one(SettingsPanel)
        assert words(still_app, "#settings").split() == ["Focus", "[", "<", ",", ".", ">", "]"]
        still_app.session = SimpleNamespace(drive_focus=drive_focus)
        first = words(still_app, "#settings").index("[")
        await pilot.click(panel, offset=(first, 0))
        await until(pilot, lambda: len(driven) == 6, "the click")
        assert driven[-1] == -3
        still_app.session = None


async def test_the_buttons_are_there_only_where_the_camera_lets_itself_be_driven(still_app):  # noqa: F811
    async with still_app.run_test(size=(140, 40)) as pilot:
        for drives in (True, False):
            still_app.post_message(SessionOpened("a camera", {}, drives_focus=drives))
            await pilot.pause()
            assert ("Focus" in words(still_app, "#settings")) is drives
