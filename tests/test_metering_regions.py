"""Every check on regions that hold nothing, everything or a speck: a value, or "not measured"."""

import dataclasses
import math

import numpy as np
import pytest

from capture.checks.table import CHECKS, findings
from capture.metering.measurement import measure
from capture.silhouette import silhouette_of_mask
from capture.wanted import Wanted
from devices.frames import ExposureSettings

SIZE = (96, 64)
SETTINGS = ExposureSettings(iso=100, shutter_s=1 / 125, aperture_f=8.0, focal_length_mm=85.0)
WANTED = dict.fromkeys(CHECKS, Wanted(low=0.0, high=1.0, source="x"))


def mask_of(kind):
    mask = np.zeros(SIZE[::-1], bool)
    if kind == "everything":
        mask[:] = True
    elif kind == "a speck":
        mask[30, 40] = True
    elif kind == "a line":
        mask[:, 48] = True
    return mask


def picture(dtype, level):
    top = np.iinfo(dtype).max
    return np.full((*SIZE[::-1], 3), round(level * top), dtype)


@pytest.mark.parametrize("kind", ["nothing", "everything", "a speck", "a line"])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("level", [0.0, 0.46, 1.0])
def test_no_region_breaks_a_check_or_gives_a_number_of_nothing(kind, dtype, level):
    silhouette = silhouette_of_mask(mask_of(kind), "box", SIZE)
    made = findings(measure(picture(dtype, level), SETTINGS, silhouette), WANTED)
    assert {finding.check for finding in made} == CHECKS.keys()
    for finding in made:
        silent = finding.level == "not measured"
        assert silent == math.isnan(finding.value), finding
        assert finding.fix if silent else finding.reason, finding


@pytest.mark.parametrize("kind", ["nothing", "everything"])
def test_without_an_outline_nothing_is_said_of_it(kind):
    silhouette = silhouette_of_mask(mask_of(kind), "box", SIZE)
    made = findings(measure(picture(np.uint8, 0.46), SETTINGS, silhouette), WANTED)
    silent = {finding.check for finding in made if finding.level == "not measured"}
    assert {"separation", "separation_stops", "busy_background", "focus", "spill"} <= silent
    assert {"focus_plane", "edge_highlights", "backdrop_choice"} <= silent


def test_eight_and_sixteen_bits_of_one_light_read_alike():
    mask = np.zeros(SIZE[::-1], bool)
    mask[16:48, 32:64] = True
    codes = np.where(mask[..., None], (200, 90, 60), (60, 110, 160)).astype(np.uint8)
    silhouette = silhouette_of_mask(mask, "box", SIZE)
    eight, sixteen = (
        findings(measure(each, SETTINGS, silhouette), WANTED)
        for each in (codes, codes.astype(np.uint16) * 257)
    )
    values = {finding.check: finding.value for finding in sixteen}
    for finding in eight:
        assert values[finding.check] == pytest.approx(finding.value, rel=1e-3, nan_ok=True)


def test_what_live_view_cannot_tell_is_not_measured():
    mask = np.zeros(SIZE[::-1], bool)
    mask[16:48, 32:64] = True
    live = measure(
        picture(np.uint8, 0.46), SETTINGS, silhouette_of_mask(mask, "box", SIZE), preview=True
    )
    silent = {f.check for f in findings(live, WANTED) if f.level == "not measured"}
    sized = {"resolution", "print_size", "longest_side", "diffraction", "file_quality", "noise"}
    assert sized | {"fine_pattern"} <= silent
    unlit = dataclasses.replace(live, preview=False)
    assert not {"resolution", "print_size", "longest_side"} & {
        f.check for f in findings(unlit, WANTED) if f.level == "not measured"
    }
