"""Noise by photon transfer: the sensor's own, whatever the picture shows or its coding."""

import dataclasses

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from capture.checks.table import findings
from capture.metering.measurement import measure
from capture.metering.noise import Noise, photon_transfer
from capture.settings import load_profile
from devices.frames import ExposureSettings
from matting.imaging.curves import SRGB
from matting.imaging.errors import MismatchError
from matting.imaging.quality_of_file import StoredAs


def photographed(full_well, read_e=3.0, bits=16, seed=0, texture=0.0):
    """Return codes of grey steps and a slope, with the noise of a sensor of that full well."""
    rng = np.random.default_rng(seed)
    steps = np.repeat(np.geomspace(0.02, 0.7, 8), 96)
    light = np.tile(steps, (576, 1)) * np.linspace(0.9, 1.1, 576)[:, None]
    light[:192] *= 1 + texture * rng.uniform(-1, 1, (192, light.shape[1]))
    noisy = light + np.sqrt(light * full_well + read_e**2) / full_well * rng.standard_normal(
        light.shape
    )
    return SRGB.encode(np.repeat(noisy[..., None], 3, axis=2).astype(np.float32), bits)


def truth(full_well, read_e=3.0):
    return 0.18 * full_well / np.sqrt(0.18 * full_well + read_e**2)


def two_frames(full_well, texture):
    """Return two photographs of one textured scene, with the transfer between them."""
    rng = np.random.default_rng(7)
    light = np.tile(np.repeat(np.geomspace(0.02, 0.6, 8), 96), (576, 1))
    light *= 1 + texture * rng.uniform(-1, 1, light.shape)
    deviation = np.sqrt(light * full_well + 9.0) / full_well
    first, again = (
        SRGB.encode(
            np.repeat(
                (light + deviation * rng.standard_normal(light.shape))[..., None], 3, axis=2
            ).astype(np.float32),
            16,
        )
        for _ in range(2)
    )
    return first, SRGB, again


@settings(max_examples=8)
@given(st.floats(300, 30000), st.integers(0, 100))
def test_the_ratio_is_the_sensors_within_five_percent(full_well, seed):
    noise = photon_transfer(photographed(full_well, seed=seed), SRGB)
    assert noise.signal_to_noise == pytest.approx(truth(full_well), rel=0.05)


@settings(max_examples=8)
@given(st.floats(0.002, 0.012), st.integers(0, 100))
def test_pixels_of_unequal_gain_near_white_are_not_taken_for_shot_noise(pattern, seed):
    full_well = 60_000
    rng = np.random.default_rng(seed)
    light = np.tile(np.repeat(np.geomspace(0.05, 0.8, 8), 96), (576, 1))
    light = light * (1 + pattern * rng.standard_normal(light.shape))
    noisy = light + np.sqrt(light / full_well) * rng.standard_normal(light.shape)
    codes = SRGB.encode(np.repeat(noisy[..., None], 3, axis=2).astype(np.float32), 16)
    noise = photon_transfer(codes, SRGB)
    true = 0.18 / np.sqrt(0.18 / full_well + (pattern * 0.18) ** 2)
    assert noise.signal_to_noise == pytest.approx(true, rel=0.05)
    assert noise.pattern == pytest.approx(pattern, rel=0.2)


@pytest.mark.parametrize("full_well", [600, 4000, 30000])
def test_rounding_to_eight_bits_is_not_taken_for_noise(full_well):
    noise = photon_transfer(photographed(full_well, bits=8), SRGB)
    assert noise.signal_to_noise == pytest.approx(truth(full_well), rel=0.05)


@settings(max_examples=8)
@given(st.floats(300, 30000), st.floats(0, 0.5))
def test_two_frames_tell_the_noise_under_any_texture(full_well, texture):
    from_two = photon_transfer(*two_frames(full_well, texture))
    assert from_two.frames == 2
    assert from_two.signal_to_noise == pytest.approx(truth(full_well), rel=0.05)
    assert from_two.electrons_at_white == pytest.approx(full_well, rel=0.15)


def test_a_lamp_that_fires_brighter_is_no_noise_and_what_moved_is_left_out():
    first, transfer, again = two_frames(4000, 0.3)
    brighter = SRGB.encode(1.03 * SRGB.decode(again), 16)
    noise = photon_transfer(first, transfer, brighter)
    assert noise.signal_to_noise == pytest.approx(truth(4000), rel=0.07)
    moved = again.copy()
    moved[:200] = np.roll(moved[:200], 5, axis=1)
    noise = photon_transfer(first, transfer, moved)
    assert noise.signal_to_noise == pytest.approx(truth(4000), rel=0.07)
    with pytest.raises(ValueError, match="one size"):
        photon_transfer(first, transfer, again[:100])


def test_a_second_photograph_is_used_and_said_and_must_be_like_the_first(tmp_path):
    from capture.light_aids import LightAids
    from capture.photo_check import check_photo

    first, _, again = two_frames(4000, 0.3)
    for name, codes in (("a.png", first), ("b.png", again), ("small.png", again[:300])):
        cv2.imwrite(str(tmp_path / name), codes)
    Image.fromarray((again >> 8).astype(np.uint8)).save(tmp_path / "b.jpg", quality=97)

    def checked(name):
        aids = LightAids(again=tmp_path / name)
        _, made = check_photo(tmp_path / "a.png", load_profile("portrait"), light_aids=aids)
        return next(f for f in made.findings if f.check == "noise")

    assert "two photographs" in checked("b.png").reason
    assert checked("b.png").value == pytest.approx(truth(4000), rel=0.05)
    with pytest.raises(MismatchError, match=r"small\.png.*another size"):
        checked("small.png")
    with pytest.raises(MismatchError, match=r"b\.jpg.*stored"):
        checked("b.jpg")


def test_texture_on_a_third_of_the_picture_is_not_taken_for_noise():
    noise = photon_transfer(photographed(4000, texture=0.3), SRGB)
    assert noise.signal_to_noise == pytest.approx(truth(4000), rel=0.05)


def test_nothing_flat_or_nothing_exposed_is_not_measured():
    assert photon_transfer(np.zeros((576, 768, 3), np.uint8), SRGB) is None
    assert photon_transfer(np.full((576, 768, 3), 255, np.uint8), SRGB) is None
    assert photon_transfer(np.full((40, 40, 3), 118, np.uint8), SRGB) is None


def test_a_compressed_file_has_no_measured_noise_and_a_noisy_one_is_told_in_stops():
    grey = measure(np.full((60, 90, 3), 118, np.uint8), ExposureSettings(), None)

    def found(**changes):
        made = findings(dataclasses.replace(grey, **changes), load_profile("portrait").checks)
        return next(f for f in made if f.check == "noise")

    assert "compression" in found(stored=StoredAs("JPEG", 97.0)).fix
    # S/N 20 wants four times the light for 40.
    shot = 0.18 / 20**2
    noisy = found(stored=StoredAs("raw", 100.0), noise=Noise(0.0, shot))
    assert noisy.level == "warn"
    assert "2.0 stops" in noisy.fix
