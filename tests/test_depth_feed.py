"""Depth paired with live frames by time, where the clocks' offset is known."""

import contextlib
import threading

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from capture.depth_feed import KEPT_FRAMES, DepthFeed
from devices.errors import DeviceTimeoutError
from devices.frames import DepthFrame, DepthNoise

PERIOD_S = 1 / 15
STAMPS_S = [100 + PERIOD_S * number for number in range(KEPT_FRAMES)]


class Scripted:
    """A sensor that gives frames of these stamps, and is then silent until it is let go."""

    def __init__(self, stamps_s):
        self._stamps_s = iter(stamps_s)
        self.let_go = threading.Event()

    def read(self, timeout_s=5.0):
        stamp = next(self._stamps_s, None)
        if stamp is None:
            self.let_go.wait()
            raise DeviceTimeoutError("scripted", "no more frames", "write more")
        depth = np.ones((2, 2), np.float32)
        return DepthFrame(depth, None, None, DepthNoise(floor_m=0.01), time_s=stamp)


@contextlib.contextmanager
def fed(late_s):
    """Open a feed that has read all of the script."""
    sensor = Scripted(STAMPS_S)
    feed = DepthFeed(sensor, late_s)
    feed.recent(KEPT_FRAMES)
    yield feed
    sensor.let_go.set()
    feed.close()


def stamps(frames):
    return [frame.time_s for frame in frames]


@settings(max_examples=25, deadline=None)
@given(st.floats(-0.5, 0.5), st.floats(100.5, 101.5), st.integers(1, 5))
def test_no_frame_that_was_left_out_is_nearer_to_the_moment(late_s, moment_s, count) -> None:
    with fed(late_s) as feed:
        taken = stamps(feed.of_moment(moment_s, count))
    assert len(taken) == count
    assert taken == sorted(taken)
    away = [abs(stamp - late_s - moment_s) for stamp in taken]
    left_out = [abs(one - late_s - moment_s) for one in STAMPS_S if one not in taken]
    assert max(away) <= min(left_out)


def test_a_camera_that_is_late_gets_depth_of_before() -> None:
    """A live frame that comes 200 ms late shows what the sensor stamped 200 ms earlier."""
    with fed(-0.2) as feed:
        (frame,) = feed.of_moment(STAMPS_S[-1], 1)
    assert frame.time_s == pytest.approx(STAMPS_S[-1] - 0.2)


def test_without_an_offset_the_newest_frames_are_taken() -> None:
    with fed(None) as feed:
        assert stamps(feed.of_moment(100.0, 3)) == STAMPS_S[-3:]


def test_a_moment_that_the_sensor_has_not_reached_gets_its_newest() -> None:
    with fed(0.3) as feed:
        assert stamps(feed.of_moment(STAMPS_S[-1], 3)) == STAMPS_S[-3:]
