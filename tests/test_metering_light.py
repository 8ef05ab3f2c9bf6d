"""Light on the subject: single lights, patches, colour, rim, hot spots, and their findings."""

import dataclasses
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from capture.checks.table import findings
from capture.metering.colour_of_light import (
    colour_difference,
    light_colour,
    mired_shift,
    neutral_error,
)
from capture.metering.lighting_ratio import LightingRatio, ratio_of_patches
from capture.metering.materials import same_material
from capture.metering.measurement import measure, without_light
from capture.metering.patches import neutral_patch, patch_light
from capture.metering.single_lights import fit_lamp, single_lights
from capture.metering.subject_light import (
    hot_spots,
    mixed_light,
    rim_light_stops,
    subject_light,
)
from capture.settings import load_profile
from capture.silhouette import silhouette_of_mask
from devices.frames import ExposureSettings
from matting.imaging.colour import SRGB_TO_XYZ_D65
from matting.imaging.curves import SRGB

SKIN = np.array([0.52, 0.34, 0.26])
NOTHING = np.zeros((40, 40), bool)


def unit(*vector):
    return np.array(vector) / np.linalg.norm(vector)


KEY, FILL = unit(-0.7, -0.5, -0.7), unit(0.5, -0.1, -0.9)


def ball(size=120):
    """Return normals of a ball's visible half, NaN outside, and where it is."""
    y, x = np.mgrid[:size, :size] / (size / 2 - 0.5) * 1.1 - 1.1
    square = x * x + y * y
    inside = square < 1
    z = -np.sqrt(np.where(inside, 1 - square, 0))
    normals = np.stack([x, y, z], axis=-1).astype(np.float32)
    normals[~inside] = np.nan
    return normals, inside


def lit(normals, direction, power, colour=(1.0, 1.0, 1.0)):
    shade = np.nan_to_num(np.maximum(0, normals @ direction))
    return (power * shade[..., None] * SKIN * np.array(colour)).astype(np.float32)


# --- one light at a time -------------------------------------------------------------------


@settings(max_examples=12)
@given(st.floats(-1, 3), st.floats(0.0, 0.1), st.booleans())
def test_single_lights_give_the_ratio_whatever_the_room_adds(stops, room, with_depth):
    normals, inside = ball()
    dark = np.full((*inside.shape, 3), room, np.float32)
    frames = {
        "key": lit(normals, KEY, 1.0) + dark,
        "fill": lit(normals, FILL, 2.0**-stops) + dark,
    }
    found = single_lights(frames, dark, {"subject": inside}, normals if with_depth else None)
    assert found.ratio.key_to_fill_stops == pytest.approx(stops, abs=0.02 if with_depth else 0.1)
    assert found.ratio.way == "one light at a time"
    if with_depth:
        assert np.dot(found.ratio.key_direction, KEY) > 0.999


def test_shares_add_up_to_all_the_light_of_a_region():
    normals, inside = ball()
    left = inside & (np.arange(inside.shape[1]) < 60)
    dark = np.full((*inside.shape, 3), 0.01, np.float32)
    frames = {"key": lit(normals, KEY, 1.0) + dark, "fill": lit(normals, FILL, 0.4) + dark}
    regions = {"subject": inside, "left": left, "nowhere": none_of(inside)}
    found = single_lights(frames, dark, regions, normals)
    for region in ("subject", "left"):
        shares = [light.shares[region] for light in found.lights]
        assert sum(shares) + found.ambient[region] == pytest.approx(1, abs=1e-5)
    key, fill = found.lights
    assert key.shares["left"] > key.shares["subject"] > fill.shares["subject"]
    assert math.isnan(key.shares["nowhere"])


def none_of(mask):
    return np.zeros_like(mask)


def test_a_lights_colour_is_told_against_the_keys():
    normals, inside = ball()
    warm = (1.3, 1.0, 0.6)
    frames = {"key": lit(normals, KEY, 0.8), "fill": lit(normals, FILL, 0.5, warm)}
    key, fill = single_lights(frames, None, {"subject": inside}, normals).lights
    assert key.delta_e == pytest.approx(0, abs=1e-3)
    assert key.colour.kelvin == pytest.approx(6504, abs=10)
    assert fill.colour.kelvin == pytest.approx(light_colour(warm).kelvin, rel=0.03)
    assert fill.delta_e > 5


def test_cast_shadows_and_room_light_do_not_move_a_lamp():
    normals, inside = ball()
    light = lit(normals, KEY, 1.0)[..., 0][inside] + 0.05
    light[::7] *= 0.2
    lamp = fit_lamp(normals[inside], light.astype(np.float32))
    assert np.linalg.norm(lamp) == pytest.approx(SKIN[0], rel=0.02)
    assert not fit_lamp(normals[inside], np.zeros(inside.sum(), np.float32)).any()


def test_no_light_or_no_subject_gives_no_ratio():
    normals, inside = ball()
    black = np.zeros((*inside.shape, 3), np.float32)
    frames = {"key": black, "fill": black}
    assert single_lights(frames, None, {"subject": inside}, normals).ratio is None
    frames = {"key": lit(normals, KEY, 1.0), "fill": lit(normals, FILL, 0.5)}
    assert single_lights(frames, None, {"subject": ~inside & inside}, normals).ratio is None
    only = single_lights({"key": frames["key"]}, None, {"subject": inside}, normals)
    assert only.ratio is None
    assert only.lights[0].illuminance > 0


# --- patches -------------------------------------------------------------------------------


@given(st.floats(0.1, 4), st.floats(0.05, 1))
def test_two_patches_give_both_definitions(stops, fill):
    key = fill * 2.0**stops
    lit_side = np.full((9, 3), key + fill, np.float32)
    ratio = ratio_of_patches(lit_side, np.full((4, 3), fill, np.float32))
    assert ratio.key_to_fill_stops == pytest.approx(stops, abs=1e-3)
    assert ratio.reflected == pytest.approx((key + fill) / fill, rel=1e-3)
    assert ratio.incident == pytest.approx(ratio.reflected - 1, rel=1e-3)
    assert ratio.uncertainty_stops > 0.09


def test_patches_that_tell_nothing():
    light, dark = np.ones((4, 3), np.float32), np.full((4, 3), 0.2, np.float32)
    assert ratio_of_patches(dark, light) is None
    assert ratio_of_patches(light[:0], dark) is None
    assert ratio_of_patches(light, 0 * dark) is None
    assert ratio_of_patches(light * np.nan, dark) is None
    assert neutral_patch(light[:0]) is None
    assert neutral_patch(0 * light) is None
    assert neutral_patch(light * np.nan) is None
    assert neutral_patch(light).clipped
    codes = np.zeros((10, 20, 3), np.uint8)
    assert patch_light(codes, (15, 5, 100, 100), SRGB).shape == (25, 3)
    assert patch_light(codes, (30, 5, 4, 4), SRGB).shape == (0, 3)


# --- colour --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("x", "y", "kelvin", "duv"),
    [
        (0.44757, 0.40745, 2856, 0.0),  # CIE A
        (0.34567, 0.35850, 5003, 0.0033),  # D50
        (0.31271, 0.32902, 6504, 0.0032),  # D65
        (0.37208, 0.37529, 4225, 0.0018),  # F2
    ],
)
def test_colour_temperatures_of_the_cies_illuminants(x, y, kelvin, duv):
    rgb = np.linalg.inv(SRGB_TO_XYZ_D65) @ [x / y, 1.0, (1 - x - y) / y]
    colour = light_colour(rgb)
    assert colour.kelvin == pytest.approx(kelvin, rel=0.002)
    assert colour.duv == pytest.approx(duv, abs=0.0003)


@given(st.floats(0.01, 10), st.floats(0.7, 1.4), st.floats(0.7, 1.4))
def test_colour_of_light_does_not_hang_on_its_level(level, red, blue):
    rgb = np.array([red, 1.0, blue])
    assert neutral_error(level * rgb) == pytest.approx(neutral_error(rgb), abs=1e-6)
    assert colour_difference(level * rgb, rgb) == pytest.approx(0, abs=1e-4)
    one, other = light_colour(rgb).kelvin, light_colour(level * rgb).kelvin
    assert (math.isnan(one) and math.isnan(other)) or one == pytest.approx(other)


def test_grey_is_neutral_and_darkness_has_no_colour():
    assert neutral_error([0.3, 0.3, 0.3]) == pytest.approx(0, abs=0.02)
    assert neutral_error([0.33, 0.3, 0.27]) > 4
    assert mired_shift(3200, 5600) == pytest.approx(134, abs=1)
    for nothing in ([0, 0, 0], [math.nan] * 3):
        assert math.isnan(light_colour(nothing).kelvin)
        assert math.isnan(neutral_error(nothing))
    assert math.isnan(light_colour([0, 1, 0]).kelvin)


# --- the subject's surface -----------------------------------------------------------------


def disc(size=200, radius=80):
    y, x = np.mgrid[:size, :size] - size / 2
    distance = np.hypot(x, y)
    return distance < radius, radius - distance


@settings(max_examples=15)
@given(st.floats(-1, 3), st.floats(0.02, 0.1))
def test_rim_light_is_the_outlines_gain_in_stops(stops, level):
    inside, away = disc()
    picture = np.full((200, 200, 3), level, np.float32)
    picture[(away > 0) & (away < 3.6)] *= np.float32(2.0**stops)
    assert rim_light_stops(picture, inside) == pytest.approx(stops, abs=0.02)


def test_a_small_bright_spot_is_hot_and_a_white_shirt_is_not():
    inside, _ = disc()
    picture = np.full((200, 200, 3), 0.25, np.float32)
    picture[100:] = 0.9
    assert hot_spots(picture, inside).share == pytest.approx(0, abs=0.005)
    picture[60:66, 90:98] = 0.95
    found = hot_spots(picture, inside)
    assert found.share == pytest.approx(48 / inside.sum(), rel=0.2)
    assert found.box == (90, 60, 8, 6)


def test_a_coloured_fill_is_mixed_light_and_a_white_one_is_not():
    normals, inside = ball(160)
    key = lit(normals, KEY, 0.9)
    assert mixed_light(key + lit(normals, FILL, 0.3), inside).delta_e < 0.3
    warm = mixed_light(key + lit(normals, FILL, 0.3, (1.2, 1.0, 0.7)), inside)
    assert warm.delta_e > 1.5
    assert warm.mired > 0


def test_without_a_subject_nothing_of_its_light_is_measured():
    picture = np.full((40, 40, 3), 0.3, np.float32)
    found = subject_light(picture, NOTHING)
    assert found.hot_spots is None
    assert found.mixed is None
    assert math.isnan(found.rim_stops)
    assert not same_material(picture, NOTHING).any()
    everything = ~NOTHING
    dark = subject_light(np.full_like(picture, np.nan), everything)
    assert dark.mixed is None
    assert dark.hot_spots.share == 0


# --- findings ------------------------------------------------------------------------------


def measured():
    inside, _ = disc()
    codes = np.full((200, 200, 3), 100, np.uint8)
    silhouette = silhouette_of_mask(inside, "box", (200, 200))
    return measure(codes, ExposureSettings(iso=100, shutter_s=1 / 125, aperture_f=8.0), silhouette)


def found_in(measurement):
    made = findings(measurement, load_profile("portrait").checks)
    return {finding.check: finding for finding in made}


def test_a_test_pop_measures_what_live_view_cannot_see():
    seen = found_in(measured())
    light = {"highlights", "shadows", "edge_highlights", "subject_level", "rim_light", "hot_spots",
             "mixed_light", "separation"}  # fmt: skip
    assert all(seen[name].level != "not measured" for name in light)
    assert "EV 13.0" in seen["subject_level"].reason
    unseen = found_in(without_light(measured(), "not measured: take a test pop"))
    for name in light | {"key_to_fill", "white_balance"}:
        assert unseen[name].level == "not measured"
        assert unseen[name].fix == "not measured: take a test pop"
    for name in ("iso", "shutter", "margin"):
        assert unseen[name] == seen[name]


def test_a_warm_fill_is_named_one_light_at_a_time():
    normals, inside = ball()
    frames = {"key": lit(normals, KEY, 0.8), "fill": lit(normals, FILL, 0.5, (1.3, 1.0, 0.6))}
    single = single_lights(frames, None, {"subject": inside, "background": ~inside}, normals)
    finding = found_in(dataclasses.replace(measured(), single_lights=single))["mixed_light"]
    assert finding.level == "fail"
    assert "between fill and key" in finding.shown
    assert "gel the fill" in finding.fix


@pytest.mark.parametrize("way", ["one light at a time", "depth", "two patches"])
def test_a_ratio_says_how_it_was_measured_and_how_well(way):
    ratio = LightingRatio(1.0, KEY, FILL, 0.1, 0.02, way)
    finding = found_in(dataclasses.replace(measured(), lighting=ratio))["key_to_fill"]
    assert "2.0:1 incident" in finding.shown
    assert "3.0:1 reflected" in finding.shown
    assert way in finding.reason
    assert "between 0.8 and 1.2 stops" in finding.reason


def test_a_grey_card_tells_the_white_balance_unless_it_is_clipped():
    card = neutral_patch(np.full((9, 3), [0.33, 0.3, 0.27], np.float32))
    finding = found_in(dataclasses.replace(measured(), neutral=card))["white_balance"]
    assert finding.level == "fail"
    assert "K" in finding.reason
    clipped = dataclasses.replace(card, clipped=True)
    finding = found_in(dataclasses.replace(measured(), neutral=clipped))["white_balance"]
    assert finding.level == "not measured"
    assert "clipped" in finding.fix


def test_neutral_patches_of_a_real_chart_keep_their_reflectances(real_data):
    """ColorChecker Classic, row of greys; reflectances as its maker publishes them."""
    from matting.imaging.colour import linear_srgb_to_lab, luminance
    from matting.imaging.files import read_picture

    picture = read_picture(real_data / "files" / "dng" / "colorchart.dng")
    reflectance = np.array([0.900, 0.591, 0.362, 0.198, 0.090, 0.031])
    boxes = [(x - 24, 907, 48, 48) for x in (702, 813, 924, 1033, 1144, 1257)]
    means = np.array(
        [patch_light(picture.codes, box, picture.transfer).mean(axis=0) for box in boxes]
    )
    seen = luminance(means)
    stops = np.log2(seen / seen[2]) - np.log2(reflectance / reflectance[2])
    assert np.abs(stops).max() < 0.1
    # Balanced on the second patch, the two beside it are neutral too.
    lab = linear_srgb_to_lab(means / means[1] * reflectance[1], "D65")
    assert np.hypot(lab[[0, 2], 1], lab[[0, 2], 2]).max() < 3
