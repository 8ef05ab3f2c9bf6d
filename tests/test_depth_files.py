"""Depth files of every kind, written here, and what is said of bad ones."""

import json
import zipfile
from pathlib import Path

import cv2
import numpy as np
import OpenEXR
import pytest
import tifffile
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from devices.depth_files import (
    FileDepthSensor,
    read_calibration,
    read_depth_file,
    read_intrinsics,
    write_calibration,
)
from devices.frames import Calibration, Extrinsics, Intrinsics
from devices.lzfse_blocks import stated_size
from matting.imaging.errors import InputFileError, MatteboxError, MismatchError

DEPTH = np.linspace(0.8, 3.5, 60 * 80).reshape(60, 80).astype(np.float32)


def millimetres():
    whole = np.round(DEPTH * 1000).astype(np.uint16)
    whole[5, 7] = 0
    return whole


def write(kind, path):
    if kind == ".png":
        cv2.imwrite(str(path), millimetres())
    elif kind == ".tif":
        tifffile.imwrite(path, millimetres())
    elif kind == ".npy":
        np.save(path, millimetres())
    elif kind == ".exr":
        holed = np.where(millimetres() > 0, DEPTH, 0).astype(np.float32)
        OpenEXR.File({}, {"Z": holed}).write(str(path))
    elif kind == ".r3d":
        write_record3d(path)


def write_record3d(path, replaced=None, **about):
    import lzfse

    metadata = {"w": 960, "h": 720, "dw": 80, "dh": 60, "K": [800, 0, 0, 0, 802, 0, 480, 360, 1]}
    holed = np.where(millimetres() > 0, DEPTH, 0).astype(np.float32)
    members = {
        "metadata": json.dumps({**metadata, **about}),
        "rgbd/0.depth": lzfse.compress(holed.tobytes()),
        "rgbd/0.conf": lzfse.compress(np.full((60, 80), 2, np.uint8).tobytes()),
        **(replaced or {}),
    }
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)


KINDS = [".png", ".tif", ".npy", ".exr", ".r3d"]


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_gives_metres_and_no_reading_where_it_holds_zero(kind, tmp_path):
    path = tmp_path / f"depth{kind}"
    write(kind, path)
    frame = read_depth_file(path, scale_m_per_unit=None if kind in (".exr", ".r3d") else 0.001)
    assert frame.depth_m.dtype == np.float32
    assert np.isnan(frame.depth_m[5, 7])
    assert np.nanmax(np.abs(frame.depth_m - DEPTH)) < 0.0006
    assert np.isnan(frame.depth_m).sum() == 1
    assert frame.metric


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("share", [0.3, 0.8])
def test_a_file_cut_short_is_named(kind, share, tmp_path):
    path = tmp_path / f"depth{kind}"
    write(kind, path)
    path.write_bytes(path.read_bytes()[: int(share * path.stat().st_size)])
    with pytest.raises(InputFileError, match=f"depth{kind}"):
        read_depth_file(path, scale_m_per_unit=0.001)


@pytest.mark.parametrize("kind", [".png", ".tif", ".npy"])
def test_whole_numbers_want_a_scale(kind, tmp_path):
    path = tmp_path / f"depth{kind}"
    write(kind, path)
    with pytest.raises(MismatchError, match=r"--depth-scale 0\.001"):
        read_depth_file(path)


def test_a_wrong_unit_is_noticed(tmp_path):
    np.save(tmp_path / "depth.npy", DEPTH * 1000)
    with pytest.raises(MismatchError, match="millimetres"):
        read_depth_file(tmp_path / "depth.npy")
    np.save(tmp_path / "depth.npy", millimetres())
    with pytest.raises(MismatchError, match="another unit"):
        read_depth_file(tmp_path / "depth.npy", scale_m_per_unit=1.0)


def test_what_is_no_depth_map_is_refused(tmp_path):
    photo = np.zeros((8, 8, 3), np.uint8)
    photo[..., 1] = 9
    Image.fromarray(photo).save(tmp_path / "photo.png")
    with pytest.raises(InputFileError, match="3 channels"):
        read_depth_file(tmp_path / "photo.png", scale_m_per_unit=0.001)
    Image.fromarray(np.zeros((8, 8), np.uint8)).save(tmp_path / "grey.png")
    with pytest.raises(InputFileError, match=r"8-bit.*--depth-scale relative"):
        read_depth_file(tmp_path / "grey.png", scale_m_per_unit=0.001)
    (tmp_path / "depth.txt").write_text("1 2 3")
    with pytest.raises(InputFileError, match="kind"):
        read_depth_file(tmp_path / "depth.txt")
    with pytest.raises(InputFileError, match="does not exist"):
        read_depth_file(tmp_path / "nothing.png")
    (tmp_path / "empty.exr").touch()
    with pytest.raises(InputFileError, match="empty"):
        read_depth_file(tmp_path / "empty.exr")


def test_relative_depth_keeps_the_order_and_no_unit(tmp_path):
    values = np.array([[0, 20, 40], [60, 80, 200]], np.uint8)
    Image.fromarray(values).save(tmp_path / "near-dark.png")
    frame = read_depth_file(tmp_path / "near-dark.png", scale_m_per_unit="relative")
    assert not frame.metric
    assert np.isnan(frame.depth_m[0, 0])
    np.testing.assert_allclose(frame.depth_m.ravel()[1:], np.array([20, 40, 60, 80, 200]) / 60)
    # Whole numbers are rounded; a step of 1 / 60 shows in the noise.
    assert frame.noise.floor_m > 1 / 60 / np.sqrt(12)
    np.save(tmp_path / "fine.npy", values.astype(np.float32) / 255)
    fine = read_depth_file(tmp_path / "fine.npy", scale_m_per_unit="relative")
    np.testing.assert_allclose(fine.depth_m, frame.depth_m, rtol=1e-5)
    assert fine.noise.floor_m < frame.noise.floor_m


def test_grey_written_as_colour_is_depth_and_colour_is_not(tmp_path):
    same, path = np.repeat(DEPTH[..., None], 3, axis=2).astype(np.float32), tmp_path / "grey.exr"
    same[3, 4] = np.nan
    OpenEXR.File({}, {"RGB": same}).write(str(path))
    np.testing.assert_array_equal(read_depth_file(path).depth_m, same[..., 0])
    same[5, 6, 1] += 1
    OpenEXR.File({}, {"RGB": same}).write(str(tmp_path / "colour.exr"))
    with pytest.raises(InputFileError, match="3 channels that differ"):
        read_depth_file(tmp_path / "colour.exr")


def test_record3d_scales_its_colour_lens_to_depth(tmp_path):
    write_record3d(tmp_path / "scan.r3d")
    lens = read_depth_file(tmp_path / "scan.r3d").intrinsics
    assert (lens.width, lens.height) == (80, 60)
    assert lens.fx == pytest.approx(800 / 12)
    assert lens.cx == pytest.approx((480 + 0.5) / 12 - 0.5)
    assert read_depth_file(tmp_path / "scan.r3d").confidence.max() == 1.0
    write_record3d(tmp_path / "frames.r3d", perFrameIntrinsicCoeffs=[[900, 900, 480, 360]])
    assert read_depth_file(tmp_path / "frames.r3d").intrinsics.fx == pytest.approx(75)


@pytest.mark.parametrize("size", [0, 1, 5, 4096, 100_000, 1_000_000])
@pytest.mark.parametrize("noise", [False, True])
def test_lzfse_streams_state_their_size(size, noise):
    import lzfse

    random = np.random.default_rng(size)
    values = random.integers(0, 256 if noise else 3, size).astype(np.uint8)
    assert stated_size(lzfse.compress(values.tobytes())) == size


def test_bombs_are_refused_before_they_are_unpacked(tmp_path, monkeypatch):
    import lzfse

    bomb = lzfse.compress(bytes(20_000_000))
    assert len(bomb) < 20_000
    really = lzfse.decompress

    def not_the_bomb(packed):
        assert packed != bomb
        return really(packed)

    monkeypatch.setattr("lzfse.decompress", not_the_bomb)
    for member in ("rgbd/0.depth", "rgbd/0.conf"):
        write_record3d(tmp_path / "a.r3d", replaced={member: bomb})
        with pytest.raises(InputFileError, match=r"a\.r3d"):
            read_depth_file(tmp_path / "a.r3d")
    write_record3d(tmp_path / "a.r3d", replaced={"metadata": bytes(100_000_000)})
    assert (tmp_path / "a.r3d").stat().st_size < 500_000
    with pytest.raises(InputFileError, match="too large"):
        read_depth_file(tmp_path / "a.r3d")


def test_real_heic_disparity_orders_points(real_data):
    files = sorted((real_data / "rgbd" / "heic").glob("*.[hH][eE][iI][cC]"))
    if not files:
        pytest.skip("no HEIC with disparity among the real data")
    frame = read_depth_file(files[0])
    assert frame.depth_m.ndim == 2
    assert np.isfinite(frame.depth_m).mean() > 0.5


@given(st.floats(-np.pi, np.pi), st.floats(-1, 1), st.floats(1, 1e4), st.integers(1, 9000))
@settings(max_examples=25)
def test_a_calibration_reads_back_exactly(tmp_path_factory, angle, shift, focal, width):
    c, s = np.cos(angle), np.sin(angle)
    rotation = np.array([[c, 0, s], [0, 1, 0], [-s, 0, c]])
    lens = Intrinsics(focal, focal, width / 2, 10.0, width, 20)
    written = Calibration(lens, Extrinsics(rotation, np.array([shift, 0.0, 0.1])))
    path = tmp_path_factory.mktemp("calibration") / "rig.json"
    write_calibration(path, written)
    read = read_calibration(path)
    assert read.camera == lens
    assert np.array_equal(read.depth_to_camera.rotation, rotation)
    assert np.array_equal(read.depth_to_camera.translation_m, [shift, 0.0, 0.1])


def test_intrinsics_come_from_json_and_yaml_with_either_name_of_the_size(tmp_path):
    lens = Intrinsics(500.0, 501.0, 320.0, 240.0, 640, 480)
    (tmp_path / "a.json").write_text(
        '{"fx": 500, "fy": 501, "cx": 320, "cy": 240, "width": 640, "height": 480}'
    )
    (tmp_path / "b.yaml").write_text("fx: 500\nfy: 501\ncx: 320\ncy: 240\nxres: 640\nyres: 480\n")
    assert read_intrinsics(tmp_path / "a.json") == read_intrinsics(tmp_path / "b.yaml") == lens


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("fx: 500\n", "has no 'fy'"),
        ("fx: wide\nfy: 1\ncx: 1\ncy: 1\n", "'fx' is no number"),
        ("- 1\n- 2\n", "holds no keys"),
        ("fx: [", "not JSON or YAML"),
        ("fx: -1\nfy: 1\ncx: 1\ncy: 1\nwidth: 2\nheight: 2\n", "above 0"),
    ],
)
def test_faulty_intrinsics_say_which_key(tmp_path, text, fault):
    (tmp_path / "lens.yaml").write_text(text)
    with pytest.raises(InputFileError, match=fault):
        read_intrinsics(tmp_path / "lens.yaml")


def test_a_rotation_that_is_none_is_refused(tmp_path):
    lens = Intrinsics(500.0, 500.0, 1.0, 1.0, 4, 4)
    write_calibration(
        tmp_path / "rig.json", Calibration(lens, Extrinsics(2 * np.eye(3), np.zeros(3)))
    )
    with pytest.raises(MatteboxError, match="no rotation"):
        read_calibration(tmp_path / "rig.json")


def test_a_file_stands_in_for_a_sensor(tmp_path):
    write(".exr", tmp_path / "depth.exr")
    sensor = FileDepthSensor("file:depth.exr", Path(tmp_path / "depth.exr"))
    assert (sensor.info().width, sensor.info().height) == (80, 60)
    first, second = sensor.read(), sensor.read()
    assert second.sequence > first.sequence
    assert second.time_s > first.time_s
    sensor.close()
