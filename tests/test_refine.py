"""A knocked calibration set right by depth's outline on the picture, on a traced set."""

import dataclasses
import json
from dataclasses import replace

import cv2
import numpy as np
import pytest
from PIL import Image

from capture.calibration.refine import refine
from capture.depth_export import write_depth_exr
from capture.depth_filtering import temporal_median
from capture.registration import already_registered
from devices.depth_calibration import read_calibration, write_calibration
from devices.frames import Calibration, DepthFrame, Extrinsics
from devices.simulated.depth_models import SENSOR_MODELS, SimulatedDepth, sensor_view
from devices.simulated.rendering import Renderer, camera_rays
from devices.simulated.scenes import make_scene
from matting.imaging.errors import MismatchError
from tui.cli import main
from tui.exit_codes import ExitCode

MODEL = SENSOR_MODELS["stereo"]
SIZE = (960, 640)


@pytest.fixture(scope="module")
def rig():
    """Return a picture in flat colours of a portrait, its noisy depth, and the true calibration."""
    renderer = Renderer(make_scene("portrait"))
    rays = camera_rays(renderer.lens(*SIZE))
    seen = renderer.geometry(rays, SIZE[::-1], np.zeros(3), np.eye(3))
    rng = np.random.default_rng(1)
    grey = np.where(seen.solid, 90.0, 160.0) + 3 * rng.standard_normal(seen.solid.shape)
    rgb = np.repeat(np.clip(grey, 0, 255).astype(np.uint8)[..., None], 3, axis=2)
    sensor = SimulatedDepth(sensor_view(renderer, MODEL), MODEL)
    frames = [DepthFrame(*sensor.read(), MODEL.lens, MODEL.noise) for _ in range(5)]
    return (
        rgb,
        temporal_median(frames),
        Calibration(renderer.scene.camera, renderer.scene.sensor_to_camera),
    )


def knocked(calibration, across_deg, down_deg):
    turn = cv2.Rodrigues(np.radians([across_deg, down_deg, 0.0]))[0]
    stands = calibration.depth_to_camera
    return replace(
        calibration, depth_to_camera=Extrinsics(turn @ stands.rotation, stands.translation_m)
    )


def off_deg(one, other):
    turn = one.depth_to_camera.rotation @ other.depth_to_camera.rotation.T
    return float(np.degrees(np.linalg.norm(cv2.Rodrigues(turn)[0])))


@pytest.mark.parametrize("knock", [(0.0, -0.3), (-0.2, 0.2)])
def test_a_knock_of_three_tenths_of_a_degree_is_brought_below_one(rig, knock):
    rgb, frame, true = rig
    off = knocked(true, *knock)
    found = refine(off, [(rgb, frame)])
    assert off_deg(off, true) > 0.28
    assert off_deg(found.calibration, true) < 0.1
    assert found.faults() == ()
    assert found.left < found.before / 5
    assert found.turned_deg == pytest.approx(off_deg(off, found.calibration))


def test_a_rig_at_rest_stays_where_it_is(rig):
    rgb, frame, true = rig
    assert off_deg(refine(true, [(rgb, frame)]).calibration, true) < 0.1


def test_a_picture_without_edges_is_refused_and_so_is_a_set_without_a_subject(rig):
    rgb, frame, true = rig
    noise = np.random.default_rng(2).integers(90, 110, rgb.shape).astype(np.uint8)
    with pytest.raises(MismatchError, match="edges"):
        refine(true, [(noise, frame)])
    with pytest.raises(MismatchError):
        refine(true, [(rgb, replace(frame, depth_m=np.full_like(frame.depth_m, 3.0)))])


def test_the_command_writes_what_is_good_and_nothing_else(rig, tmp_path, capsys):
    rgb, frame, true = rig
    Image.fromarray(rgb).save(tmp_path / "1.png")
    write_depth_exr(tmp_path / "1.exr", already_registered(frame, frame.depth_m.shape))
    lens = dataclasses.asdict(MODEL.lens)
    (tmp_path / "lens.json").write_text(json.dumps(lens))
    write_calibration(tmp_path / "rig.json", knocked(true, 0.3, 0.0))
    words = ["calibrate", "refine", "--calibration", str(tmp_path / "rig.json"), "--json",
             "--intrinsics", str(tmp_path / "lens.json"), "-o"]  # fmt: skip
    pair = f"{tmp_path / '1.png'}={tmp_path / '1.exr'}"
    assert main([*words, str(tmp_path / "new.json"), pair]) == ExitCode.OK
    told = json.loads(capsys.readouterr().out)
    assert told["good"]
    assert told["turned_deg"] == pytest.approx(0.3, abs=0.08)
    assert off_deg(read_calibration(tmp_path / "new.json"), true) < 0.1
    Image.fromarray(np.roll(rgb, 5, axis=1)).save(tmp_path / "2.png")
    both = [pair, f"{tmp_path / '2.png'}={tmp_path / '1.exr'}"]
    assert main([*words, str(tmp_path / "bad.json"), *both]) == ExitCode.NOT_READY
    told = json.loads(capsys.readouterr().out)
    assert told["calibration"] is None
    assert any("disagree" in fault for fault in told["faults"])
    assert not (tmp_path / "bad.json").exists()
