"""What depth tells of camera and subject: pose, overlap, depth of field."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from capture.metering.depth_of_field import DepthExtent, depth_of_field, diffraction_limit_f
from capture.metering.order_in_depth import order_in_depth
from capture.metering.overlap import overlap
from capture.metering.pose import camera_pose
from capture.planes import Plane


def ground_seen(roll, pitch):
    """Return level ground 1 m below a camera turned clockwise by `roll`, looking down `pitch`."""
    p, r = math.radians(pitch), math.radians(roll)
    up = np.array([0.0, -math.cos(p), -math.sin(p)])
    # Turning the camera clockwise turns what it sees anticlockwise (y points down).
    x = up[0] * math.cos(r) + up[1] * math.sin(r)
    y = -up[0] * math.sin(r) + up[1] * math.cos(r)
    return Plane(np.array([x, y, up[2]]), 1.0)


@given(st.floats(-40, 40), st.floats(-5, 45))
def test_the_pose_comes_back_from_the_ground(roll, pitch):
    wall = Plane(np.array([0.0, 0.0, -1.0]), 3.0)
    pose = camera_pose((wall, ground_seen(roll, pitch)))
    assert pose.pitch_degrees == pytest.approx(pitch, abs=1e-6)
    assert pose.roll_degrees == pytest.approx(roll, abs=1e-6)


def test_without_ground_there_is_no_pose():
    assert camera_pose(()) is None
    assert camera_pose((Plane(np.array([0.0, 0.0, -1.0]), 3.0),)) is None


def set_with(occluder_m):
    depth = np.full((200, 300), 3.0, np.float32)
    subject = np.zeros((200, 300), bool)
    subject[40:200, 100:200] = True
    depth[subject] = 2.0
    front = np.zeros_like(subject)
    front[120:160, 60:130] = True
    if occluder_m:
        depth[front] = occluder_m
        subject &= ~front
    return depth, np.full_like(depth, 0.004), subject, ~subject


def test_something_nearer_beside_the_edge_overlaps_and_what_is_behind_does_not():
    found = overlap(*set_with(1.5))
    assert found.nearer_m == pytest.approx(0.5, abs=0.01)
    assert "left" in found.place
    assert 0.1 < found.share < 0.4
    for clear in (None, 2.6):
        assert overlap(*set_with(clear)).share == 0.0


def test_overlap_of_nothing_is_not_measured_and_unknown_depth_overlaps_nothing():
    depth, sigma, subject, background = set_with(1.5)
    assert overlap(depth, sigma, np.zeros_like(subject), background) is None
    assert overlap(depth, sigma, subject, np.zeros_like(background)) is None
    unknown = np.where(background, np.float32(np.nan), depth)
    assert overlap(unknown, sigma, subject, background).share == 0.0


def three_people(distances):
    """Return depth, sigma, pieces and background: three boxes in a row, the nearer one in front."""
    depth = np.full((200, 300), 4.0, np.float32)
    pieces = np.zeros((200, 300), np.int32)
    boxes = {1: (20, 115), 2: (90, 205), 3: (180, 280)}
    for number in sorted(boxes, key=lambda k: -distances[k - 1]):
        left, right = boxes[number]
        depth[60:200, left:right] = distances[number - 1]
        pieces[60:200, left:right] = number
    return depth, np.full_like(depth, 0.004), pieces, pieces == 0


@given(st.permutations([1.6, 2.0, 2.6]))
def test_subjects_come_in_their_order_and_the_nearer_hides_its_neighbour(distances):
    found = order_in_depth(*three_people(distances))
    names = ["left subject", "middle subject", "right subject"]
    told = {each.name: each.distance_m for each in found.standing}
    assert [told[name] for name in names] == pytest.approx(distances)
    assert [each.distance_m for each in found.standing] == pytest.approx(sorted(distances))
    pairs = {(each.front, each.back): each for each in found.hiding}
    for left, right in ((0, 1), (1, 2)):
        near, far = sorted((left, right), key=lambda k: distances[k])
        one = pairs.pop((names[near], names[far]))
        assert one.nearer_m == pytest.approx(distances[far] - distances[near], abs=1e-5)
        assert 0.1 < one.share < 0.6
    assert not pairs


def test_one_subject_has_no_order_and_unknown_depth_hides_nothing():
    depth, sigma, pieces, background = three_people([1.6, 2.0, 2.6])
    assert order_in_depth(depth, sigma, np.where(pieces == 2, 2, 0), background) is None
    assert order_in_depth(depth, sigma, np.zeros_like(pieces), background) is None
    alike = np.where(pieces > 0, np.float32(2.0), depth)
    assert order_in_depth(alike, sigma, pieces, background).hiding == ()


@given(st.floats(0.5, 5), st.floats(0.01, 0.5), st.floats(0.02, 0.2))
def test_at_the_f_number_needed_the_limits_are_the_subjects_ends(near, deep, focal):
    extent = DepthExtent(near, near + deep, focal / 0.036, 2 / 3)
    needed = depth_of_field(extent, focal, 8.0)
    exact = depth_of_field(extent, focal, needed.needed_f)
    assert exact.given_m == pytest.approx(deep, rel=1e-6)
    assert near < exact.focus_m < near + deep
    # Two stops (twice the f-number) give twice the dioptres, so at least twice the depth.
    assert depth_of_field(extent, focal, 2 * needed.needed_f).given_m >= 2 * deep * 0.999


def test_depth_of_field_agrees_with_the_common_formula_near_by():
    # 2 C N (M + 1) / M^2 at M = 1/10, f = 100 mm, focused at (1 + 1/M) f = 1.1 m.
    extent = DepthExtent(1.09, 1.1102, 100 / 36, 2 / 3)
    field = depth_of_field(extent, 0.1, 8.0)
    assert field.circle_m == pytest.approx(28.8e-6, rel=0.01)
    assert field.given_m == pytest.approx(2 * field.circle_m * 8 * 1.1 / 0.01, rel=0.01)


def test_beyond_the_hyperfocal_distance_the_field_has_no_end_and_nonsense_is_refused():
    assert math.isinf(depth_of_field(DepthExtent(9, 11, 0.7, 2 / 3), 0.024, 16.0).given_m)
    with pytest.raises(ValueError, match="above zero"):
        depth_of_field(DepthExtent(1, 2, 2.0, 2 / 3), 0.05, 0.0)
    with pytest.raises(ValueError, match="beyond the focal length"):
        depth_of_field(DepthExtent(0.04, 2, 2.0, 2 / 3), 0.05, 8.0)


def test_diffraction_grows_with_the_pixel():
    assert diffraction_limit_f(8.6e-6) == pytest.approx(2 * diffraction_limit_f(4.3e-6))
