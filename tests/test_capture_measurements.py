"""Each measurement states a physical property, a reference value, and what it does with nothing."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from capture.metering.exposure import clipping, exposure_value
from capture.metering.framing import framing
from capture.metering.lighting import fit_lights
from capture.metering.separation import edge_rings, separation
from capture.metering.sharpness import edge_width_px


def disc(size=240, radius=70, centre=None):
    y, x = np.mgrid[:size, :size]
    cx, cy = centre or (size / 2, size / 2)
    return (x - cx) ** 2 + (y - cy) ** 2 <= radius**2


def two_tone(mask, inside, outside):
    picture = np.empty((*mask.shape, 3), np.float32)
    picture[mask], picture[~mask] = inside, outside
    return picture


def pieces_of(linear, mask):
    rings = edge_rings(mask)
    return separation(linear.reshape(-1, 3)[rings.pixels], rings)


@given(st.floats(1.4, 32), st.floats(1e-4, 8), st.floats(50, 12800))
def test_one_stop_of_any_setting_is_one_exposure_value(aperture, shutter, iso):
    start = exposure_value(aperture, shutter, iso)
    assert exposure_value(aperture, shutter / 2, iso) == pytest.approx(start + 1)
    assert exposure_value(aperture * math.sqrt(2), shutter, iso) == pytest.approx(start + 1)
    assert exposure_value(aperture, shutter, iso * 2) == pytest.approx(start - 1)


def test_exposure_value_of_sunny_sixteen_is_fifteen():
    assert exposure_value(16, 1 / 125, 100) == pytest.approx(15, abs=0.05)
    with pytest.raises(ValueError, match="above zero"):
        exposure_value(0, 1, 100)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_clipping_counts_any_channel_at_the_top_and_all_at_the_bottom(dtype):
    top = np.iinfo(dtype).max
    codes = np.full((10, 10, 3), top // 2, dtype)
    codes[0, :5, 0] = top
    codes[1, :] = 0
    codes[2, :, 1] = 0
    result = clipping(codes)
    assert result.highlights == pytest.approx(0.05)
    assert result.shadows == pytest.approx(0.10)
    nothing = clipping(codes, np.zeros((10, 10), bool))
    assert math.isnan(nothing.highlights)
    assert math.isnan(nothing.shadows)


def test_framing_of_a_rectangle():
    mask = np.zeros((100, 200), bool)
    mask[10:100, 50:150] = True
    result = framing(mask)
    assert result is not None
    assert result.margins == pytest.approx({"left": 0.25, "top": 0.1, "right": 0.25, "bottom": 0})
    assert result.cut == ("bottom",)
    assert result.share == pytest.approx(0.45)
    assert result.box == (50, 10, 100, 90)
    assert framing(np.zeros((5, 5), bool)) is None


@given(st.floats(-3, 3), st.floats(0.02, 0.12))
def test_separation_is_the_ratio_of_the_two_sides_in_stops(stops, base):
    mask = disc()
    pieces = pieces_of(two_tone(mask, base * 2**stops, base), mask)
    assert len(pieces) == 24
    assert [piece.stops for piece in pieces] == pytest.approx([stops] * 24, abs=0.01)


def test_separation_names_the_place_that_merges():
    mask = disc()
    picture = two_tone(mask, 0.4, 0.1)
    picture[:120, :120] = 0.4
    weakest = min(pieces_of(picture, mask), key=lambda piece: piece.delta_e)
    assert weakest.place in {"upper left", "left", "top"}
    assert weakest.delta_e < 1
    x, y, width, height = weakest.box
    assert x + width / 2 < 125
    assert y + height / 2 < 125


def test_colour_separates_where_light_does_not():
    mask = disc()
    red, green = (0.2, 0.05, 0.05), (0.0, 0.1075, 0.0)
    piece = pieces_of(two_tone(mask, red, green), mask)[0]
    assert abs(piece.stops) < 0.2
    assert piece.delta_e > 30


def test_separation_of_nothing_is_nothing():
    assert pieces_of(np.zeros((50, 50, 3), np.float32), np.zeros((50, 50), bool)) == ()


@pytest.mark.parametrize("sigma", [1.0, 1.5, 2.5])
def test_edge_width_is_that_of_the_blur(sigma):
    import cv2

    mask = disc(400, 120)
    sharp = np.where(mask, 0.8, 0.2).astype(np.float32)
    blurred = cv2.GaussianBlur(sharp, (0, 0), sigma)
    assert edge_width_px(blurred, mask, reach=10) == pytest.approx(2.0 * sigma, rel=0.2)


def test_edge_width_without_contrast_is_not_measured():
    mask = disc()
    assert math.isnan(edge_width_px(np.full(mask.shape, 0.5, np.float32), mask))
    assert math.isnan(edge_width_px(np.zeros((64, 64), np.float32), np.zeros((64, 64), bool)))


def visible_ball(count=4000, seed=0):
    rng = np.random.default_rng(seed)
    z = -rng.uniform(0.15, 1, count)
    angle = rng.uniform(0, 2 * np.pi, count)
    radius = np.sqrt(1 - z * z)
    return np.stack([radius * np.cos(angle), radius * np.sin(angle), z], 1).astype(np.float32)


def lit(normals, key, fill, ambient=0.02):
    def unit(v):
        return np.array(v) / np.linalg.norm(v)

    shade = key * np.maximum(0, normals @ unit([-0.7, -0.5, -0.7]))
    shade += fill * np.maximum(0, normals @ unit([0.4, -0.2, -1.0]))
    return (shade + ambient).astype(np.float32)


@pytest.mark.parametrize("stops", [0.0, 1.0, 2.0])
def test_the_ratio_of_two_lights_on_a_ball_comes_back(stops):
    normals = visible_ball()
    result = fit_lights(normals, lit(normals, 1.0, 2.0**-stops))
    assert result is not None
    assert result.key_to_fill_stops == pytest.approx(stops, abs=0.15)


@settings(max_examples=10)
@given(st.floats(0.05, 4.0))
def test_the_ratio_does_not_depend_on_exposure(gain):
    normals = visible_ball(1500)
    light = lit(normals, 1.0, 0.4)
    one, other = fit_lights(normals, light), fit_lights(normals, light * np.float32(gain))
    assert one is not None
    assert other is not None
    assert other.key_to_fill_stops == pytest.approx(one.key_to_fill_stops, abs=0.02)


def test_too_few_normals_or_light_that_no_lamps_explain_give_no_ratio():
    assert fit_lights(visible_ball(10), np.ones(10, np.float32)) is None
    normals = visible_ball()
    checker = np.where((normals[:, 0] * 9).astype(int) % 2, 1.0, 0.1).astype(np.float32)
    assert fit_lights(normals, checker) is None


def test_a_mugs_wall_tells_nothing_of_the_height_of_its_lamps():
    azimuth = np.random.default_rng(1).uniform(-1.3, 1.3, 4000)
    wall = np.stack([np.sin(azimuth), np.full(4000, 0.1), -np.cos(azimuth)], 1)
    wall = (wall / np.linalg.norm(wall, axis=1, keepdims=True)).astype(np.float32)
    assert fit_lights(wall, lit(wall, 1.0, 0.5)) is None


@pytest.mark.parametrize("stops", [0.0, 1.0, 1.5, 2.0])
def test_the_ratio_survives_rim_light_cast_shadows_and_near_lamps(stops):
    """On the rendered portrait with its true normals; three lamps burn, 1.5 m away."""
    from dataclasses import replace

    from capture.metering.materials import same_material
    from devices.simulated.rendering import Renderer, camera_rays
    from devices.simulated.scenes import make_scene
    from devices.simulated.solids import illuminance_at
    from matting.imaging.colour import luminance

    renderer = Renderer(make_scene("portrait"))
    scene, size = renderer.scene, (480, 320)
    lights = {light.name: light for light in scene.lights}
    given = {name: illuminance_at(light, scene.aim) for name, light in lights.items()}
    gain = given["key"] / given["fill"] / 2.0**stops
    lights["fill"] = replace(lights["fill"], power=lights["fill"].power * gain)
    picture = renderer.layers(*size, tuple(lights.values()), scene.ambient).picture()
    rays = camera_rays(renderer.lens(*size))
    seen = renderer.geometry(rays, size[::-1], np.zeros(3), np.eye(3))
    material = same_material(picture, seen.solid)
    ratio = fit_lights(seen.normals[material], luminance(picture[material]))
    assert ratio is not None
    assert ratio.key_to_fill_stops == pytest.approx(stops, abs=0.2)
