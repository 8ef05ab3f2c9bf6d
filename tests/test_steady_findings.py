"""Levels that do not flicker about their limit, and findings that count down."""

import dataclasses
import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from capture.checks.countdown import Countdown
from capture.checks.table import findings
from capture.findings import Finding
from capture.metering.measurement import measure
from capture.settings import load_profile
from capture.wanted import Wanted
from devices.frames import ExposureSettings

ORDER = {"ok": 0, "warn": 1, "fail": 2}
limits = st.floats(-100, 100).filter(lambda x: abs(x) > 1e-3)


@given(limits, st.floats(0.01, 50), st.floats(-200, 200))
def test_a_level_worsens_at_once_and_never_reads_better_than_it_is(low, tolerance, value):
    wanted = Wanted(low=low, tolerance=tolerance)
    for before in ("ok", "warn", "fail", "not measured", None):
        shown = wanted.level(value, before)
        assert ORDER[shown] >= ORDER[wanted.level(value)]
        if before in ORDER:
            assert ORDER[shown] <= max(ORDER[before], ORDER[wanted.level(value)])


@given(st.integers(0, 2**32 - 1))
def test_noise_about_a_limit_changes_the_level_at_most_twice(seed):
    wanted = Wanted(low=10.0, tolerance=5.0)
    level, changes = None, 0
    for value in 10.0 + 0.2 * np.random.default_rng(seed).uniform(-1, 1, 200):
        now = wanted.level(float(value), level)
        changes += now != level
        level = now
    assert changes <= 2
    assert level == "warn"


def test_a_clear_improvement_counts_at_once():
    wanted = Wanted(low=10.0, tolerance=5.0)
    assert wanted.level(4.0, "ok") == "fail"
    assert wanted.level(10.4, "warn") == "warn"
    assert wanted.level(10.6, "warn") == "ok"
    assert wanted.level(30.0, "fail") == "ok"


def test_findings_remember_those_of_the_frame_before():
    checks = {"iso": Wanted(high=400, tolerance=1200)}
    settings = ExposureSettings(iso=390)
    measured = measure(np.full((60, 90, 3), 118, np.uint8), settings, None)
    fresh = findings(measured, checks)
    assert fresh[0].level == "ok"
    before = (dataclasses.replace(fresh[0], level="warn"),)
    assert findings(measured, checks, before)[0].level == "warn"


def finding(value, level="fail", unit="stops"):
    return Finding("key_to_fill", level, value, unit, "", "")


def test_only_what_is_out_of_range_is_followed():
    wanted = load_profile("portrait").checks["key_to_fill"]
    assert Countdown.of(finding(1.0, "ok"), wanted) is None
    assert Countdown.of(finding(math.nan, "not measured"), wanted) is None
    assert Countdown.of(finding(math.inf), wanted) is None
    assert Countdown.of(finding(3.0), wanted).goal == wanted.high
    assert Countdown.of(finding(0.1), wanted).goal == wanted.low


def test_it_counts_in_the_steps_of_a_power_dial():
    countdown = Countdown.of(finding(3.04), Wanted(low=0.5, high=2.0))
    assert countdown.told(2.52) == "key to fill -0.5 of -1.0 stops, keep going"
    assert countdown.told(3.0) == "key to fill 1.0 stops to go"
    assert countdown.told(1.9) == "key to fill ready at 1.9 stops"
    assert countdown.told(3.3) == "key to fill 0.3 stops the wrong way, turn back"
    assert countdown.told(0.2) == "key to fill 1.8 stops too far, turn back"
    assert "not measured" in countdown.told(math.nan)


@given(st.floats(0.01, 50), st.floats(0, 1))
def test_what_has_come_never_exceeds_what_is_to_come(far, share):
    countdown = Countdown("separation", "ΔE2000", 10.0 - far, Wanted(low=10.0))
    value = countdown.begun + share * far * 0.999
    words = countdown.told(value)
    assert countdown.reached(value) or "keep going" in words
