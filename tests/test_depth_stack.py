"""Of how many frames a shot's depth is made: chosen by key, shown, and with the effect it has."""

from types import SimpleNamespace

import numpy as np
import pytest

from capture.depth_feed import KEPT_FRAMES, MOST_FRAMES, DepthFeed
from capture.rig import open_rig
from capture.rig_state import RigState
from capture.session import Session
from capture.settings import load_profile
from devices.depth_files import read_depth_file
from devices.frames import CameraInfo
from matting.imaging.errors import MismatchError, SettingsError
from tests.test_app import until, words
from tests.test_screens import report, shown, still_app  # noqa: F401
from tui.asking import STACKS


def error_of(shot, truth):
    """Return the median distance of a shot's depth from the truth, metres."""
    depth_m = read_depth_file(shot.path("depth")).depth_m
    return float(np.nanmedian(np.abs(depth_m - truth.depth_m)))


def test_more_frames_err_less(studio, tmp_path):
    address = f"sim:product@{studio('product').port}"
    rig = open_rig(address, address)
    asked = []
    with Session(rig, tmp_path, load_profile("product-white"), matte=False) as session:
        assert session.rig_state().depth_frames == KEPT_FRAMES
        recent = session.feed.recent
        session.feed.recent = lambda count, *rest: asked.append(count) or recent(count, *rest)
        errors = []
        for frames in (1, MOST_FRAMES):
            session.stack_depth(frames)
            assert session.rig_state().depth_frames == frames
            shot = session.shoot()
            assert shot.problems == ()
            errors.append(error_of(shot, studio("product").truth(*shot_size(shot))))
    assert asked == [1, MOST_FRAMES]
    assert errors[1] < 0.8 * errors[0]


def shot_size(shot):
    height, width = read_depth_file(shot.path("depth")).depth_m.shape
    return width, height


def test_numbers_out_of_range_and_a_rig_without_a_sensor_are_refused(studio, tmp_path):
    address = f"sim:product@{studio('product').port}"
    profile = load_profile("product-white")
    with Session(open_rig(address, address), tmp_path / "a", profile) as session:
        for frames in (0, -1, MOST_FRAMES + 1):
            with pytest.raises(SettingsError, match="out of range"):
                session.stack_depth(frames)
        assert session.rig_state().depth_frames == KEPT_FRAMES
    with (
        Session(open_rig(address), tmp_path / "b", profile) as session,
        pytest.raises(MismatchError, match="no depth sensor"),
    ):
        session.stack_depth(8)


def test_the_feed_keeps_as_many_as_are_asked_for(studio):
    address = f"sim:product@{studio('product').port}"
    rig = open_rig(address, address)
    feed = DepthFeed(rig.depth)
    try:
        feed.keep(MOST_FRAMES + 100)
        assert len(feed.recent(MOST_FRAMES)) == MOST_FRAMES
        feed.keep(5)
        assert len(feed.recent(5)) == 5
    finally:
        feed.close()
        rig.close()


async def test_the_key_goes_through_the_stacks_and_the_status_says_which(
    still_app,  # noqa: F811
    shown,  # noqa: F811
    report,  # noqa: F811
):
    now = [KEPT_FRAMES]
    still_app.session = SimpleNamespace(
        rig_state=lambda: RigState(CameraInfo("a", "b", "c"), "delivers", depth_frames=now[0]),
        stack_depth=lambda frames: now.__setitem__(0, frames),
    )
    async with still_app.run_test(size=(200, 40)) as pilot:
        await shown(pilot)
        for expected in (60, 1, 8, 30):
            await pilot.press("D")
            await until(pilot, lambda n=expected: now[0] == n, f"{expected} frames")
            await until(
                pilot, lambda n=expected: still_app._live.depth_frames == n, "the screen knows"
            )
            still_app._live._text_at = 0.0
            still_app._live.take(report)
            await pilot.pause()
            assert f"depth of {expected}" in words(still_app, "#status")
        still_app.session = None
    assert STACKS == (1, 8, 30, 60)
