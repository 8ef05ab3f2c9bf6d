"""The sets of the simulated studio: each is a plausible photograph with an exact truth."""

import dataclasses
import io
from functools import cache

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from devices.address import SCENES
from devices.simulated.camera_body import ShotSettings
from devices.simulated.depth_models import SENSOR_MODELS, SimulatedDepth, sensor_view
from devices.simulated.exposure import developed, still_jpeg
from devices.simulated.intersection import FAR, meet, write_normal
from devices.simulated.rendering import Renderer, blurred, camera_rays
from devices.simulated.scenes import make_scene
from devices.simulated.solids import Material, Shape, Solid, solid_rows

SIZE = (300, 200)


@cache
def seen(name):
    """Return a set's renderer, its layers and its geometry, small."""
    renderer = Renderer(make_scene(name))
    scene = renderer.scene
    layers = renderer.layers(*SIZE, scene.lights, scene.ambient)
    rays = camera_rays(renderer.lens(*SIZE))
    return renderer, layers, renderer.geometry(rays, SIZE[::-1], np.zeros(3), np.eye(3))


@pytest.mark.parametrize("name", SCENES)
def test_every_set_makes_a_photograph_with_a_solid_subject_and_a_soft_edge(name):
    renderer, sharp, geometry = seen(name)
    scene = renderer.scene
    layers = blurred(sharp, scene, 8.0, 1 / 125)
    settings = ShotSettings(100, 1 / 125, 8.0, *SIZE, 95, 1)
    jpeg = still_jpeg(developed(layers.picture(), settings, 1), settings, 85.0)
    codes = np.asarray(Image.open(io.BytesIO(jpeg)))
    assert codes.shape == (SIZE[1], SIZE[0], 3)
    assert np.median(codes) > 40
    # A table may burn out; of the subject, highlights in polished metal alone.
    assert (codes[geometry.solid].max(axis=1) == 255).mean() < 0.15
    assert 0.0 <= layers.alpha.min() <= layers.alpha.max() <= 1.0
    assert 0.002 < ((layers.alpha > 0.02) & (layers.alpha < 0.98)).mean() < 0.2
    inside = cv2.erode(geometry.solid.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    assert np.median(geometry.depth_m[geometry.solid]) == pytest.approx(scene.subject_m, rel=0.25)
    assert np.isfinite(geometry.depth_m).all()
    if name == "glass":
        assert 0.15 < np.median(sharp.alpha[inside]) < 0.5
    else:
        # But for gaps between a chain's links, which a ray a pixel may miss.
        assert (sharp.alpha[inside] > 0.999).mean() > 0.95
        assert sharp.alpha[~geometry.solid].mean() < 0.1


@pytest.mark.parametrize("kind", SENSOR_MODELS)
@pytest.mark.parametrize("name", SCENES)
def test_every_set_has_a_depth_map(name, kind):
    renderer, _, _ = seen(name)
    model = SENSOR_MODELS[kind]
    sensor = SimulatedDepth(sensor_view(renderer, model), model)
    depth, confidence = sensor.read()
    found = np.isfinite(depth)
    # What lies beyond the LiDAR's five metres gives no return.
    assert found.mean() > (0.3 if name == "full-length" and kind == "lidar" else 0.9)
    assert (confidence[~found] == 0).all()
    # Half of all errors are below 0.67 sigma: in disparity for stereo, in depth for the LiDAR.
    true = sensor.true_depth_m[found].astype(np.float32)
    if model.baseline_m:
        scale, sigma = model.lens.fx * model.baseline_m, model.disparity_sigma_px
        error = np.abs(scale / depth[found] - scale / true)
    else:
        error, sigma = np.abs(depth[found] - true), model.noise.sigma_m(true)
    assert np.median(error / sigma) == pytest.approx(0.67, abs=0.06)


# --- glass ----------------------------------------------------------------------------------------


def carafe_centre(renderer, width, height):
    """Return row and column of the middle of the glass ball."""
    ball = next(s for s in renderer.scene.solids if s.shape == Shape.ELLIPSOID)
    lens, (x, y, z) = renderer.lens(width, height), ball.centre
    return round(y / z * lens.fy + lens.cy), round(x / z * lens.fx + lens.cx)


def pane(wall_m=0.0022, index=1.52, absorption=20.0):
    """Return what a pane of glass reflects and lets through at right angles."""
    once = ((index - 1) / (index + 1)) ** 2
    reflected = 2 * once / (1 + once)
    return reflected, (1 - reflected) * np.exp(-absorption * wall_m)


def test_alpha_of_glass_is_what_fresnel_and_absorption_hold_back():
    renderer, layers, _ = seen("glass")
    _, through = pane()
    row, column = carafe_centre(renderer, *SIZE)
    assert layers.alpha[row, column] == pytest.approx(1 - through**2, abs=0.002)
    # Towards the rim the walls stand on edge: they reflect and absorb more.
    across = layers.alpha[row, column:]
    assert across.max() > 0.6
    assert (np.diff(across[: int(across.argmax())]) > -1e-4).all()


def test_glass_in_an_evenly_white_room_vanishes_but_for_what_it_absorbs():
    white = Material((1.0, 1.0, 1.0))
    scene = make_scene("glass")
    planes = tuple(dataclasses.replace(plane, material=white) for plane in scene.planes)
    renderer = Renderer(dataclasses.replace(scene, planes=planes))
    picture = renderer.layers(*SIZE, (), 1.0).picture()
    reflected, through = pane()
    row, column = carafe_centre(renderer, *SIZE)
    assert picture.max() < 1.0 + 1e-5
    expected = reflected + through * reflected + through**2
    assert picture[row, column] == pytest.approx(expected, abs=0.002)


@pytest.mark.parametrize("kind", SENSOR_MODELS)
def test_depth_sensors_lose_much_of_a_glass_and_mostly_see_through_the_rest(kind):
    renderer, _, _ = seen("glass")
    model = SENSOR_MODELS[kind]
    lens, pose = model.lens, renderer.scene.sensor_to_camera
    where = camera_rays(lens), (lens.height, lens.width), pose.translation_m, pose.rotation
    surface = renderer.geometry(*where)
    behind = renderer.geometry(*where, through_glass=True).depth_m
    inside = cv2.erode(surface.solid.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    inside &= behind - surface.depth_m > 0.1  # where the two can be told apart
    depth = SimulatedDepth(sensor_view(renderer, model), model).read()[0][inside]
    lost = np.isnan(depth)
    assert 0.29 < lost.mean() < 0.77  # the range that a D435 shows
    far = depth[~lost] > (0.5 * (surface.depth_m + behind))[inside][~lost]
    assert far.mean() > 0.5


# --- the other sets -------------------------------------------------------------------------------


def test_two_subjects_stand_at_two_depths_and_overlap():
    _, _, geometry = seen("two-subjects")
    near = geometry.solid & (geometry.depth_m < 2.15)
    far = geometry.solid & ~near
    between = np.median(geometry.depth_m[far]) - np.median(geometry.depth_m[near])
    assert between == pytest.approx(0.6, abs=0.03)
    assert min(near.mean(), far.mean()) > 0.08
    touching = cv2.dilate(near.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    assert (touching & far).sum() > 10


def test_the_green_screen_spills_on_the_edges_of_a_neutral_shirt():
    renderer, layers, _ = seen("green-screen")
    dry = Renderer(dataclasses.replace(renderer.scene, bounce=0.0))
    bare = dry.layers(*SIZE, renderer.scene.lights, renderer.scene.ambient)
    rows = slice(round(0.9 * SIZE[1]), None)  # below the neck there is only the grey shirt
    solid = layers.alpha[rows] > 0.999
    outline = solid & (cv2.erode(solid.astype(np.uint8), np.ones((1, 3), np.uint8)) == 0)
    middle = cv2.erode(solid.astype(np.uint8), np.ones((1, 61), np.uint8)) > 0

    def green_over_red(part, where):
        light = part.foreground[rows][where]
        return float((light[:, 1] / light[:, 0]).mean())

    assert green_over_red(bare, outline) == pytest.approx(1.0, abs=1e-3)
    assert green_over_red(layers, middle) == pytest.approx(1.0, abs=0.02)
    assert green_over_red(layers, outline) > 1.05


def test_clutter_and_white_change_the_set_and_not_the_truth():
    for plain, hard in (("portrait", "clutter"), ("product", "white-on-white")):
        assert np.array_equal(seen(plain)[1].alpha, seen(hard)[1].alpha)
    calm, busy = (
        np.abs(np.diff(seen(name)[1].background, axis=1)).mean() for name in ("portrait", "clutter")
    )
    assert busy > 5 * calm


def test_nothing_white_on_white_has_a_hue():
    picture = seen("white-on-white")[1].picture()
    assert (np.ptp(picture, axis=2) < 0.03 * picture.max(axis=2)).all()


def test_jewellery_is_tiny_and_mirrors_lamps_brighter_than_anything_matt():
    _, layers, geometry = seen("jewellery")
    assert 0.005 < geometry.solid.mean() < 0.03
    assert layers.foreground.max() > 2 * layers.background.max()


def test_the_full_length_figure_stands_on_the_floor():
    renderer, _, geometry = seen("full-length")
    lens = renderer.lens(*SIZE)
    rows, columns = np.nonzero(geometry.solid)
    lowest = rows.argmax()
    row, column = rows[lowest], columns[lowest]
    floor = renderer.scene.planes[1]
    depth = geometry.depth_m[row, column]
    height_above = -floor.offset_m - depth * (row - lens.cy) / lens.fy
    assert 0.0 <= height_above < 0.02
    top = -geometry.depth_m[rows.min(), columns[rows.argmin()]] * (rows.min() - lens.cy) / lens.fy
    assert 1.6 < top - floor.offset_m < 1.9


def test_fur_is_tens_of_thousands_of_hairs_thinner_than_a_pixel():
    renderer, layers, geometry = seen("fur")
    strands = renderer.scene.strands
    assert len(strands.points) > 50_000
    lens = renderer.lens(1504, 1000)
    assert (2 * strands.radii_m * lens.fx / strands.points[:, 0, 2] < 1.0).all()
    # The coat reaches beyond the bodies, and is nowhere solid at its outer end.
    coat = layers.alpha[~geometry.solid]
    assert (coat > 0.02).mean() > 0.04


# --- shapes ---------------------------------------------------------------------------------------


def distance_to(shape, size, point):
    """Return how far a local point is from the shape's surface; negative inside a closed one."""
    x, y, z = point
    flat = np.hypot(x, z)
    if shape == Shape.CAPSULE:
        return np.sqrt(flat**2 + max(abs(y) - size[1], 0.0) ** 2) - size[0]
    if shape == Shape.TUBE:
        return np.hypot(flat - size[0], max(abs(y) - size[1], 0.0))
    over = np.abs(point) - size
    return np.linalg.norm(np.maximum(over, 0.0)) + min(over.max(), 0.0)


axis = st.floats(-1.0, 1.0)


@given(
    st.sampled_from([Shape.CAPSULE, Shape.TUBE, Shape.BOX]),
    st.tuples(axis, axis, st.floats(-3.0, -1.5)),
    st.tuples(axis, axis, st.just(1.0)),
)
def test_a_ray_meets_the_first_surface_on_its_way(shape, start, way):
    size = (0.4, 0.5, 0.3)
    row = solid_rows(
        dataclasses.replace(
            make_scene("product"), solids=(Solid(shape, (0, 0, 0), size, Material((1, 1, 1))),)
        )
    )[0]
    origin, ray = np.array(start), np.array(way)
    t = meet(row, origin, ray)
    until = np.linspace(0.0, min(t, 6.0), 200, endpoint=False)
    gaps = [distance_to(shape, size, origin + s * ray) for s in until]
    assert min(gaps) > -1e-9
    if t < FAR:
        point = origin + t * ray
        assert distance_to(shape, size, point) == pytest.approx(0.0, abs=1e-6)
        normal = np.empty(3)
        write_normal(row, point, normal)
        assert np.linalg.norm(normal) == pytest.approx(1.0)
    else:
        # A grazed surface may be missed by a rounding error, no more.
        assert min(gaps) > 1e-9 or shape == Shape.TUBE
