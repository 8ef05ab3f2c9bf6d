"""Which readings are the subject: by word, by the empty set, at smeared steps, behind glass."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from capture.glass import missing_region
from capture.registration import already_registered
from capture.relief import joined_at_relief
from capture.subjects import _with_uncontested, find_each, find_subject
from devices.frames import DepthFrame, DepthNoise, Intrinsics
from matting.imaging.errors import MismatchError

WIDTH, HEIGHT = 320, 240
LENS = Intrinsics(300.0, 300.0, 159.5, 119.5, WIDTH, HEIGHT)
WALL_M = 3.5
#: Left, top, right, bottom in pixels, and distance: a near one aside, a far one in the middle.
NEAR, FAR = ((20, 80, 90, 200), 1.5), ((130, 70, 210, 190), 2.2)
SPECK = ((260, 30, 275, 42), 1.0)


def registered(depth, seed=1):
    rng = np.random.default_rng(seed)
    noise = DepthNoise(floor_m=0.002)
    depth = np.asarray(depth + 0.002 * rng.standard_normal(depth.shape), np.float32)
    return already_registered(DepthFrame(depth, None, LENS, noise), depth.shape)


def before_wall(*boxes):
    depth = np.full((HEIGHT, WIDTH), WALL_M)
    for (left, top, right, bottom), distance_m in boxes:
        depth[top:bottom, left:right] = distance_m
    return depth


def within(box):
    (left, top, right, bottom), _ = box
    mask = np.zeros((HEIGHT, WIDTH), bool)
    mask[top:bottom, left:right] = True
    return mask


def overlap(found, *boxes):
    """Return the intersection of what was found with the boxes, over their union."""
    true = np.any([within(box) for box in boxes], axis=0)
    return (found & true).sum() / (found | true).sum()


@pytest.mark.parametrize(
    ("word", "boxes"), [("central", [FAR]), ("nearest", [NEAR]), ("all", [NEAR, FAR])]
)
def test_a_word_chooses_among_the_large_things_and_no_speck(word, boxes):
    found = find_subject(registered(before_wall(NEAR, FAR, SPECK)), word)
    assert overlap(found.subject, *boxes) > 0.93


def test_each_subject_comes_alone_and_the_nearest_first():
    near, far = find_each(registered(before_wall(FAR, NEAR)), "all")
    assert (near.distance_m, far.distance_m) == pytest.approx((1.5, 2.2), abs=0.005)
    assert overlap(near.subject, NEAR) > 0.93
    assert overlap(far.subject, FAR) > 0.93


# --- the empty set -------------------------------------------------------------------------------


def stairs():
    """Return a set whose surfaces are no plane: steps that lead away from the camera."""
    return np.broadcast_to(2.4 + 0.1 * (np.arange(WIDTH) // 20), (HEIGHT, WIDTH)).copy()


def test_the_empty_set_tells_what_has_come_where_planes_cannot():
    standing = stairs()
    standing[within(FAR)] = 2.2
    found = find_subject(registered(standing), empty=registered(stairs(), seed=2))
    assert overlap(found.subject, FAR) > 0.93


def test_nothing_has_come_before_the_empty_set():
    with pytest.raises(MismatchError, match="nothing stands out"):
        find_subject(registered(stairs()), empty=registered(stairs(), seed=2))


def test_the_empty_sets_depth_must_be_of_the_same_size():
    smaller = already_registered(
        DepthFrame(np.full((120, 160), WALL_M, np.float32), None, None, DepthNoise(0.002)),
        (HEIGHT, WIDTH),
    )
    with pytest.raises(MismatchError, match="160x120"):
        find_subject(registered(before_wall(FAR)), empty=smaller)


# --- slopes --------------------------------------------------------------------------------------


def side_by_side(step_m, ramp_px=6):
    """Return two boxes that touch, the left one nearer by a step that stereo has smeared."""
    depth = before_wall(((60, 60, 160, 180), 2.0), ((160, 60, 260, 180), 2.0 + step_m))
    middle = slice(160 - ramp_px // 2, 160 + ramp_px // 2)
    depth[60:180, middle] = np.linspace(2.0, 2.0 + step_m, ramp_px)
    return depth


def test_a_smeared_step_parts_two_things():
    step_m = 0.6
    found = find_subject(registered(side_by_side(step_m)), [(110 / WIDTH, 0.5)])
    assert found.subject[70:170, 66:150].mean() > 0.97
    assert not found.subject[:, 170:].any()


def test_the_step_between_a_chin_and_a_neck_parts_nothing():
    found = find_subject(registered(side_by_side(0.04, ramp_px=2)), [(110 / WIDTH, 0.5)])
    assert found.subject[70:170, 66:254].mean() > 0.97


@given(st.floats(0.0, 3.0), st.floats(0.5, 4.0))
def test_pieces_are_joined_by_a_small_step_and_parted_by_a_large_one(step, distance):
    cores = np.zeros((20, 22), np.int32)
    cores[:, :10], cores[:, 12:] = 1, 2
    labels = cores.copy()
    labels[:, 10], labels[:, 11] = 1, 2
    size_m = np.sqrt(220) / LENS.fx * distance
    depth = np.where(cores == 2, distance + step * size_m, distance).astype(np.float32)
    joined = len(np.unique(joined_at_relief(labels, cores, depth, LENS.fx))) == 1
    if abs(step * size_m - max(0.45 * size_m, 0.025 * distance)) > 1e-4:
        assert joined == (step * size_m < max(0.45 * size_m, 0.025 * distance))


def test_things_that_touch_at_a_corner_alone_stay_two():
    cores = np.zeros((20, 20), np.int32)
    cores[:10, :10], cores[9:, 10:] = 1, 2
    same = np.full(cores.shape, 2.0, np.float32)
    np.testing.assert_array_equal(joined_at_relief(cores, cores, same, LENS.fx), cores)


# --- glass ---------------------------------------------------------------------------------------


def with_hole(hole):
    depth = before_wall()
    depth[within((hole, 0.0))] = np.nan
    return depth


HOLE = (140, 90, 170, 140)


def test_a_hole_under_the_point_is_the_subject_as_a_whole_and_is_told():
    found = find_subject(registered(with_hole(HOLE)), [(155 / WIDTH, 115 / HEIGHT)])
    assert not found.subject.any()
    assert found.glass[within((HOLE, 0.0))].mean() > 0.95
    assert (found.glass & ~within((HOLE, 0.0))).sum() < 0.5 * within((HOLE, 0.0)).sum()
    assert len(found.notes) == 1
    assert "depth is missing" in found.notes[0]


def test_readings_that_the_hole_encloses_belong_to_it():
    depth = with_hole(HOLE).astype(np.float32)
    depth[110:120, 150:160] = WALL_M
    region = missing_region(depth, (155 / WIDTH, 115 / HEIGHT), 0.04)
    assert region is not None
    assert region[110:120, 150:160].all()


@given(st.floats(0.0, 0.999), st.floats(0.0, 0.999))
def test_a_map_without_a_hole_shows_no_glass_anywhere(x, y):
    assert missing_region(before_wall(FAR).astype(np.float32), (x, y), 0.04) is None


def test_a_hole_far_from_the_point_is_not_meant():
    depth = with_hole(HOLE).astype(np.float32)
    assert missing_region(depth, (0.1, 0.1), 0.04) is None
    with pytest.raises(MismatchError, match="no object there"):
        find_subject(registered(depth), [(0.1, 0.1)])


def test_a_hole_in_a_thing_that_is_pointed_at_takes_nothing_away_from_it():
    depth = before_wall(FAR)
    depth[110:150, 160:180] = np.nan
    found = find_subject(registered(depth), [(150 / WIDTH, 130 / HEIGHT)])
    assert overlap(found.subject | found.glass, FAR) > 0.85


def test_what_hangs_on_one_piece_is_its_own_and_what_hangs_on_two_is_nobodys() -> None:
    standing = np.zeros((20, 60), bool)
    standing[5:15, 5:15] = standing[9:11, 15:30] = True  # a body and its handle
    standing[5:15, 35:42] = standing[5:15, 50:57] = standing[9:11, 42:50] = True  # a bridge
    pieces = np.zeros(standing.shape, np.int32)
    pieces[5:15, 5:15], pieces[5:15, 35:42], pieces[5:15, 50:57] = 1, 2, 3
    found = _with_uncontested(pieces, standing)
    assert (found[9:11, 15:30] == 1).all()
    assert (found[9:11, 42:50] == 0).all()
    np.testing.assert_array_equal(found[pieces > 0], pieces[pieces > 0])
