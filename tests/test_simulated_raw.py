"""The simulated camera writes raw files of the sensor's light; its strobes fire in exposures."""

import dataclasses
import io

import cv2
import numpy as np
import pytest
import rawpy
from hypothesis import given, settings
from hypothesis import strategies as st

from devices.errors import UnsupportedError
from devices.simulated.camera_body import ShotSettings
from devices.simulated.dng import BLACK_LEVEL, WHITE_LEVEL, raw_dng, sensor_white
from devices.simulated.exposure import PRNU, noise_sigma
from devices.simulated.world import World
from matting.imaging.curves import SRGB
from matting.imaging.exif import read_exif_settings
from matting.imaging.files import read_picture

SHOT = ShotSettings(100, 1 / 125, 8.0, 96, 64, 95, 1, raw=True)


def grey(level, shape=(64, 96)):
    return np.full((*shape, 3), level, np.float32)


def developed(folder, linear, shot=SHOT, seed=2):
    path = folder / "shot.dng"
    path.write_bytes(raw_dng(linear, shot, seed, 85.0))
    return read_picture(path).linear()


@settings(max_examples=15)
@given(st.floats(0.02, 0.45))
def test_one_stop_more_doubles_the_linear_value(tmp_path_factory, level):
    folder = tmp_path_factory.mktemp("raw")
    slower = dataclasses.replace(SHOT, shutter_s=1 / 62.5)
    once, twice = developed(folder, grey(level)), developed(folder, grey(level), slower)
    assert once.mean() == pytest.approx(level, rel=0.01)
    assert twice.mean() == pytest.approx(2 * level, rel=0.01)


def test_colours_come_back_whatever_else_is_in_the_picture(tmp_path):
    """Without the bright patch, LibRaw's own idea of white would brighten all the others."""
    patches = np.array([[0.5, 0.2, 0.1], [0.1, 0.4, 0.2], [0.1, 0.1, 0.5], [0.85] * 3], np.float32)
    picture = np.repeat(np.repeat(patches[None], 64, axis=0), 32, axis=1)
    for part in (picture, picture[:, :96]):
        seen = developed(tmp_path, part)
        for k in range(part.shape[1] // 32):
            patch = seen[8:-8, 32 * k + 8 : 32 * k + 24].mean(axis=(0, 1))
            assert patch == pytest.approx(patches[k], rel=0.015, abs=0.002)


@pytest.mark.parametrize("iso", [100, 3200])
def test_noise_is_the_sensors_before_any_demosaicing(iso):
    level = 0.3
    shot = dataclasses.replace(SHOT, iso=iso, shutter_s=1 / 1.25 / iso)
    with rawpy.imread(io.BytesIO(raw_dng(grey(level, (600, 600)), shot, 5, 85.0))) as raw:
        assert raw.raw_pattern.tolist() == [[0, 1], [3, 2]]
        green = raw.raw_image_visible[::2, 1::2].astype(float)
    light = (green - BLACK_LEVEL) / (WHITE_LEVEL - BLACK_LEVEL)
    assert light.mean() == pytest.approx(level, rel=0.005)
    expected = np.hypot(noise_sigma(level, iso), PRNU * level)
    assert light.std() == pytest.approx(expected, rel=0.03)


def test_the_file_says_how_it_was_taken_and_black_is_not_cut_off(tmp_path):
    path = tmp_path / "dark.dng"
    path.write_bytes(raw_dng(grey(0.0), dataclasses.replace(SHOT, aperture_f=5.6), 1, 85.0))
    said = read_exif_settings(path)
    assert (said.iso, said.shutter_s, said.aperture_f, said.focal_length_mm) == (
        100,
        0.008,
        5.6,
        85,
    )
    with rawpy.imread(str(path)) as raw:
        assert raw.camera_whitebalance[1] == pytest.approx(1.0)
        assert raw.camera_whitebalance[0] == pytest.approx(1 / sensor_white()[0], rel=1e-3)
        below = raw.raw_image_visible < BLACK_LEVEL
    assert 0.2 < below.mean() < 0.6


@pytest.fixture(scope="module")
def world():
    return World("portrait")


def mean_of(jpeg):
    codes = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    return float(SRGB.decode(codes[..., ::-1]).mean())


def test_live_view_holds_no_flash_and_lies_about_exposure(world):
    shot = dataclasses.replace(SHOT, width=376, height=250, raw=False)
    stopped_down = dataclasses.replace(shot, aperture_f=11.0)
    honest = mean_of(world.live_picture(shot)) / mean_of(world.live_picture(stopped_down))
    assert honest == pytest.approx((11 / 8) ** 2, rel=0.05)
    still = mean_of(world.photograph(shot))
    lamps = [light.name for light in world.scene.lights]
    for name in lamps:
        world.set_strobe(name, True)
    try:
        before = mean_of(world.live_picture(shot))
        assert mean_of(world.live_picture(stopped_down)) == pytest.approx(before, rel=0.03)
        # The flash is in the exposure (with its modelling lamp), and no longer shutter adds to it.
        flashed = mean_of(world.photograph(shot))
        assert flashed == pytest.approx(still, rel=0.05)
        longer = mean_of(world.photograph(dataclasses.replace(shot, shutter_s=1 / 60)))
        assert longer == pytest.approx(flashed, rel=0.10)
    finally:
        for name in lamps:
            world.set_strobe(name, False)
    with pytest.raises(UnsupportedError, match="key"):
        world.set_strobe("sun", True)
