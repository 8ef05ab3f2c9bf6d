"""What the registration says of each camera pixel, against a traced set."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.registration_truth import maps, scores, sensor_truth, within
from capture.evidence_recipe import fused_evidence
from capture.registration import already_registered, back_project, project, register
from capture.subjects import find_subject
from devices.frames import Calibration, DepthFrame, DepthNoise, Extrinsics, Intrinsics
from devices.simulated.depth_models import SENSOR_MODELS, SimulatedDepth, sensor_view
from devices.simulated.rendering import Renderer
from devices.simulated.scenes import make_scene
from matting.imaging.curves import SRGB
from matting.imaging.pixels import EncodedPicture

MODEL = SENSOR_MODELS["stereo"]
LENS = Intrinsics(300.0, 300.0, 159.5, 119.5, 320, 240)
NOISE = DepthNoise(floor_m=0.001, linear=0.002)


def laid(depth_m, calibration):
    return register(DepthFrame(depth_m.astype(np.float32), None, LENS, NOISE), calibration)


@pytest.fixture(scope="module")
def traced():
    """Return a portrait's exact depth in the camera's pixels, and the truth about them."""
    renderer = Renderer(make_scene("portrait"))
    seen = SimulatedDepth(sensor_view(renderer, MODEL), MODEL).true_depth_m.astype(np.float32)
    calibration = Calibration(renderer.scene.camera, renderer.scene.sensor_to_camera)
    depth = register(DepthFrame(seen, None, MODEL.lens, MODEL.noise), calibration)
    return depth, sensor_truth(renderer, MODEL, *depth.depth_m.shape[::-1])


@pytest.mark.parametrize("sensor", ["stereo", "lidar"])
def test_a_sensor_that_errs_is_wrong_about_what_is_hidden_at_the_border_alone(sensor):
    """Half a pixel of the sensor from it, on a set and with errors that nothing was set on."""
    model, renderer = SENSOR_MODELS[sensor], Renderer(make_scene("green-screen"))
    calibration = Calibration(renderer.scene.camera, renderer.scene.sensor_to_camera)
    view = SimulatedDepth(sensor_view(renderer, model), model, seed=21)
    depth = maps(view, model, calibration)["shot"]
    truth = sensor_truth(renderer, model, *depth.depth_m.shape[::-1])
    depth_within = np.maximum(within(truth.hidden), within(~truth.hidden))
    off_border = truth.in_view & (depth_within > np.nanmedian(depth.footprint_px) / 2)
    precision, recall = scores(depth.hidden, truth.hidden, off_border)
    assert precision > 0.95
    assert recall > 0.95


def test_what_is_hidden_from_the_sensor_is_marked_and_nothing_else(traced):
    depth, truth = traced
    precision, recall = scores(depth.hidden, truth.hidden, truth.in_view)
    assert precision > 0.95
    assert recall > 0.95
    assert not (depth.hidden & np.isfinite(depth.depth_m)).any()


def test_the_width_of_a_sensors_pixel_is_true_to_a_tenth_of_a_pixel(traced):
    depth, truth = traced
    error = np.abs(depth.footprint_px - truth.footprint_px)[~truth.hidden]
    known = error[np.isfinite(error)]
    assert np.percentile(known, 99) < 0.1
    assert np.isfinite(depth.depth_m).sum() == np.isfinite(depth.footprint_px).sum()


def test_a_sensor_at_the_cameras_place_has_nothing_hidden_from_it():
    depth = np.full((240, 320), 3.0)
    depth[80:160, 100:200] = 1.5
    camera = LENS.scaled_to(960, 720)
    seen = laid(depth, Calibration(camera, Extrinsics.identity()))
    assert not seen.hidden.any()
    # The grid's pixels are half as wide as the sensor's.
    assert np.nanmax(np.abs(seen.footprint_px - 2.0)) < 1e-3


@pytest.mark.parametrize(("shift_m", "side"), [((0.1, 0, 0), 1), ((-0.1, 0, 0), -1)])
def test_the_shadow_lies_beside_the_near_thing_as_wide_as_the_parallax(shift_m, side):
    """A point moves by f b / z: the gap is f b (1 / near - 1 / far)."""
    depth = np.full((240, 320), 3.0)
    depth[80:160, 100:200] = 1.5
    # The sensor's points move to the right when the camera stands to its left.
    seen = laid(
        depth, Calibration(LENS.scaled_to(640, 480), Extrinsics(np.eye(3), np.array(shift_m)))
    )
    hidden = np.flatnonzero(seen.hidden[240])
    assert len(hidden) == pytest.approx(600 * 0.1 * (1 / 1.5 - 1 / 3.0), abs=1.5)
    edge = 2 * (99.5 if side > 0 else 199.5) + 0.5 + side * 600 * 0.1 / 1.5
    assert abs((hidden.max() if side > 0 else hidden.min()) - edge) <= 1.5


def test_a_hole_beside_a_near_thing_counts_as_what_is_behind():
    depth = np.full((240, 320), 3.0)
    depth[80:160, 100:200] = 1.5
    shadowed = depth.copy()
    shadowed[80:160, 90:100] = np.nan
    stands = Calibration(LENS.scaled_to(640, 480), Extrinsics(np.eye(3), np.array([0.1, 0, 0])))
    whole, holed = laid(depth, stands).hidden, laid(shadowed, stands).hidden
    assert (whole & ~holed).sum() < 0.02 * whole.sum()


#: The camera stands to the right, so what is hidden lies to the right of the near thing.
BESIDE = Calibration(LENS.scaled_to(640, 480), Extrinsics(np.eye(3), np.array([-0.1, 0, 0])))


def near_square():
    depth = np.full((240, 320), 3.0)
    depth[80:160, 100:200] = 1.5
    return depth


def test_what_straddles_an_edge_is_half_of_either_side():
    mixed = near_square()
    mixed[80:160, 199] = np.nan
    sharp, half = (laid(depth, BESIDE).hidden[200:280] for depth in (near_square(), mixed))
    first, last = (
        np.array([[row.argmax(), 639 - row[::-1].argmax()] for row in hidden]).mean(axis=0)
        for hidden in (sharp, half)
    )
    # Half a pixel of the sensor is one of the grid's.
    assert first - last == pytest.approx(1.0, abs=0.3)


def test_past_a_pole_no_more_is_hidden_than_its_own_width():
    """The camera looks through what the pole hides and out again, into a hole of the map."""
    pole = np.full((240, 320), 3.0)
    pole[:, 100:106] = 1.5
    pole[:, 90:100] = np.nan  # the shadow of stereo
    hidden = laid(pole, BESIDE).hidden[100:380].sum(axis=1)
    assert np.abs(hidden - 2 * 6).max() <= 1


@given(st.dictionaries(st.integers(0, 18), st.integers(203, 209)))
@settings(max_examples=20, deadline=None)
def test_lone_near_readings_beside_a_subject_hide_nothing(teeth):
    """Fattened edges are ragged; what is finer than three pixels is no thing."""
    depth = near_square()
    depth[80:160, 200:203] = np.nan
    ragged = depth.copy()
    for place, column in teeth.items():
        row = 82 + 4 * place
        ragged[row : row + 2, column : column + 2] = 1.5
    smooth, rough = laid(depth, BESIDE).hidden, laid(ragged, BESIDE).hidden
    assert smooth.any()
    assert not (rough & ~smooth).any()


def test_points_seen_through_a_distorted_lens_are_where_they_are():
    lens, bent = LENS.scaled_to(640, 480), (-0.2, 0.08, 0.001, -0.001, 0.0)
    wall = np.full((480, 640), 2.0, np.float32)
    u, v = project(back_project(wall, lens, bent), lens, bent)
    rows, columns = np.indices(wall.shape)
    assert np.abs(u - columns).max() < 0.01
    assert np.abs(v - rows).max() < 0.01
    seen = laid(np.full((240, 320), 2.0), Calibration(lens, Extrinsics.identity(), bent))
    assert np.nanmax(np.abs(seen.points()[..., 2] - 2.0)) < 1e-5
    # A barrel draws the corners in: what lies there is farther out than a pinhole would say.
    straight, bowed = back_project(wall, lens), back_project(wall, lens, bent)
    assert abs(bowed[20, 20, 0]) > 1.02 * abs(straight[20, 20, 0])


def test_a_hidden_part_of_the_subject_is_not_called_background_for_its_place():
    """Its colour and a network speak for it; it lies far from any reading of the subject."""
    rng = np.random.default_rng(0)
    part, subject_at = np.s_[60:180, 250:290], np.s_[60:180, 60:130]
    depth = np.full((240, 320), 3.5, np.float32)
    depth += 0.005 * rng.standard_normal(depth.shape).astype(np.float32)
    depth[subject_at] -= 1.5
    depth[part] = np.nan
    alpha = np.zeros(depth.shape, np.float32)
    alpha[part] = alpha[subject_at] = 0.98
    codes = np.where(alpha[..., None] > 0.5, (150, 90, 50), (90, 110, 140))
    codes = codes + rng.normal(0, 4, codes.shape)
    picture = EncodedPicture(np.rint(codes).astype(np.uint8), SRGB, Path("drawn.png"))
    frame = DepthFrame(depth, None, LENS, DepthNoise(floor_m=0.005))
    depths = already_registered(frame, depth.shape)

    def probability(hidden):
        subject = find_subject(replace(depths, hidden=hidden), [(95 / 320, 0.5)])
        fused = fused_evidence(picture, subject, alpha).probability
        return float(np.median(fused[part]))

    assert probability(np.isnan(depth)) > 0.9
    assert probability(np.zeros(depth.shape, bool)) < 0.5
