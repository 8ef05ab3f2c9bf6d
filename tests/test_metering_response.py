"""A camera's response comes back from a bracket, whatever its curve."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from capture.metering.response import recover_response
from capture.response_file import read_response, response_of_bracket, with_response, write_response
from devices.simulated.camera_body import ShotSettings
from devices.simulated.exposure import developed, still_jpeg
from matting.imaging.curves import SRGB
from matting.imaging.errors import InputFileError, MatteboxError, MismatchError
from matting.imaging.files import read_picture
from tui.cli import main

SHOT = ShotSettings(100, 1 / 125, 8.0, 300, 200, 97, 1)
CODES = np.arange(256) / 255


def scene(seed=0):
    """Return smooth patches of light over ten stops, faintly coloured."""
    stops = np.random.default_rng(seed).uniform(-1, 1, (200, 300)).astype(np.float32)
    smooth = cv2.GaussianBlur(stops, (0, 0), 6)
    smooth *= 4.0 / np.abs(smooth).max()
    tint = np.array([1.0, 0.9, 0.8], np.float32)
    return np.asarray(0.12 * 2.0 ** smooth[..., None] * tint, np.float32)


def bracket(curve, stops=(-1.5, 0.0, 1.5)):
    pictures = [
        developed(np.float32(2.0**stop) * scene(), SHOT, k, curve) for k, stop in enumerate(stops)
    ]
    return pictures, [2.0**stop for stop in stops]


def true_light(curve):
    light = np.linspace(0, 1, 20001, dtype=np.float32)
    codes = SRGB.encode(np.repeat(light[:, None], 3, axis=1), 16)[:, 0] / 65535
    return np.interp(CODES, (1 - curve) * codes + curve * codes**2 * (3 - 2 * codes), light)


@settings(max_examples=6)
@given(st.floats(0, 1), st.sampled_from([1.0, 1.5, 2.0]))
def test_the_cameras_curve_comes_back_within_a_tenth_of_a_stop(curve, step):
    response = recover_response(*bracket(curve, (-step, 0.0, step)))
    assert response is not None
    told, true = slice(16, 240), true_light(curve)
    for channel in range(3):
        found = np.log2(response.linear[told, channel] / response.linear[118, channel])
        off = found - np.log2(true[told] / true[118])
        assert np.sqrt(np.mean(off**2)) < 0.05
        assert np.abs(off).max() < 0.15
    assert response.agreement_stops < 0.05


def test_shapes_and_scale():
    response = recover_response(*bracket(0.0))
    assert response.linear.shape == (256, 3)
    assert (np.diff(response.linear, axis=0) >= 0).all()
    codes = np.full((2, 2, 3), 118, np.uint8)
    assert response.transfer().decode(codes) == pytest.approx(SRGB.decode(codes), rel=1e-5)


def test_one_exposure_or_black_pictures_tell_nothing():
    pictures, _ = bracket(0.0)
    assert recover_response(pictures, [1.0, 1.0, 1.0]) is None
    black = np.zeros((20, 20, 3), np.uint8)
    assert recover_response([black, black], [1.0, 2.0]) is None
    empty = np.zeros((0, 0, 3), np.uint8)
    assert recover_response([empty, empty], [1.0, 2.0]) is None


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("bracket")
    paths = []
    for k, shutter in enumerate((1 / 250, 1 / 125, 1 / 60)):
        shot = ShotSettings(100, shutter, 8.0, 300, 200, 97, k)
        path = folder / f"{k}.jpg"
        path.write_bytes(still_jpeg(developed(scene(), shot, k, 0.6), shot, 85.0))
        paths.append(path)
    return paths


def test_the_command_writes_what_check_reads(files, tmp_path, capsys):
    target = tmp_path / "response.json"
    assert main(["calibrate", "response", *map(str, files), "-o", str(target)]) == 0
    assert "stop" in capsys.readouterr().out
    transfer = read_response(target)
    picture = with_response(read_picture(files[1]), transfer)
    light, truth = picture.linear(), scene()
    told = (picture.codes > 20).all(axis=2) & (picture.codes < 235).all(axis=2)
    off = np.log2(light[told] / truth[told])
    assert np.median(np.abs(off - np.median(off))) < 0.1
    assert "/" not in target.read_text().replace("1/", "")


def test_what_cannot_be_a_bracket_is_refused_by_name(files, tmp_path):
    with pytest.raises(MismatchError, match="one exposure only"):
        response_of_bracket(files[:1])
    bare = tmp_path / "bare.jpg"
    cv2.imwrite(str(bare), np.zeros((200, 300, 3), np.uint8))
    with pytest.raises(InputFileError, match="does not say its shutter time"):
        response_of_bracket([files[0], bare])
    no_response = tmp_path / "no.json"
    no_response.write_text('{"linear": [[1, 2]]}')
    for path in (no_response, tmp_path / "missing.json", files[0]):
        with pytest.raises(MatteboxError, match=path.name):
            read_response(path)
    raw = tmp_path / "x.tif"
    cv2.imwrite(str(raw), np.zeros((4, 4, 3), np.uint16))
    response = recover_response(*bracket(0.0))
    write_response(no_response, response, files)
    with pytest.raises(MismatchError, match="8-bit"):
        with_response(read_picture(raw), read_response(no_response))


def test_the_canon_bracket_agrees_on_the_half_it_was_not_fitted_to(real_data):
    paths = sorted((real_data / "files" / "bracket_canon").glob("*.jpg"))
    pictures, exposures = [read_picture(path).codes for path in paths], [0.125, 1.0, 8.0]
    half = pictures[0].shape[1] // 2
    response = recover_response([picture[:, :half] for picture in pictures], exposures)
    assert response is not None

    def apart(transfer):
        """Return the median difference, in stops, of 4 x 4 patches in neighbouring exposures."""
        reduced = [cv2.resize(p[:, half:], None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA)
                   for p in pictures]  # fmt: skip
        found = []
        for dark, bright in ((0, 1), (1, 2)):
            pair = reduced[dark], reduced[bright]
            told = np.all([(p > 10) & (p < 245) for p in pair], axis=0)
            light = [transfer.decode(p) for p in pair]
            found.append(np.abs(np.log2(light[1][told] / light[0][told]) - 3.0))
        return float(np.median(np.concatenate(found)))

    assert apart(response.transfer()) < 0.1
    assert apart(SRGB) > 0.5
