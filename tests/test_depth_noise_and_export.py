"""A sensor's noise learned from a set at rest, and depth written for other programs."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from capture.calibration.noise import learned_noise
from capture.depth_export import export_depth
from capture.rig import MeasuredNoise
from devices.depth_calibration import read_calibration, write_calibration
from devices.depth_files import read_depth_file
from devices.frames import Calibration, DepthFrame, DepthNoise, Extrinsics, Intrinsics
from matting.imaging.errors import MismatchError
from tui.cli import main
from tui.exit_codes import ExitCode

LENS = Intrinsics(300.0, 310.0, 159.5, 110.0, 320, 240)


def room(noise, seed):
    """Return one noisy map of a floor that runs from one to four metres before a wall."""
    rng = np.random.default_rng(seed)
    depth = np.minimum(np.linspace(4.5, 1.0, 240)[:, None], 4.0) * np.ones((1, 320))
    depth += noise.sigma_m(depth) * rng.standard_normal(depth.shape)
    depth[rng.random(depth.shape) < 0.05] = np.nan
    return DepthFrame(depth.astype(np.float32), None, LENS, noise)


@given(st.floats(0.0, 0.004), st.floats(0.0005, 0.006), st.floats(0.0, 0.004))
@settings(max_examples=15)
def test_the_noise_is_learned_to_a_tenth_wherever_the_set_is(floor, linear, quadratic):
    true = DepthNoise(floor, linear, quadratic)
    learned = learned_noise([room(true, seed) for seed in range(3)])
    z = np.array([1.0, 2.0, 3.0, 4.0], np.float32)
    assert learned.sigma_m(z) == pytest.approx(true.sigma_m(z), rel=0.1)


def test_an_error_that_stays_counts_too():
    same = [room(DepthNoise(linear=0.004), seed=1)] * 4
    assert learned_noise(same).sigma_m(np.float32(2.0)) == pytest.approx(0.008, rel=0.1)


def test_too_few_readings_and_relative_depth_are_refused():
    blind = DepthFrame(np.full((240, 320), np.nan, np.float32), None, LENS, DepthNoise())
    with pytest.raises(MismatchError, match="0 readings"):
        learned_noise([blind])
    order = DepthFrame(np.ones((240, 320), np.float32), None, LENS, DepthNoise(), metric=False)
    with pytest.raises(MismatchError, match="relative"):
        learned_noise([order])


def test_measured_noise_is_kept_with_the_calibration_and_stated_by_every_frame(tmp_path):
    noise = DepthNoise(0.001, 0.002, 0.003)
    write_calibration(tmp_path / "rig.json", Calibration(LENS, Extrinsics.identity(), noise=noise))
    assert read_calibration(tmp_path / "rig.json").noise == noise

    class Sensor:
        def read(self, timeout_s):
            return room(DepthNoise(floor_m=1.0), seed=0)

    assert MeasuredNoise(Sensor(), noise).read().noise == noise


def test_a_cloud_holds_each_reading_where_the_lens_saw_it(tmp_path):
    depth = np.full((240, 320), np.nan, np.float32)
    depth[10, 20], depth[200, 300] = 1.5, 2.5
    target = tmp_path / "cloud.ply"
    lens = export_depth(target, DepthFrame(depth, None, LENS, DepthNoise()))
    header, _, body = target.read_bytes().partition(b"end_header\n")
    assert b"element vertex 2" in header
    points = np.frombuffer(body, "<f4").reshape(-1, 3)
    u = points[:, 0] / points[:, 2] * LENS.fx + LENS.cx
    v = points[:, 1] / points[:, 2] * LENS.fy + LENS.cy
    assert np.column_stack([v, u]) == pytest.approx(np.array([[10, 20], [200, 300]]), abs=1e-3)
    assert points[:, 2] == pytest.approx([1.5, 2.5])
    assert json.loads(lens.read_text()) == {
        "fx": 300.0, "fy": 310.0, "cx": 159.5, "cy": 110.0, "width": 320, "height": 240
    }  # fmt: skip


@pytest.mark.parametrize("kind", ["exr", "png"])
def test_what_is_written_reads_back_to_the_files_precision(tmp_path, kind):
    frame = room(DepthNoise(linear=0.01), seed=2)
    target = tmp_path / f"map.{kind}"
    export_depth(target, frame)
    read = read_depth_file(target, scale_m_per_unit=0.001 if kind == "png" else None).depth_m
    assert np.array_equal(np.isnan(read), np.isnan(frame.depth_m))
    assert np.nanmax(np.abs(read - frame.depth_m)) <= (0.00051 if kind == "png" else 0.0)


def test_the_command_converts_and_refuses_what_it_cannot_place(tmp_path, capsys):
    Image.fromarray(np.full((24, 32), 1500, np.uint16)).save(tmp_path / "map.png")
    (tmp_path / "lens.json").write_text(
        '{"fx": 30, "fy": 30, "cx": 15.5, "cy": 11.5, "width": 32, "height": 24}'
    )
    source, lens = str(tmp_path / "map.png"), str(tmp_path / "lens.json")
    cloud = str(tmp_path / "cloud.ply")
    told = ["depth", source, "-o", cloud, "--depth-scale", "0.001"]
    assert main(told) == ExitCode.MISMATCH
    assert "--intrinsics" in capsys.readouterr().err
    assert not (tmp_path / "cloud.ply").exists()
    assert main([*told, "--intrinsics", lens]) == ExitCode.OK
    assert main(["depth", source, "-o", str(tmp_path / "cloud.obj"), "--depth-scale", "0.001",
                 "--intrinsics", lens]) == ExitCode.INPUT_FILE  # fmt: skip
    far = DepthFrame(np.full((24, 32), 70.0, np.float32), None, LENS, DepthNoise())
    with pytest.raises(MismatchError, match=r"65\.5 m"):
        export_depth(tmp_path / "far.png", far)
    assert not (tmp_path / "far.png").exists()
