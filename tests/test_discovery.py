"""What is connected, and what is said about a library that cannot be loaded."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from ctypes.util import find_library
from pathlib import Path

import pytest

from capture.inventory import take_inventory
from devices.address import SCENES, parse_camera_address, parse_depth_address
from devices.discovery import (
    SYSTEM_PACKAGES,
    Discovery,
    FoundDevice,
    _probe,
    list_cameras,
    list_depth_sensors,
    missing_open3d,
)
from devices.kinect_library import load_k4a
from matting.imaging.errors import MissingLibraryError

ROOT = Path(__file__).resolve().parent.parent


@pytest.mark.parametrize(
    ("library", "package"),
    [
        ("libusb-1.0.so.0", "libusb-1.0-0"),
        ("libGL.so.1", "libgl1"),
        ("libEGL.so.1", "libegl1"),
        ("libX11.so.6", "libx11-6"),
    ],
)
def test_a_missing_system_library_names_the_package(library: str, package: str) -> None:
    error = missing_open3d(
        ImportError(f"{library}: cannot open shared object file: No such file or directory")
    )
    assert SYSTEM_PACKAGES[library] == package
    assert library in error.fault
    assert f"apt install {package})" in error.remedy


def test_a_library_that_is_not_in_the_table_is_named_all_the_same() -> None:
    error = missing_open3d(
        ImportError("libfoo++.so.3.1: cannot open shared object file: No such file or directory")
    )
    assert "libfoo++.so.3.1" in error.fault
    assert "libfoo++.so.3.1" in error.remedy


def test_other_faults_of_the_import_are_told_in_their_own_words() -> None:
    assert "not installed" in missing_open3d(ModuleNotFoundError("No module named 'open3d'")).fault
    text = "/lib/libm.so.6: version `GLIBC_2.35' not found"
    assert text in missing_open3d(ImportError(text)).fault


def test_the_simulated_studio_comes_last_and_is_said_to_be_simulated() -> None:
    for discovery, parse in (
        (list_cameras(), parse_camera_address),
        (list_depth_sensors(), parse_depth_address),
    ):
        last = discovery.found[-len(SCENES) :]
        assert [device.address for device in last] == [f"sim:{scene}" for scene in SCENES]
        assert all(device.note == "simulated" for device in last)
        assert len({device.address for device in discovery.found}) == len(discovery.found)
        for device in discovery.found:
            parse(device.address)  # every address can be given back


def test_a_probe_whose_process_dies_is_a_remark() -> None:
    found = _probe("doomed:", "os:abort")
    assert found.found == ()
    assert len(found.remarks) == 1
    assert "doomed:" in found.remarks[0]


@pytest.mark.skipif(
    platform.machine() not in ("x86_64", "AMD64") or find_library("k4a") is not None,
    reason="libk4a is installed, or there is none for this machine",
)
def test_a_kinect_is_not_asked_for_through_open3d_without_its_library() -> None:
    # Open3D would end the process.
    with pytest.raises(MissingLibraryError) as caught:
        load_k4a("k4a")
    assert "libk4a" in caught.value.fault


def test_discoveries_add_up_in_order() -> None:
    one, two = FoundDevice("a:", "A"), FoundDevice("b:", "B")
    assert Discovery((one,), ("x",)) + Discovery((two,), ("y",)) == Discovery(
        (one, two), ("x", "y")
    )


@pytest.mark.skipif(sys.platform == "win32", reason="libgphoto2 has no wheel for Windows")
def test_a_camera_on_usb_is_found(tmp_path: Path) -> None:
    # libgphoto2's own virtual camera on its virtual USB.
    code = """
import sys
from devices import gphoto2_driver
gphoto2_driver.import_gphoto2(sys.argv[1])
for device in gphoto2_driver.find().found:
    print(device.address, device.model)
"""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code, str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("gphoto2:usb:")


def test_the_inventory_holds_what_the_command_prints() -> None:
    inventory = take_inventory()
    value = inventory.as_json()
    assert set(value) == {"cameras", "depth_sensors", "providers", "remarks"}
    assert "CPUExecutionProvider" in {entry.address for entry in inventory.providers}
    assert json.loads(json.dumps(value))["cameras"][-1] == {
        "address": f"sim:{SCENES[-1]}",
        "model": inventory.cameras[-1].model,
        "note": "simulated",
    }


def run_devices(*options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-W", "error", "-m", "tui.cli", "devices", *options],
        cwd=ROOT,
        env={**os.environ},
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_the_command_prints_one_json_object() -> None:
    done = run_devices("--json")
    assert done.returncode == 0, done.stderr
    value = json.loads(done.stdout)
    assert {"cameras", "depth_sensors", "providers"} <= set(value)
    for entries in (value["cameras"], value["depth_sensors"], value["providers"]):
        assert entries
        assert all(set(entry) == {"address", "model", "note"} for entry in entries)
    for remark in value["remarks"]:
        assert f"mattebox: {remark}" in done.stderr


def test_the_command_prints_a_list_to_read() -> None:
    done = run_devices()
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[0] == "cameras"
    assert "sim:portrait" in done.stdout
    assert "CPUExecutionProvider" in done.stdout
