"""Recordings that the tests write, and replay devices on them."""

from __future__ import annotations

import numpy as np

from devices.depth_units import depth_metres
from devices.errors import DeviceLostError
from devices.frames import Calibration, DepthFrame, DepthNoise, Extrinsics, Frame, Intrinsics
from devices.recording_format import RecordedRig
from devices.recording_writer import RecordingWriter
from devices.replay import ReplayCamera, ReplayClock, ReplayDepthSensor

LENS = Intrinsics(281.25, 282.5, 159.5, 99.25, 64, 48)
NOISE = DepthNoise(0.001, 0.002, 0.003)
TILT = np.array([[0.8, 0, 0.6], [0, 1, 0], [-0.6, 0, 0.8]])
WHERE = Calibration(LENS, Extrinsics(TILT, np.array([0.1, -0.02, 0.003])))
RIG = RecordedRig("Camera", "c1", WHERE, "Sensor", "s1", (64, 48), NOISE)


def colour_frame(k, shape=(48, 64), at_s=0.0):
    rgb = np.random.default_rng(k).integers(0, 256, (*shape, 3), np.uint8)
    return Frame(rgb, k, 1000 + at_s)


def depth_frame(k, shape=(48, 64), at_s=0.0, fractions=False):
    random = np.random.default_rng(k)
    millimetres = random.integers(300, 9000, shape).astype(np.uint16)
    millimetres[random.random(shape) < 0.2] = 0
    depth = depth_metres(millimetres)
    if fractions:
        depth = depth * np.float32(np.pi / 3)
    lens = LENS.scaled_to(shape[1], shape[0])
    confidence = random.random(shape).astype(np.float32)
    return DepthFrame(depth, confidence, lens, NOISE, k, 1000 + at_s, sensor="Sensor")


def write(path, count=4, step_s=0.01, **kinds):
    with RecordingWriter(path, RIG) as writer:
        for k in range(count):
            writer.write_colour(colour_frame(k, at_s=k * step_s))
            writer.write_depth(depth_frame(k, at_s=k * step_s, **kinds))


OPEN = []


def depth_of(path, clock=None):
    OPEN.append(ReplayDepthSensor("replay:x", path, clock or ReplayClock()))
    return OPEN[-1]


def camera_of(path, clock=None):
    OPEN.append(ReplayCamera("replay:x", path, clock or ReplayClock()))
    return OPEN[-1]


def read_all(sensor):
    frames = []
    while True:
        try:
            frames.append(sensor.read())
        except DeviceLostError as error:
            sensor.close()
            return frames, str(error)
