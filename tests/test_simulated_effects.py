"""The effects of the simulated studio do what their physics says, and leave the truth exact."""

import dataclasses
import math
from types import SimpleNamespace

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.errors import DeviceError, SettingRefusedError, UnsupportedError
from devices.simulated.camera_body import ShotSettings
from devices.simulated.effects import (
    EFFECTS,
    Effects,
    glared,
    haloed,
    photographed,
    undistortion,
    vignetting,
)
from devices.simulated.exposure import developed
from devices.simulated.rendering import SENSOR_WIDTH_M, Gloss, Layers, Renderer, blurred
from devices.simulated.scenes import make_scene
from devices.simulated.world import World
from matting.imaging.curves import SRGB

SIZE = (300, 200)


@pytest.fixture(scope="module")
def jug():
    renderer = Renderer(make_scene("product"))
    scene = renderer.scene

    def under(gloss=None, planes=scene.planes):
        of = Renderer(dataclasses.replace(scene, planes=planes))
        return of.layers(*SIZE, scene.lights, scene.ambient, gloss)

    return SimpleNamespace(renderer=renderer, scene=scene, under=under, plain=under())


def half_covered(width=752, height=16):
    """Return a white subject on the left half before black."""
    alpha = np.zeros((height, width), np.float32)
    alpha[:, : width // 2] = 1.0
    return Layers(np.dstack([alpha] * 3), alpha, np.zeros((height, width, 3), np.float32))


def edge_variance(alpha):
    """Return the variance, in pixels squared, of where the alpha of the middle row falls."""
    fall = -np.diff(alpha[alpha.shape[0] // 2].astype(np.float64))
    place = np.arange(len(fall))
    centre = (fall * place).sum() / fall.sum()
    return float((fall * (place - centre) ** 2).sum() / fall.sum())


def test_without_effects_a_picture_is_that_of_the_simple_studio(jug):
    seen = photographed(jug.plain, jug.scene, Effects(), 4.0, 0.5)
    plain = blurred(jug.plain, jug.scene, 4.0, 0.5)
    for part in ("foreground", "alpha", "background"):
        assert np.array_equal(getattr(seen, part), getattr(plain, part))
    picture = seen.picture()
    assert glared(picture, 0.0) is picture


@pytest.mark.parametrize("speed", [0.5, 1.0, 2.0])
def test_motion_widens_the_edge_by_the_way_that_its_image_travels(jug, speed):
    layers = half_covered()
    still = photographed(layers, jug.scene, Effects(), 8.0, 1 / 60)
    moving = photographed(layers, jug.scene, Effects(motion_blur=speed), 8.0, 1 / 60)
    pitch = SENSOR_WIDTH_M / layers.alpha.shape[1]
    travel_px = speed / 60 * jug.scene.focal_length_m / jug.scene.subject_m / pitch
    # A box of L pixels has variance (L² - 1) / 12; it is drawn with the next odd number of them.
    added = edge_variance(moving.alpha) - edge_variance(still.alpha)
    assert math.sqrt(12 * added + 1) == pytest.approx(travel_px, abs=1.5)
    assert np.allclose(moving.foreground[..., 0], moving.alpha, atol=1e-6)


def test_defocus_widens_the_edge_by_the_circle_of_confusion(jug):
    layers, scene, focus_error = half_covered(), jug.scene, 0.2
    seen = photographed(layers, scene, Effects(defocus=focus_error), 4.0, 1 / 125)
    focus, focal = scene.focus_m + focus_error, scene.focal_length_m
    pitch = SENSOR_WIDTH_M / layers.alpha.shape[1]
    share = (focus - scene.subject_m) / scene.subject_m
    circle_px = focal**2 / (4.0 * (focus - focal)) * share / pitch
    sigma = math.hypot(0.55, circle_px / 4)
    slope = np.abs(np.diff(seen.alpha[8])).max()
    assert slope == pytest.approx(1 / (sigma * math.sqrt(2 * math.pi)), rel=0.02)


@given(st.floats(0.1, 4.0))
def test_vignetting_takes_the_stated_stops_from_the_corners_and_none_from_the_centre(stops):
    lens = make_scene("portrait").camera.scaled_to(301, 201)
    gain = vignetting(lens, stops)
    assert gain[100, 150] == pytest.approx(1.0)
    for corner in (gain[0, 0], gain[0, -1], gain[-1, 0], gain[-1, -1]):
        assert math.log2(corner) == pytest.approx(-stops, rel=1e-4)


def test_a_bare_lens_darkens_by_the_fourth_power_of_the_cosine():
    lens = make_scene("full-length").camera.scaled_to(301, 201)
    cosine = 1 / np.hypot(1.0, np.hypot(lens.cx / lens.fx, lens.cy / lens.fy))
    gain = vignetting(lens, -4 * math.log2(cosine))
    at_side = 1 / math.hypot(1.0, lens.cx / lens.fx)
    assert gain[100, 0] == pytest.approx(at_side**4, rel=1e-5)


def test_glare_moves_light_and_makes_none():
    picture = np.zeros((200, 300, 3), np.float32)
    picture[80:120, 100:180] = 1.0
    seen = glared(picture, 0.1)
    assert seen.mean() == pytest.approx(picture.mean(), rel=0.01)
    assert seen[100, 140, 0] == pytest.approx(0.9 + seen[:4].max() / 2, abs=0.02)
    assert seen.min() > 0.0
    even = np.full((200, 300, 3), 0.3, np.float32)
    assert np.allclose(glared(even, 0.4), 0.3, atol=1e-5)


def test_a_halo_spills_round_an_edge_and_no_farther():
    picture = np.zeros((200, 300, 3), np.float32)
    picture[:, 150:] = 1.0
    seen = haloed(picture, 0.2)
    assert haloed(picture, 0.0) is picture
    assert seen.mean() == pytest.approx(picture.mean(), rel=1e-3)
    # A Gaussian of three pixels: at the edge half of the share, six pixels off a fortieth of it.
    assert seen[100, 149:151, 0].mean() == pytest.approx(0.5, abs=1e-3)
    assert seen[100, 144, 0] == pytest.approx(0.2 * 0.0334, abs=1e-3)
    assert seen[100, 130, 0] < 1e-4


@given(st.floats(-0.3, 0.3))
def test_distortion_keeps_the_corners_and_enlarges_the_centre(amount):
    lens = make_scene("portrait").camera.scaled_to(301, 201)
    factor = undistortion(lens, amount)
    assert factor[0, 0] == pytest.approx(1.0)
    assert factor[-1, -1] == pytest.approx(1.0)
    assert factor[100, 150] == pytest.approx(1.0 - amount)


def test_low_resolution_averages_and_keeps_the_light(jug):
    seen = photographed(jug.plain, jug.scene, Effects(low_resolution=4.0), 8.0, 1 / 125)
    sharp = photographed(jug.plain, jug.scene, Effects(), 8.0, 1 / 125)
    assert seen.alpha.shape == sharp.alpha.shape
    assert seen.alpha.mean() == pytest.approx(sharp.alpha.mean(), rel=0.01)
    steepest = [np.abs(np.diff(a, axis=1)).max() for a in (seen.alpha, sharp.alpha)]
    assert steepest[0] < 0.5 * steepest[1]


def test_varnish_adds_the_same_light_to_every_colour_of_the_subject_alone(jug):
    glossy = jug.under(Gloss(specular=0.04))
    assert np.array_equal(glossy.background, jug.plain.background)
    added = glossy.foreground - jug.plain.foreground
    assert added.min() > -1e-6
    assert added.max() > 0.1
    assert np.ptp(added, axis=2).max() < 1e-5  # lamps are white, and so is their mirror image
    twice = jug.under(Gloss(specular=0.08)).foreground - jug.plain.foreground
    strongest = np.unravel_index(added.argmax(), added.shape)
    assert twice[strongest] / added[strongest] == pytest.approx(0.08 / 0.04, rel=0.05)


def test_bounced_light_grows_with_what_the_planes_reflect(jug):
    halved = tuple(
        dataclasses.replace(
            plane,
            material=dataclasses.replace(
                plane.material, albedo=tuple(a / 2 for a in plane.material.albedo)
            ),
        )
        for plane in jug.scene.planes
    )
    full = jug.under(Gloss(bounce=1.0)).foreground - jug.plain.foreground
    half = jug.under(Gloss(bounce=1.0), halved).foreground - jug.under(None, halved).foreground
    share = jug.under(Gloss(bounce=0.3)).foreground - jug.plain.foreground
    assert full.max() > 0.02
    assert np.abs(half - full / 2).max() < 1e-5
    assert np.abs(share - 0.3 * full).max() < 1e-5


def test_a_point_on_a_wall_cannot_be_lit_by_that_wall(jug):
    bounced = jug.under(Gloss(bounce=1.0))
    assert np.array_equal(bounced.background, jug.plain.background)


def test_large_lamps_blur_the_shadow_and_keep_its_darkness_on_average(jug):
    key = (jug.scene.lights[0],)
    renderer = jug.renderer
    hard, soft = (
        renderer.layers(*SIZE, key, 0.0, gloss).background[..., 1]
        for gloss in (None, Gloss(lamp_radius_m=0.12))
    )
    steps = [np.abs(np.diff(part, axis=1)) for part in (hard, soft)]
    assert np.quantile(steps[1], 0.999) < 0.6 * np.quantile(steps[0], 0.999)
    assert soft.mean() == pytest.approx(hard.mean(), rel=0.02)
    assert (soft <= hard.max() + 1e-6).all()


@given(st.floats(0.0, 1.0))
def test_a_tone_curve_keeps_black_middle_and_white_and_order(amount):
    ramp = np.repeat(SRGB.decode(np.arange(256, dtype=np.uint8))[None, :, None], 3, axis=2)
    still = ShotSettings(1, 1 / 125, 8.0 / 10, 256, 1, 95, 1)  # ISO 1 at f/0.8: hardly any noise
    codes = developed(ramp.astype(np.float32), still, 3, amount)[0, :, 0].astype(int)
    assert codes[0] == 0
    assert codes[255] >= 253
    assert codes[128] == pytest.approx(128, abs=3)
    v = np.arange(256) / 255
    expected = 255 * ((1 - amount) * v + amount * v * v * (3 - 2 * v))
    assert np.abs(codes - expected).max() < 4


def test_effects_are_switched_by_name_and_bad_ones_are_refused():
    effects = Effects()
    for name, (_, largest, _) in EFFECTS.items():
        changed = effects.with_amount(name, largest)
        assert getattr(changed, name.replace("-", "_")) == largest
        assert changed.with_amount(name, 0.0) == effects
    with pytest.raises(UnsupportedError, match="Use one of motion-blur"):
        effects.with_amount("fog", 1.0)
    for amount in (-0.1, 1.1, float("nan")):
        with pytest.raises(SettingRefusedError, match="Use 0 to 1"):
            effects.with_amount("specular", amount)


def test_a_weave_is_a_line_in_the_spectrum_at_its_period():
    scene = make_scene("product")
    wall = scene.planes[1]
    plain = dataclasses.replace(wall.material, contrast=0.0)
    period_px, fx = 10.0, scene.camera.scaled_to(*SIZE).fx

    # Straight before the camera, so that a pixel is as wide everywhere.
    def seen(material):
        plane = dataclasses.replace(wall, normal=(0.0, 0.0, -1.0), offset_m=-2.0, material=material)
        of = dataclasses.replace(scene, planes=(plane,), solids=scene.solids[:1])
        return Renderer(of).layers(*SIZE, (), 1.0).background[:, 5, 1]

    woven = dataclasses.replace(plain, weave_m=period_px * 2.0 / fx, weave_contrast=0.2)
    stripes = seen(woven) / seen(plain) - 1.0
    spectrum = np.abs(np.fft.rfft(stripes))
    assert np.argmax(spectrum) == SIZE[1] / period_px
    assert stripes.max() == pytest.approx(0.2, rel=0.03)


@pytest.fixture(scope="module")
def world():
    return World("product")


def test_truth_lies_in_the_distorted_pixels(world):
    straight = world.truth(*SIZE, 8.0, 1 / 125)
    world.set_effect("distortion", 0.15)
    bent = world.truth(*SIZE, 8.0, 1 / 125)
    world.set_effect("distortion", 0.0)
    assert (straight["solid"] != bent["solid"]).mean() > 0.02
    for truth in (straight, bent):
        certain = np.abs(truth["alpha"] - 0.5) > 0.45
        assert ((truth["alpha"] > 0.5) == truth["solid"])[certain].all()
    grown = bent["solid"].sum() / straight["solid"].sum()
    assert grown == pytest.approx(1 / 0.85**2, rel=0.1)


def test_compression_makes_a_smaller_and_blockier_file(world):
    settings = ShotSettings(100, 1 / 125, 8.0, *SIZE, 95, 1)
    fine = world.photograph(settings)
    world.set_effect("jpeg", 75)
    coarse = world.photograph(settings)
    world.set_effect("jpeg", 0)
    assert len(coarse) < 0.5 * len(fine)
    pixels = cv2.imdecode(np.frombuffer(coarse, np.uint8), cv2.IMREAD_GRAYSCALE).astype(int)
    steps = np.abs(np.diff(pixels, axis=1)).mean(axis=0)
    assert steps[7::8].mean() > 1.3 * steps[3::8].mean()
    assert world.photograph(settings)[-200:] == fine[-200:]


def test_live_pictures_show_effects_too(world):
    settings = ShotSettings(100, 1 / 125, 8.0, *SIZE, 95, 1)

    def corner_and_centre():
        picture = cv2.imdecode(np.frombuffer(world.live_picture(settings), np.uint8), 0)
        return picture[:20, :20].mean(), picture[330:350, 300:400].mean()

    corner, centre = corner_and_centre()
    world.set_effect("vignetting", 2.0)
    darker, same = corner_and_centre()
    world.set_effect("vignetting", 0.0)
    assert darker < 0.7 * corner
    assert same > 0.9 * centre


def test_an_effect_is_set_through_the_control_port(studio):
    of = studio("product")
    plain = of.truth(*SIZE)
    of.set_effect("motion-blur", 2.0)
    try:
        moving = of.truth(*SIZE)
        with pytest.raises(DeviceError, match="cannot be 9"):
            of.set_effect("vignetting", 9)
    finally:
        of.set_effect("motion-blur", 0.0)
    steps = [np.abs(np.diff(truth.alpha, axis=1)).max() for truth in (plain, moving)]
    assert steps[1] < 0.5 * steps[0]
    assert np.array_equal(of.truth(*SIZE).alpha, plain.alpha)
