"""Record3D's real library on a stream of our own; no iPhone is needed."""

from __future__ import annotations

import importlib.util

import numpy as np
import pytest
from fake_usbmuxd import TRUE_DEPTH, UDID, FakeUsbmuxd, packet

from devices.errors import DeviceError, DeviceLostError, DeviceNotFoundError, DeviceTimeoutError
from devices.record3d import Record3DSensor

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("record3d") is None,
    reason="record3d is not installed: there is none for this system (extra iphone)",
)

LENS = (720.0, 721.0, 480.5, 355.25)
HEIGHT, WIDTH = 192, 256


def streamed(k, kind=1):
    """Return a frame's depth, levels and packet; every frame has depth of its own."""
    random = np.random.default_rng(k)
    depth = random.uniform(0.3, 5.0, (HEIGHT, WIDTH)).astype(np.float32)
    depth[random.random(depth.shape) < 0.1] = 0
    levels = random.integers(0, 3, depth.shape).astype(np.uint8)
    rgb = np.full((720, 960, 3), 40 * (k % 6), np.uint8)
    rgb[:, :480, 0] = 255
    return depth, levels, packet(rgb, depth, levels, LENS, kind)


@pytest.fixture
def phone(tmp_path, monkeypatch):
    running = []

    def plugged(packets, **how):
        running.append(FakeUsbmuxd(tmp_path / f"muxd{len(running)}", packets, **how))
        monkeypatch.setenv("USBMUXD_SOCKET_ADDRESS", running[-1].address)

    yield plugged
    for one in running:
        one.close()


def test_depth_confidence_and_lens_arrive_whole(phone):
    frames = [streamed(k) for k in range(40)]
    phone([packed for _, _, packed in frames], stalls=True)
    sensor = Record3DSensor("record3d:")
    try:
        assert sensor.info().serial == UDID
        assert (sensor.info().width, sensor.info().height) == (WIDTH, HEIGHT)
        for _ in range(5):
            frame, colour = sensor.read_with_colour()
            depth, levels, _ = frames[frame.sequence]
            np.testing.assert_array_equal(frame.depth_m, np.where(depth > 0, depth, np.nan))
            np.testing.assert_array_equal(frame.confidence, levels / np.float32(2))
            assert frame.intrinsics.fx == pytest.approx(720 * 256 / 960)
            assert frame.intrinsics.cx == pytest.approx((480.5 + 0.5) * 256 / 960 - 0.5)
            # JPEG, so only about.
            assert abs(int(colour.rgb[700, 900, 1]) - 40 * (frame.sequence % 6)) < 4
    finally:
        sensor.close()


def test_true_depth_is_turned_the_right_way_round(phone):
    depth, _, packed = streamed(0, TRUE_DEPTH)
    phone([packed] * 30, stalls=True)
    sensor = Record3DSensor("record3d:")
    try:
        frame, colour = sensor.read_with_colour()
        np.testing.assert_array_equal(frame.depth_m, np.where(depth > 0, depth, np.nan)[:, ::-1])
        assert colour.rgb[300, 900, 0] > 250 > 10 > colour.rgb[300, 60, 0]
        # A point on the axis stays on the axis.
        assert frame.intrinsics.cx == pytest.approx((959 - 480.5 + 0.5) * 256 / 960 - 0.5)
        assert "TrueDepth" in sensor.info().model
    finally:
        sensor.close()


def test_without_a_phone_the_error_says_what_to_do(phone):
    phone([], devices=0)
    with pytest.raises(DeviceNotFoundError, match="USB"):
        Record3DSensor("record3d:")


def test_another_phone_than_the_wanted_one_is_named(phone):
    phone([])
    with pytest.raises(DeviceNotFoundError, match=UDID):
        Record3DSensor("record3d:other", "other")


def test_a_phone_whose_app_is_closed_is_told_so(phone):
    phone([], streams=False)
    with pytest.raises(DeviceError, match="does not stream"):
        Record3DSensor("record3d:")


def test_unplugged_in_mid_stream_and_in_mid_frame(phone):
    packets = [streamed(k)[2] for k in range(10)]
    packets[-1] = packets[-1][: len(packets[-1]) // 2]
    phone(packets)
    sensor = Record3DSensor("record3d:")
    with pytest.raises(DeviceLostError, match="stream has ended"):
        [sensor.read() for _ in range(20)]
    sensor.close()
    sensor.close()


def test_a_stream_that_stalls_is_a_time_out(phone):
    phone([streamed(0)[2]], stalls=True)
    sensor = Record3DSensor("record3d:")
    with pytest.raises(DeviceTimeoutError):
        sensor.read(0.3)
    sensor.close()


def test_a_library_that_crashes_is_a_lost_device(phone):
    """The library believes stated sizes: a frame that claims a gigabyte of colour ends it."""
    good, bad = streamed(0)[2], bytearray(streamed(1)[2])
    bad[16 + 6 * 4 : 16 + 7 * 4] = (1 << 30).to_bytes(4, "little")
    phone([good] * 5 + [bytes(bad)] * 20, stalls=True)
    sensor = Record3DSensor("record3d:")
    with pytest.raises(DeviceError):
        [sensor.read(1.0) for _ in range(30)]
    sensor.close()
