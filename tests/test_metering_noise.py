"""Noise by photon transfer: the sensor's own, whatever the picture shows or its coding."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from capture.checks.table import findings
from capture.metering.measurement import measure
from capture.metering.noise import Noise, photon_transfer
from capture.settings import load_profile
from devices.frames import ExposureSettings
from matting.imaging.curves import SRGB
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


@settings(max_examples=8)
@given(st.floats(300, 30000), st.integers(0, 100))
def test_the_ratio_is_the_sensors_within_five_percent(full_well, seed):
    noise = photon_transfer(photographed(full_well, seed=seed), SRGB)
    assert noise.signal_to_noise == pytest.approx(truth(full_well), rel=0.05)


@pytest.mark.parametrize("full_well", [600, 4000, 30000])
def test_rounding_to_eight_bits_is_not_taken_for_noise(full_well):
    noise = photon_transfer(photographed(full_well, bits=8), SRGB)
    assert noise.signal_to_noise == pytest.approx(truth(full_well), rel=0.05)


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
