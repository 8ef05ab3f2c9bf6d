"""Findings name the place, the size of the fault in the photographer's unit, and the fix."""

import dataclasses
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from capture.checks.table import CHECKS, findings
from capture.findings import is_ready
from capture.metering.lighting_ratio import LightingRatio
from capture.metering.measurement import measure
from capture.settings import load_profile, parse_profile, profile_names
from devices.frames import ExposureSettings
from matting.imaging.errors import SettingsError

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
