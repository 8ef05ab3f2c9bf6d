"""Depth from the sensor's pixels to the subject in the camera's."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from capture.depth_filtering import (
    filtered,
    flying_pixels,
    range_3x3,
    scatter,
    temporal_median,
    without_steps,
)
from capture.depth_smoothing import smoothed
from capture.metering.normals import surface_normals
from capture.planes import find_planes
from capture.registration import already_registered, project, register
from capture.subjects import find_each, find_subject
from devices.frames import Calibration, DepthFrame, DepthNoise, Extrinsics, Intrinsics
from matting.imaging.errors import MismatchError

LENS = Intrinsics(300.0, 300.0, 159.5, 119.5, 320, 240)
NOISE = DepthNoise(floor_m=0.001, linear=0.002)


def frame(depth, confidence=None, noise=NOISE, lens=LENS):
    return DepthFrame(np.asarray(depth, np.float32), confidence, lens, noise)


def wall_with_ball(radius=0.3, ball_m=2.0, wall_m=3.5, lens=LENS):
    """Exact depth of a ball before a wall."""
    v, u = np.mgrid[: lens.height, : lens.width].astype(float)
    ray = np.dstack([(u - lens.cx) / lens.fx, (v - lens.cy) / lens.fy, np.ones_like(u)])
    a = (ray**2).sum(-1)
    b = -2 * ball_m * ray[..., 2]
    disc = b * b - 4 * a * (ball_m**2 - radius**2)
    hit = disc > 0
    depth = np.full(u.shape, wall_m)
    depth[hit] = ((-b - np.sqrt(np.maximum(disc, 0))) / (2 * a))[hit]
    return depth.astype(np.float32), hit


def test_median_of_frames_lowers_the_noise_by_what_it_says():
    rng = np.random.default_rng(1)
    sigma = float(NOISE.sigma_m(np.float32(2.0)))
    frames = [frame(2.0 + sigma * rng.standard_normal((120, 160))) for _ in range(15)]
    result = temporal_median(frames)
    assert np.std(result.depth_m) == pytest.approx(
        float(result.noise.sigma_m(np.float32(2.0))), rel=0.05
    )


def test_median_keeps_a_hole_that_most_frames_have():
    maps = [np.full((4, 4), 1.0) for _ in range(5)]
    for k in range(3):
        maps[k][0, 0] = np.nan
    maps[0][1, 1] = np.nan
    result = temporal_median([frame(m) for m in maps]).depth_m
    assert np.isnan(result[0, 0])
    assert result[1, 1] == 1.0


@given(st.lists(st.floats(0.5, 5.0, width=32), min_size=1, max_size=9))
def test_median_of_what_scatters_within_its_noise_is_numpys(readings):
    coarse = DepthNoise(floor_m=5.0)
    frames = [frame(np.full((2, 2), z), noise=coarse) for z in readings]
    assert temporal_median(frames).depth_m[0, 0] == pytest.approx(np.median(readings), rel=1e-6)


def test_median_refuses_frames_of_different_size():
    with pytest.raises(MismatchError):
        temporal_median([frame(np.ones((4, 4))), frame(np.ones((4, 5)))])


def test_range_ignores_holes_and_is_nan_only_without_any_reading():
    depth = np.full((5, 7), np.nan, np.float32)
    depth[0, 0], depth[1, 1] = 1.0, 1.5
    span = range_3x3(depth)
    assert span[0, 0] == pytest.approx(0.5)
    assert np.isnan(span[4, 6])


def test_what_moved_takes_the_newest_reading_and_what_stays_the_median():
    rng = np.random.default_rng(6)
    sigma = float(NOISE.sigma_m(np.float32(2.0)))
    maps = [2.0 + sigma * rng.standard_normal((60, 80)) for _ in range(7)]
    maps[-1][20:40, 20:40] -= 0.5
    maps[-1][20:40, 50:60] = np.nan
    result = temporal_median([frame(m) for m in maps])
    inside, gone = np.s_[21:39, 21:39], np.s_[21:39, 51:59]
    np.testing.assert_allclose(result.depth_m[inside], maps[-1][inside], rtol=1e-6)
    assert np.isnan(result.depth_m[gone]).all()
    still = np.ones((60, 80), bool)
    still[18:42, 18:62] = False
    np.testing.assert_allclose(result.depth_m[still], np.median(maps, axis=0)[still], rtol=1e-6)
    # A single reading is worth less than a median by the square of their noise.
    share = result.confidence[30, 30] / result.confidence[5, 5]
    assert share == pytest.approx((result.noise.linear / NOISE.linear) ** 2, rel=1e-4)


def test_one_stray_reading_in_the_newest_frame_is_no_motion():
    maps = [np.full((9, 9), 2.0) for _ in range(5)]
    maps[-1][4, 4] = 1.0
    assert temporal_median([frame(m) for m in maps]).depth_m[4, 4] == 2.0


def test_a_sensor_noisier_than_it_says_does_not_move_all_the_time():
    rng = np.random.default_rng(7)
    maps = [2.0 + 0.05 * rng.standard_normal((60, 80)) for _ in range(7)]  # ten times as noisy
    result = temporal_median([frame(m) for m in maps]).depth_m
    assert (result == np.median(maps, axis=0).astype(np.float32)).mean() > 0.99


def test_a_reading_that_hangs_between_two_surfaces_flies_and_its_neighbours_and_slopes_do_not():
    step = np.full((9, 20), 1.0, np.float32)
    step[:, 10:], step[:, 9] = 2.0, 1.4
    at_rim = step.copy()
    at_rim[:, 10:] = np.nan
    sigma = np.full_like(step, 0.005)
    for depth in (step, at_rim):
        assert flying_pixels(depth, sigma)[:, 9].all()
        assert not np.delete(flying_pixels(depth, sigma), 9, axis=1).any()
    table = np.tile(np.geomspace(1.0, 3.0, 20, dtype=np.float32), (9, 1))
    assert not flying_pixels(table, sigma).any()


def test_smoothing_halves_the_noise_and_leaves_steps_slopes_and_holes_as_they_are():
    rng = np.random.default_rng(8)
    true = np.tile(np.linspace(2.0, 2.3, 80), (60, 1))
    true[:, 40:] += 0.3
    sigma = np.full(true.shape, 0.01, np.float32)
    noisy = (true + 0.01 * rng.standard_normal(true.shape)).astype(np.float32)
    noisy[rng.random(true.shape) < 0.1] = np.nan
    smooth = smoothed(noisy, sigma)
    assert np.array_equal(np.isnan(smooth), np.isnan(noisy))
    error = smooth - true
    assert np.nanstd(error) < 0.5 * np.nanstd(noisy - true)
    assert abs(np.nanmean(error[:, 38:42])) < 0.002
    bias = np.abs(smoothed(true.astype(np.float32), sigma) - true)[:, 4:-4]
    assert np.delete(bias, np.s_[32:40], axis=1).max() < 1e-4
    assert bias.max() < 0.01 / 3  # beside the step, where one side of the slope is missing


def test_a_doubtful_reading_bends_its_neighbours_less():
    depth = np.full((9, 9), 2.0, np.float32)
    depth[4, 4] = 2.02
    sigma, sure = np.full_like(depth, 0.01), np.ones_like(depth)
    doubtful = sure.copy()
    doubtful[4, 4] = 0.2
    bent, less = (smoothed(depth, sigma, c)[4, 5] - 2.0 for c in (sure, doubtful))
    assert 0 < less < 0.4 * bent


def test_filtering_states_no_less_noise_than_is_left():
    rng = np.random.default_rng(9)
    noise = [cv2.GaussianBlur(rng.standard_normal((120, 160)), (0, 0), 0.8) for _ in range(7)]
    sigma = float(NOISE.sigma_m(np.float32(2.0)))
    result = filtered([frame(2.0 + sigma * n / n.std()) for n in noise])
    left, stated = np.std(result.depth_m), float(result.noise.sigma_m(np.float32(2.0)))
    assert left < 0.6 * stated
    assert stated < 0.5 * sigma


def test_both_sides_of_a_step_become_unknown_and_a_slope_stays():
    step = np.full((9, 20), 1.0, np.float32)
    step[:, 10:] = 2.0
    step[:, 10] = 1.5
    cleaned = without_steps(step, np.full_like(step, 0.005))
    assert np.isnan(cleaned[:, 9:12]).all()
    assert np.isfinite(cleaned[:, :8]).all()
    slope = np.tile(np.linspace(1.0, 1.1, 20, dtype=np.float32), (9, 1))
    assert np.isfinite(without_steps(slope, np.full_like(slope, 0.003))).all()


def test_registration_by_the_identity_changes_nothing_but_the_edges():
    depth, _ = wall_with_ball()
    same = register(frame(depth), Calibration(LENS, Extrinsics.identity()))
    seen = np.isfinite(same.depth_m)
    assert same.depth_m.shape == depth.shape
    assert seen.mean() > 0.97
    assert np.allclose(same.depth_m[seen], depth[seen], atol=2e-4)


def test_registration_moves_a_wall_by_the_parallax_and_keeps_its_distance():
    baseline = 0.1
    camera = Intrinsics(900.0, 900.0, 479.5, 359.5, 960, 720)
    shift = Extrinsics(np.eye(3), np.array([baseline, 0.0, 0.0]))
    depth = np.full((240, 320), 2.0, np.float32)
    depth[100:140, 150:180] = np.nan
    moved = register(frame(depth), Calibration(camera, shift)).depth_m
    scale = moved.shape[1] / 320
    middle = moved[moved.shape[0] // 2]
    inner = slice(round(40 * scale), round(300 * scale))
    columns = (np.flatnonzero(np.isnan(middle[inner])) + inner.start + 0.5) / scale - 0.5
    # A point at 2 m moves by f b / z = 15 px of the 300 px lens.
    assert abs(columns.mean() - (164.5 + 15)) <= 1.0
    assert np.nanmax(np.abs(moved - 2.0)) < 1e-5


@given(st.floats(-0.3, 0.3), st.floats(-0.1, 0.1), st.floats(-2e-3, 2e-3), st.floats(-2e-3, 2e-3))
def test_a_distorted_lens_puts_points_where_opencv_does(k1, k2, p1, p2):
    rng = np.random.default_rng(5)
    points = rng.uniform((-0.5, -0.4, 1.0), (0.5, 0.4, 3.0), (50, 3)).astype(np.float32)
    matrix = np.array([[LENS.fx, 0, LENS.cx], [0, LENS.fy, LENS.cy], [0, 0, 1]])
    bent = (k1, k2, p1, p2, 0.0)
    u, v = project(points, LENS, bent)
    told, _ = cv2.projectPoints(points.astype(float), np.zeros(3), np.zeros(3), matrix, bent)
    assert np.abs(np.column_stack([u, v]) - told[:, 0]).max() < 0.01


def test_what_a_distortion_would_fold_back_into_the_frame_is_no_point():
    far = np.array([[1.9, 0.0, 1.0], [0.1, 0.0, 1.0]], np.float32)
    u, _ = project(far, LENS, (-0.25, 0.0, 0.0, 0.0, 0.0))
    assert np.isnan(u[0])
    assert np.isfinite(u[1])


def test_registration_through_a_distorted_lens_is_exact_to_a_tenth_of_a_depth_pixel():
    """On a wall that runs away, the depth of a place tells how far it has been moved."""
    camera = Intrinsics(900.0, 900.0, 479.5, 359.5, 960, 720)
    bent = (-0.15, 0.05, 0.001, 0.0, 0.0)
    shift = np.array([0.1, 0.02, 0.0])
    tilt = 0.8  # z = 2 + 0.8 x, in the sensor's frame
    columns = (np.arange(320) - LENS.cx) / LENS.fx
    depth = np.tile(2.0 / (1.0 - tilt * columns), (240, 1))
    moved = register(frame(depth), Calibration(camera, Extrinsics(np.eye(3), shift), bent))
    lens = moved.intrinsics
    matrix = np.array([[lens.fx, 0, lens.cx], [0, lens.fy, lens.cy], [0, 0, 1]])
    v, u = (axis.astype(float) for axis in np.indices(moved.depth_m.shape))
    criteria = (cv2.TERM_CRITERIA_COUNT + cv2.TERM_CRITERIA_EPS, 100, 1e-12)
    rays = cv2.undistortPoints(
        np.dstack([u, v]).reshape(-1, 1, 2), matrix, np.array(bent), P=matrix, criteria=criteria
    )
    x = (rays[:, 0, 0].reshape(u.shape) - lens.cx) / lens.fx
    true = (2.0 - tilt * shift[0]) / (1.0 - tilt * x)
    slope = np.gradient(true, axis=1)
    off_px = np.abs(moved.depth_m - true) / slope * LENS.fx / lens.fx
    seen = np.isfinite(off_px)
    assert seen.mean() > 0.5
    assert off_px[seen].max() < 0.1


def test_the_nearer_surface_hides_the_farther():
    depth, hit = wall_with_ball()
    shift = Extrinsics(np.eye(3), np.array([0.15, 0.0, 0.0]))
    moved = register(frame(depth), Calibration(LENS, shift)).depth_m
    truth, on_ball = wall_with_ball()
    # The ball moves right by f b / z = about 24 px; its middle must still be ball, not wall.
    row = moved[120]
    centre = 160 + int(300 * 0.15 / 1.7)
    assert row[centre] < 2.0
    assert hit.any()
    assert on_ball.any()
    assert truth.shape == depth.shape


def test_registration_refuses_relative_depth_and_missing_intrinsics():
    calibration = Calibration(LENS, Extrinsics.identity())
    relative = DepthFrame(np.ones((240, 320), np.float32), None, LENS, NOISE, metric=False)
    with pytest.raises(MismatchError, match="relative"):
        register(relative, calibration)
    with pytest.raises(MismatchError, match="intrinsics"):
        register(DepthFrame(np.ones((240, 320), np.float32), None, None, NOISE), calibration)


def test_a_registered_map_must_have_the_pictures_proportions():
    with pytest.raises(MismatchError, match="does not fit"):
        already_registered(frame(np.ones((240, 320))), (1000, 1500))
    assert already_registered(frame(np.ones((240, 320))), (480, 640)).depth_m.shape == (240, 320)


def test_planes_are_found_where_they_are_under_noise():
    rng = np.random.default_rng(3)
    depth, hit = wall_with_ball()
    noisy = depth + NOISE.sigma_m(depth) * rng.standard_normal(depth.shape).astype(np.float32)
    planes, on_plane = find_planes(already_registered(frame(noisy), depth.shape))
    assert len(planes) == 1
    assert planes[0].offset_m == pytest.approx(3.5, abs=0.01)
    assert planes[0].normal == pytest.approx([0.0, 0.0, -1.0], abs=0.01)
    assert on_plane[~hit].mean() > 0.97
    assert on_plane[hit].mean() < 0.01


@pytest.mark.parametrize("points", [(), ((0.5, 0.5),)])
def test_the_subject_is_the_ball_and_its_distance_is_measured(points):
    rng = np.random.default_rng(4)
    depth, hit = wall_with_ball()
    noisy = depth + NOISE.sigma_m(depth) * rng.standard_normal(depth.shape).astype(np.float32)
    found = find_subject(already_registered(frame(noisy), depth.shape), points)
    # The ball's steep rim is left unknown; what is called subject or background is so.
    assert (found.subject & hit).sum() > 0.8 * hit.sum()
    assert not (found.subject & ~hit).any()
    assert (found.background & hit).sum() < 0.005 * hit.sum()
    assert (found.background & ~hit).sum() > 0.95 * (~hit).sum()
    assert found.distance_m == pytest.approx(np.median(depth[found.subject]), abs=0.005)


def test_a_point_beside_every_subject_is_an_error_and_so_is_an_empty_set():
    depth, _ = wall_with_ball()
    with pytest.raises(MismatchError, match="no object there"):
        find_subject(already_registered(frame(depth), depth.shape), [(0.05, 0.05)])
    flat = already_registered(frame(np.full((240, 320), 3.0)), (240, 320))
    with pytest.raises(MismatchError, match="nothing stands out"):
        find_subject(flat)


def test_normals_of_a_ball_point_away_from_its_centre():
    depth, hit = wall_with_ball(radius=0.5)
    registered = already_registered(frame(depth), depth.shape)
    normals = surface_normals(registered, hit, smoothing_px=1.5)
    centre = np.array([0.0, 0.0, 2.0])
    truth = registered.points() - centre
    truth /= np.linalg.norm(truth, axis=-1, keepdims=True)
    seen = np.isfinite(normals[..., 0])
    cosine = (normals[seen] * truth[seen]).sum(-1)
    assert seen.sum() > 0.5 * hit.sum()
    assert np.degrees(np.arccos(np.clip(np.median(cosine), -1, 1))) < 3.0


def figure_before_wall(head_m, body_m=2.0, wall_m=3.5):
    """Return depth of a head on a body, and where the two are."""
    depth = np.full((LENS.height, LENS.width), wall_m, np.float32)
    head, body = np.zeros(depth.shape, bool), np.zeros(depth.shape, bool)
    head[60:110, 135:185], body[110:200, 110:210] = True, True
    depth[head], depth[body] = head_m, body_m
    return depth, head, body


@pytest.mark.parametrize("wanted", ["central", "nearest", "all"])
def test_a_step_under_the_chin_does_not_behead(wanted):
    depth, head, body = figure_before_wall(head_m=1.9)
    found = find_subject(already_registered(frame(depth), depth.shape), wanted).subject
    assert found[head].mean() > 0.9
    assert found[body].mean() > 0.9
    assert not found[~(head | body)].any()


def test_what_stands_clearly_before_another_thing_is_not_its_part():
    depth, head, body = figure_before_wall(head_m=1.6)
    registered = already_registered(frame(depth), depth.shape)
    found = find_subject(registered).subject
    assert found[body].mean() > 0.9
    assert not found[head].any()
    assert len(find_each(registered, "all")) == 2


def test_beside_the_subject_is_what_a_narrow_gap_parts_from_it_at_its_distance():
    depth = np.full((LENS.height, LENS.width), 3.5, np.float32)
    depth[60:180, 120:200] = 2.0
    near, far, deeper = np.s_[100:120, 206:226], np.s_[100:120, 250:270], np.s_[150:170, 206:226]
    depth[near], depth[far], depth[deeper] = 2.05, 2.05, 2.6
    point = [(160 / LENS.width, 120 / LENS.height)]
    found = find_subject(already_registered(frame(depth), depth.shape), point)
    assert not found.subject[near].any()
    assert found.beside[near].mean() > 0.7
    assert not found.beside[far].any()
    assert not found.beside[deeper].any()
    assert not (found.beside & found.subject).any()


def test_relative_depth_is_not_filtered_in_metres():
    depth = np.tile(np.repeat(np.float32([1.0, 1.4, 2.0]), (9, 1, 10)), (9, 1))
    ranked = DepthFrame(depth, None, LENS, NOISE, metric=False)
    assert filtered([ranked]) is ranked
    assert np.isnan(filtered([frame(depth)]).depth_m[:, 9]).all()


@pytest.mark.parametrize("times", [0.5, 1.0, 4.0])
def test_scatter_is_the_noise_over_what_is_stated_on_slopes_and_past_edges(times):
    rng = np.random.default_rng(2)
    depth = 2.0 + np.linspace(0, 1, 320)[None, :] * np.ones((240, 1))
    depth[60:180, 100:200] -= 0.7
    depth += times * 0.01 * rng.standard_normal(depth.shape)
    depth[rng.random(depth.shape) < 0.1] = np.nan
    measured = scatter(depth.astype(np.float32), np.full(depth.shape, 0.01, np.float32))
    assert measured == pytest.approx(times, rel=0.08)


def test_no_reading_scatters_not_at_all():
    assert scatter(np.full((9, 20), np.nan, np.float32), np.ones((9, 20), np.float32)) == 0.0


def test_a_sensor_four_times_noisier_than_it_says_shows_as_much_as_one_that_says_so():
    depth, ball = wall_with_ball()
    noise = cv2.GaussianBlur(np.random.default_rng(3).standard_normal(depth.shape), (0, 0), 1.5)
    noise *= 0.03 / noise.std()

    def overlap(stated_m):
        seen = frame(depth + noise, noise=DepthNoise(floor_m=stated_m))
        found = find_subject(already_registered(seen, depth.shape)).subject
        return (found & ball).sum() / (found | ball).sum()

    assert overlap(0.03 / 4) > 0.95 * overlap(0.03) > 0.8
