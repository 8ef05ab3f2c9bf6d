"""Findings name the place, the size of the fault in the photographer's unit, and the fix."""

import dataclasses
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from capture.checks.table import CHECKS, findings
from capture.findings import is_ready
from capture.forecasting.forecast import forecast
from capture.forecasting.trial import Silhouetted
from capture.metering.colour_of_light import LightColour
from capture.metering.depth_of_field import DepthExtent
from capture.metering.hard_shadow import HardShadow
from capture.metering.lighting_ratio import LightingRatio
from capture.metering.measurement import measure
from capture.metering.noise import Noise
from capture.metering.overlap import Overlap
from capture.metering.patches import NeutralPatch
from capture.metering.plane_of_focus import PlaneOfFocus
from capture.metering.pose import CameraPose
from capture.metering.subject_light import MixedLight
from capture.settings import load_profile, parse_profile, profile_names
from capture.silhouette import SubjectSpace, silhouette_of_mask
from capture.wanted import Wanted
from devices.frames import ExposureSettings
from matting.imaging.errors import SettingsError
from matting.imaging.quality_of_file import StoredAs

GREY = np.full((60, 90, 3), 118, np.uint8)


def measured(**changes):
    settings = ExposureSettings(iso=100, shutter_s=1 / 125, aperture_f=8.0)
    return dataclasses.replace(measure(GREY, settings, None), **changes)


def found(name, measurement, profile="portrait"):
    return next(f for f in findings(measurement, load_profile(profile).checks) if f.check == name)


def test_what_was_not_measured_is_said_and_is_no_pass():
    made = findings(measured(), load_profile("portrait").checks)
    silent = {f.check for f in made if f.level == "not measured"}
    assert {"separation", "key_to_fill", "background_distance", "focus", "margin"} <= silent
    for finding in made:
        if finding.level == "not measured":
            assert math.isnan(finding.value)
            assert finding.fix
            assert finding.as_json()["value"] is None


def test_a_setting_beyond_its_range_says_by_how_much():
    fast = ExposureSettings(iso=6400, shutter_s=1 / 20, aperture_f=1.4)
    made = {f.check: f for f in findings(measured(settings=fast), load_profile("portrait").checks)}
    assert {made[name].level for name in ("iso", "shutter", "aperture")} == {"fail"}
    assert "1/20 s" in made["shutter"].line()
    assert "f/1.4" in made["aperture"].line()
    assert not is_ready(tuple(made.values()))


@given(st.floats(-3, 6))
def test_the_lighting_ratio_is_printed_in_both_definitions(stops):
    light = LightingRatio(stops, (0.0, 0.0, -1.0), (0.0, 0.0, -1.0), 0.1, 0.01)
    finding = found("key_to_fill", measured(lighting=light))
    assert f"{2**stops:.1f}:1 incident" in finding.shown
    assert f"{2**stops + 1:.1f}:1 reflected" in finding.shown


def test_a_single_lamp_has_no_number_in_json():
    light = LightingRatio(math.inf, (0.0, 0.0, -1.0), (0.0, 0.0, 0.0), 0.0, 0.01)
    finding = found("key_to_fill", measured(lighting=light))
    assert finding.level == "fail"
    assert finding.as_json()["value"] is None
    assert "reflector" in finding.fix


def test_the_worst_comes_first():
    order = [f.level for f in findings(measured(), load_profile("portrait").checks)]
    rank = {"fail": 0, "warn": 1, "not measured": 2, "ok": 3}
    assert [rank[level] for level in order] == sorted(rank[level] for level in order)


@pytest.mark.parametrize("name", profile_names())
def test_every_profile_that_ships_gives_its_sources(name):
    profile = load_profile(name)
    assert profile.checks.keys() <= CHECKS.keys()
    assert all(wanted.source for wanted in profile.checks.values())


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[check.isoo]\nhigh = 1\nsource = 'x'\n", "did you mean 'iso'"),
        ("[check.iso]\nhigh = 'much'\nsource = 'x'\n", "check.iso.high is not a number"),
        ("[check.iso]\nlow = 5\nhigh = 1\nsource = 'x'\n", "low is above high"),
        ("[check.iso]\nhigh = 5\n", "source is missing"),
        ("[chekc.iso]\n", "did you mean 'check'"),
        ("[matting]\nhair_guard_percent = 99\n", "not within 0 and 25"),
        ("not toml", "not valid TOML"),
    ],
)
def test_a_faulty_profile_is_refused_by_key(text, words):
    with pytest.raises(SettingsError) as caught:
        parse_profile(text, "mine.toml")
    assert "mine.toml" in str(caught.value)
    assert words in str(caught.value)


@given(st.floats(-10, 10), st.floats(0, 3))
def test_within_the_range_is_ok_and_beyond_the_tolerance_fails(value, tolerance):
    text = f"[check.margin]\nlow = 0.0\ntolerance = {tolerance}\nsource = 'x'\n"
    level = parse_profile(text, "x").checks["margin"].level(value)
    expected = "ok" if value >= 0 else "warn" if -value <= tolerance else "fail"
    assert level == expected


def everything_measured():
    """Return a measurement of a coloured disc in which no check lacks anything."""
    y, x = np.mgrid[:200, :300]
    mask = (x - 150) ** 2 + (y - 100) ** 2 < 60**2
    speckled = np.random.default_rng(1).integers(0, 30, (200, 300, 1))
    codes = np.where(mask[..., None], (200, 110, 70), (30, 150, 90)) + speckled
    rgb = codes.astype(np.uint8)
    settings = ExposureSettings(
        iso=200, shutter_s=1 / 160, aperture_f=8.0, focal_length_mm=85.0, flash_fired=True
    )
    space = SubjectSpace(
        2.0,
        1.4,
        DepthExtent(1.9, 2.1, 85 / 36, 2 / 3),
        CameraPose(1.0, 4.0),
        Overlap(0.1, 0.4, "top"),
    )
    silhouette = dataclasses.replace(silhouette_of_mask(mask, "depth", (300, 200)), space=space)
    foretold = forecast(Silhouetted(rgb, mask.astype(np.float32)))
    lighting = LightingRatio(1.5, (0.0, 0.0, -1.0), (0.0, 0.0, -1.0), 0.1, 0.01)
    whole = measure(rgb, settings, silhouette, lighting, forecast=foretold)
    light = dataclasses.replace(
        whole.light,
        rim_stops=0.3,
        mixed=MixedLight(3.0, 10.0),
        hard_shadow=HardShadow(1.2, (100, 80, 20, 30)),
    )
    return dataclasses.replace(
        whole,
        light=light,
        neutral=NeutralPatch(1.0, LightColour(6500.0, 0.0), False),
        noise=Noise(1e-6, 1e-4),
        stored=StoredAs("JPEG", 90.0),
        motion_widths_per_s=0.01,
        texture_stops=0.05,
        plane_of_focus=PlaneOfFocus(2.2, ((2.15, 2.26),)),
    )


def test_every_check_says_how_its_value_was_found():
    nothing_accepted = Wanted(low=1e9, high=1e9, source="x")
    made = findings(everything_measured(), dict.fromkeys(CHECKS, nothing_accepted))
    assert {f.check for f in made} == CHECKS.keys()
    assert [f.check for f in made if f.level == "not measured"] == []
    assert [f.check for f in made if not (f.reason and f.shown)] == []
