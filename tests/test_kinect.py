"""An Azure Kinect without one: Microsoft's own library, where it is installed."""

import ctypes
import json
import time
from ctypes.util import find_library

import pytest

from devices.errors import AddressError, DeviceNotFoundError
from devices.kinect_library import CalibrationStruct, load_k4a
from devices.open3d_sensor import KinectSensor
from matting.imaging.errors import MissingLibraryError

INSTALLED = find_library("k4a") is not None
with_library = pytest.mark.skipif(not INSTALLED, reason="libk4a is not installed")


def factory_calibration():
    """Return what a Kinect holds: lenses in units of its sensors' whole width."""

    def camera(place, purpose, size, lens, stands_m):
        return {
            "Intrinsics": {
                "ModelParameterCount": 14,
                "ModelParameters": [*lens, *[0.1] * 6, 0, 0, 0.0005, -0.0003],
                "ModelType": "CALIBRATION_LensDistortionModelBrownConrady",
            },
            "Location": f"CALIBRATION_CameraLocation{place}",
            "Purpose": f"CALIBRATION_CameraPurpose{purpose}",
            "MetricRadius": 1.7,
            "Rt": {"Rotation": [1, 0, 0, 0, 1, 0, 0, 0, 1], "Translation": stands_m},
            "SensorWidth": size[0],
            "SensorHeight": size[1],
        }

    def inertial(kind):
        return {
            "BiasTemperatureModel": [0] * 12,
            "BiasUncertainty": [0.0001] * 3,
            "Id": "CALIBRATION_InertialSensorId_LSM6DSM",
            "MixingMatrixTemperatureModel": [1, 0, 0, 0] * 9,
            "ModelTypeMask": 16,
            "Noise": [0.01] * 6,
            "Rt": {"Rotation": [1, 0, 0, 0, 1, 0, 0, 0, 1], "Translation": [0, 0, 0]},
            "SecondOrderScaling": [0] * 9,
            "SensorType": f"CALIBRATION_InertialSensorType_{kind}",
            "TemperatureBounds": [5, 60],
            "TemperatureC": 0,
        }

    cameras = [
        camera("D0", "Depth", (1024, 1024), [0.5, 0.5, 0.49, 0.49], [0, 0, 0]),
        camera("PV0", "Color", (4096, 3072), [0.502, 0.498, 0.476, 0.635], [-0.032, -0.002, 0.004]),
    ]
    sensors = [inertial("Gyro"), inertial("Accelerometer")]
    return {"CalibrationInformation": {"Cameras": cameras, "InertialSensors": sensors}}


def test_the_calibration_is_as_large_as_the_librarys_own():
    """Two cameras of 128 bytes, 16 motions of 48, two numbers: k4atypes.h of version 1.4."""
    assert ctypes.sizeof(CalibrationStruct) == 2 * 128 + 16 * 48 + 2 * 4


@with_library
def test_the_lens_is_the_one_that_the_library_reads_from_a_factory_calibration():
    raw, found = json.dumps(factory_calibration()).encode() + b"\0", CalibrationStruct()
    told = load_k4a("k4a").k4a_calibration_get_from_raw(
        raw, ctypes.c_size_t(len(raw)), 2, 1, ctypes.byref(found)
    )
    assert told == 0
    lens = found.colour_lens()
    # 16:9 is cut from a picture of 1280x960; the library counts from the first pixel's corner.
    assert (lens.width, lens.height) == (1280, 720)
    assert (lens.fx, lens.fy) == pytest.approx((0.476 * 1280, 0.635 * 960), abs=1e-3)
    assert (lens.cx, lens.cy) == pytest.approx((0.502 * 1280 - 0.5, 0.498 * 960 - 120.5), abs=1e-3)


@with_library
def test_without_a_kinect_the_answer_says_so():
    start = time.monotonic()
    with pytest.raises(DeviceNotFoundError, match="no Azure Kinect answers"):
        KinectSensor("kinect:")
    assert time.monotonic() - start < 10


@pytest.mark.skipif(INSTALLED, reason="libk4a is installed")
def test_without_its_library_the_answer_names_it():
    with pytest.raises(MissingLibraryError, match="libk4a"):
        KinectSensor("kinect:")


def test_a_kinect_is_chosen_by_its_number():
    with pytest.raises(AddressError, match="no number"):
        KinectSensor("kinect:000123", "left")
