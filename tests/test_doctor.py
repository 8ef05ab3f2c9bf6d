"""What the doctor collects, and that nothing private is among it."""

import json
import sys
import zipfile

import numpy as np
import pytest

from capture.doctor import (
    SAMPLE_FRAMES,
    sample_of,
    udev_rules,
    usb_devices,
    without_numbers,
    write_report,
)
from capture.rig import Rig
from devices.errors import DeviceLostError
from devices.frames import CameraInfo, DepthFrame, DepthNoise, Frame, SensorInfo
from tui.cli import main
from tui.exit_codes import ExitCode


class FakeCamera:
    def __init__(self, lost=False):
        self.lost, self.live, self.next = lost, False, 0

    def info(self):
        return CameraInfo("sim:x", "A camera", "SECRET-1")

    def start_live_view(self):
        self.live = True

    def stop_live_view(self):
        self.live = False

    def latest_frame(self, newer_than=-1, timeout_s=5.0):
        if self.lost:
            raise DeviceLostError("camera", "gone", "plug it in")
        self.next += 2  # every other frame is dropped
        return Frame(np.zeros((4, 6, 3), np.uint8), self.next, self.next / 20)


class FakeSensor:
    count = 0

    def info(self):
        return SensorInfo("sim:x", "A sensor", "SECRET-2", 6, 4)

    def read(self, timeout_s=5.0):
        self.count += 1
        depth = np.full((4, 6), 2.0, np.float32)
        depth[0] = np.nan
        sure = np.where(np.isfinite(depth), np.float32(0.5), np.float32(0.0))
        sure = None if self.count == 1 else sure
        return DepthFrame(depth, sure, None, DepthNoise(), self.count, self.count / 5)


def test_a_sample_tells_pace_drops_and_returns_and_no_serial_number():
    camera = FakeCamera()
    told, maps = sample_of(Rig(camera, FakeSensor(), None))
    assert told["camera"] == {
        "size": [6, 4], "per_second": 10.0, "dropped": 9, "model": "A camera", "lacks": {},
    }  # fmt: skip
    assert told["depth"]["per_second"] == pytest.approx(5.0)
    assert told["depth"]["with_return"] == [0.75] * SAMPLE_FRAMES
    assert told["depth"]["confidence"] == [None] + [0.5] * (SAMPLE_FRAMES - 1)
    assert len(maps) == SAMPLE_FRAMES
    assert "SECRET" not in json.dumps(told)
    assert not camera.live


def test_a_lost_camera_is_told_in_words_and_depth_is_sampled_all_the_same():
    told, maps = sample_of(Rig(FakeCamera(lost=True), FakeSensor(), None))
    assert "gone" in told["camera"]["fault"]
    assert len(maps) == SAMPLE_FRAMES


def test_a_sensors_serial_number_in_its_address_is_left_out():
    sensor = {"address": "oak:SECRET-4", "model": "Luxonis OAK", "note": "at 1.2"}
    found = {"cameras": (), "depth_sensors": (sensor,), "providers": (), "remarks": ()}
    assert "SECRET" not in json.dumps(without_numbers(found))
    assert without_numbers(found)["depth_sensors"][0]["model"] == "Luxonis OAK"


def test_the_report_is_one_file_with_the_depth_maps(tmp_path):
    maps = [FakeSensor().read() for _ in range(3)]
    write_report(tmp_path / "doctor.zip", {"python": "3"}, maps)
    with zipfile.ZipFile(tmp_path / "doctor.zip") as archive:
        assert json.loads(archive.read("report.json")) == {"python": "3"}
        with archive.open("depth.npz") as file:
            assert np.load(file)["depth_m"].shape == (3, 4, 6)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="udev is Linux's")
def test_rules_are_found_by_the_makers_number(tmp_path):
    rule = 'SUBSYSTEM=="usb", ATTRS{idVendor}=="03e7", MODE="0666"\n'
    (tmp_path / "80-movidius.rules").write_text(rule)
    found = udev_rules([tmp_path, tmp_path / "missing"])
    assert found["Luxonis"] == [str(tmp_path / "80-movidius.rules")]
    assert found["Intel"] == []


def test_usb_is_listed_with_its_speed_and_hubs_without_numbers_are_left_out(tmp_path):
    device = tmp_path / "1-2"
    device.mkdir()
    (tmp_path / "1-2:1.0").mkdir()
    for name, text in {
        "idVendor": "03e7", "idProduct": "2485", "speed": "480", "busnum": "250",
        "devnum": "250", "product": "Movidius MyriadX", "serial": "SECRET-3",
    }.items():  # fmt: skip
        (device / name).write_text(text + "\n")
    assert usb_devices(tmp_path) == [
        {"id": "03e7:2485", "name": "Movidius MyriadX", "mbit_s": 480.0, "may_open": False}
    ]
    assert usb_devices(tmp_path / "missing") is None


def test_a_sensor_alone_is_refused_before_anything_is_searched(capsys):
    assert main(["doctor", "--depth", "oak:"]) == ExitCode.SETTINGS
    assert "--camera" in capsys.readouterr().err
