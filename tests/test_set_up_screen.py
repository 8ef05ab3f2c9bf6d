"""The set-up screen: what is calibrated, what computes with its proof, the doctor from a key."""

import json
import zipfile
from types import SimpleNamespace

import numpy as np
import pytest

from capture.accelerator_proof import AcceleratorProof, accelerator_proofs
from capture.calibration_guide import calibration_steps
from capture.inventory import Inventory
from capture.rig import Rig
from capture.rig_state import RigState
from devices.frames import (
    Calibration,
    CalibrationOrigin,
    CameraInfo,
    DepthNoise,
    Extrinsics,
    Intrinsics,
    SensorInfo,
)
from matting.execution_providers import Placement
from matting.inference import NetworkRequest
from tests.test_app import until, words
from tests.test_screens import still_app  # noqa: F401
from tui.screens import set_up

CAMERA = CameraInfo("gphoto2:", "D850", "1")


def rig_of(calibration, sensor=True):
    camera = SimpleNamespace(info=lambda: CAMERA)
    depth = SimpleNamespace(info=lambda: SensorInfo("oak:", "OAK-D", "2", 640, 400))
    return Rig(camera, depth if sensor else None, calibration)


def calibration(origin=None, noise=None):
    return Calibration(
        Intrinsics(1000.0, 1000.0, 500.0, 300.0, 1000, 600),
        Extrinsics(np.eye(3), np.zeros(3)),
        origin=origin or CalibrationOrigin(),
        noise=noise,
    )


def test_what_is_calibrated_is_told_with_what_it_holds_for():
    origin = CalibrationOrigin(lens="AF-S 85mm", focal_length_mm=85.0, focus_distance_m=2.0)
    place, noise = calibration_steps(rig_of(calibration(origin, DepthNoise(0.001, 0.0, 0.002))))
    assert place.stands == noise.stands == "done"
    assert "AF-S 85mm, 85 mm, focused at 2 m" in place.words


def test_what_no_longer_holds_or_was_not_measured_comes_with_its_command():
    place, noise = calibration_steps(
        rig_of(calibration()), "calibrated at 85 mm, photographed at 50"
    )
    assert (place.stands, noise.stands) == ("stale", "open")
    assert "photographed at 50" in place.words
    assert place.command.startswith("mattebox calibrate depth --camera gphoto2: --depth oak:")
    assert noise.command.startswith("mattebox calibrate noise --camera gphoto2: --depth oak:")


def test_the_commands_are_ones_that_the_command_line_knows():
    from tui.cli import command_parser

    for step in calibration_steps(rig_of(calibration())):
        words_of_it = step.command.replace("MM", "25").split()
        assert command_parser().parse_args(words_of_it[1:]).command == "calibrate"


def test_without_a_sensor_or_with_depth_in_the_cameras_pixels_nothing_is_to_be_done():
    assert calibration_steps(rig_of(None, sensor=False)) == ()
    (step,) = calibration_steps(rig_of(None))
    assert (step.stands, step.command) == ("done", "")


def test_every_provider_is_proven_by_where_the_nodes_lie():
    proofs = accelerator_proofs(None)
    assert "CPU" in [proof.asked for proof in proofs]
    for proof in proofs:
        assert proof.placement is not None, proof.fault
        nodes = proof.placement.nodes_per_provider
        assert nodes[proof.placement.provider] > sum(nodes.values()) / 2


def test_a_network_that_cannot_be_loaded_is_told_and_the_rest_is_proven(tmp_path):
    (tmp_path / "broken.onnx").write_bytes(b"no network")
    broken, *others = accelerator_proofs(NetworkRequest(tmp_path / "broken.onnx"))
    assert broken.placement is None
    assert "broken.onnx" in broken.fault
    assert others


@pytest.fixture
def on_set_up(still_app, monkeypatch, tmp_path):  # noqa: F811
    """Return the app with a session whose rig was knocked, and a machine with one provider."""
    steps = calibration_steps(rig_of(calibration()), "depth lies 40 px off: it was knocked")
    still_app.session = SimpleNamespace(
        folder=tmp_path, rig_state=lambda: RigState(CAMERA, "delivers", "calibrated", steps)
    )
    placement = Placement("CUDAExecutionProvider", "GPU big", {"CUDAExecutionProvider": 253}, "")
    proofs = (AcceleratorProof("CUDA", placement), AcceleratorProof("OpenVINO", None, "no driver"))
    monkeypatch.setattr("capture.accelerator_proof.accelerator_proofs", lambda network: proofs)
    monkeypatch.setattr(set_up, "take_inventory", lambda: Inventory((), (), (), ()))
    monkeypatch.setattr(set_up, "state_file", lambda: tmp_path / "state" / "app.json")
    yield still_app
    still_app.session = None


async def test_the_screen_guides_to_the_calibration_and_shows_the_proof(on_set_up):
    async with on_set_up.run_test(size=(140, 40)) as pilot:
        await pilot.press("e")
        await until(pilot, lambda: "253 nodes on CUDA" in words(on_set_up, "#proofs"), "the proof")
        assert "✖ OpenVINO     no driver" in words(on_set_up, "#proofs")
        told = words(on_set_up, "#rig")
        assert "✖ depth lies 40 px off" in told
        assert "mattebox calibrate depth --camera gphoto2: --depth oak:" in told
        assert "○ noise as its kind is known for" in told


async def test_d_writes_the_doctors_report(on_set_up, tmp_path):
    async with on_set_up.run_test(size=(140, 40)) as pilot:
        await pilot.press("e", "d")
        await until(pilot, lambda: "a report without" in words(on_set_up, "#message"), "the report")
    (report,) = (tmp_path / "state").glob("doctor-*.zip")
    with zipfile.ZipFile(report) as archive:
        found = json.loads(archive.read("report.json"))
    assert found["libraries"]["textual"]
    assert str(tmp_path) not in json.dumps(found)


async def test_a_report_that_cannot_be_written_is_told(on_set_up, tmp_path):
    (tmp_path / "state").write_text("a file in its place")
    async with on_set_up.run_test(size=(140, 40)) as pilot:
        await pilot.press("e", "d")
        await until(pilot, lambda: "✖ the report" in words(on_set_up, "#message"), "the fault")
