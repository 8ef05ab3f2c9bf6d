"""The rig's drift watch in live view, on drawn looks and on a simulated rig that is knocked."""

import itertools
import threading
from dataclasses import replace

import cv2
import numpy as np
import pytest

from capture import live, live_rig_watch
from capture.depth_filtering import filtered
from capture.findings import is_ready
from capture.live_rig_watch import LiveRigWatch
from capture.metering.misalignment import Misalignment
from capture.registration import register
from capture.rig import open_rig
from capture.rig_watch import LIVE_LOOKS_IN_A_ROW
from capture.session import Session
from capture.settings import load_profile
from capture.subjects import find_subject
from devices.frames import Calibration, DepthFrame, Extrinsics
from devices.simulated.camera_body import ShotSettings
from devices.simulated.depth_models import SENSOR_MODELS
from devices.simulated.world import World

SHOT = ShotSettings(100, 1 / 125, 8.0, 752, 500, 95, 1)
FRAME = np.zeros((100, 1000, 3), np.uint8)


@pytest.fixture
def at_once(monkeypatch):
    """Let every look be due."""
    monkeypatch.setattr(live_rig_watch, "_LOOK_INTERVAL_S", -1.0)


def looked(watch, *places):
    for place in places:
        watch.look(FRAME, None, lambda rgb, subject, at=place: at and Misalignment(at, 0.0, 0.6))
    return watch.findings


def test_a_knock_is_a_failed_finding_in_the_frames_pixels_until_it_is_set_back(at_once) -> None:
    watch = LiveRigWatch()
    assert looked(watch, 1.0, *[9.0] * (LIVE_LOOKS_IN_A_ROW - 1)) == ()
    (finding,) = looked(watch, 9.0)
    assert not is_ready((finding,))
    assert finding.line().startswith("rig depth lies 8 px off the silhouette")
    assert "the rig was knocked" in finding.fix
    assert "calibrate again" in finding.fix
    assert looked(watch, None) == (finding,), "a frame that tells nothing changes nothing"
    assert looked(watch, 1.0) == ()


def test_looks_are_seldom() -> None:
    watch, looks = LiveRigWatch(), []
    for _ in range(20):
        watch.look(FRAME, None, lambda rgb, subject: looks.append(rgb))
    assert len(looks) == 1


def test_on_a_simulated_rig_nothing_is_told_at_rest_and_a_knock_of_a_third_of_a_degree_is(
    at_once,
) -> None:
    world = World("portrait")
    coded = np.frombuffer(world.photograph(SHOT), np.uint8)
    rgb = cv2.imdecode(coded, cv2.IMREAD_COLOR_RGB)
    stood = Calibration(world.scene.camera, world.scene.sensor_to_camera)
    turned = cv2.Rodrigues(np.radians([0.0, 0.33, 0.0]))[0] @ stood.depth_to_camera.rotation
    stands = Extrinsics(turned, stood.depth_to_camera.translation_m)
    knocked = replace(stood, depth_to_camera=stands)
    sensor, model, watch = world.sensor("stereo"), SENSOR_MODELS["stereo"], LiveRigWatch()

    def look(calibration):
        frames = [
            DepthFrame(depth_m, confidence, model.lens, model.noise)
            for depth_m, confidence in (sensor.read() for _ in range(3))
        ]
        watch.look(rgb, find_subject(register(filtered(frames), calibration)))

    for _ in range(2):
        look(stood)
    assert watch.findings == ()
    for _ in range(LIVE_LOOKS_IN_A_ROW):
        look(knocked)
    assert [finding.level for finding in watch.findings] == ["fail"]


@pytest.mark.parametrize(("sensor", "degrees"), [("stereo", 1.0), ("stereo", 3.0), ("lidar", 1.5)])
def test_an_oblique_knock_beyond_what_is_searched_is_told(sensor, degrees, at_once) -> None:
    world, model = World("portrait"), SENSOR_MODELS[sensor]
    rgb = cv2.imdecode(np.frombuffer(world.photograph(SHOT), np.uint8), cv2.IMREAD_COLOR_RGB)
    stood = Calibration(world.scene.camera, world.scene.sensor_to_camera)
    axis = np.radians(degrees) * np.array([0.6, 0.8, 0.0])
    turned = cv2.Rodrigues(axis)[0] @ stood.depth_to_camera.rotation
    stands = Extrinsics(turned, stood.depth_to_camera.translation_m)
    knocked = replace(stood, depth_to_camera=stands)
    reading, watch = world.sensor(sensor), LiveRigWatch()

    def look(calibration):
        frames = [DepthFrame(*reading.read(), model.lens, model.noise) for _ in range(5)]
        watch.look(rgb, find_subject(register(filtered(frames), calibration)))

    for _ in range(LIVE_LOOKS_IN_A_ROW + 2):
        look(stood)
    assert watch.findings == ()
    for _ in range(LIVE_LOOKS_IN_A_ROW):
        look(knocked)
    (finding,) = watch.findings
    assert finding.level == "warn"
    assert "knocked far" in finding.fix


def test_live_view_looks_beside_the_measuring_thread_and_tells_the_screen(
    studio, tmp_path, monkeypatch, at_once
) -> None:
    address = f"sim:product@{studio('product').port}"
    places, threads, told = itertools.chain([0.0], itertools.repeat(9.0)), set(), threading.Event()

    def measured(rgb, subject):
        threads.add(threading.current_thread().name)
        return Misalignment(next(places), 0.0, 0.6)

    monkeypatch.setattr(live, "misalignment", measured)
    monkeypatch.setattr(live, "Beside", lambda: None)

    def publish(report):
        if any(finding.check == "rig" for finding in report.findings):
            told.set()

    rig = open_rig(address, address)
    with Session(rig, tmp_path, load_profile("product-white"), matte=False) as session:
        session.start_live(publish, lambda error: None)
        assert told.wait(60)
    assert threads == {"silhouette"}
