"""The drift watch: depth's outline against the photograph's."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from capture.metering.misalignment import ALARM_PER_MILLE, Misalignment, misalignment
from capture.registration import already_registered
from capture.rig import open_rig
from capture.rig_watch import (
    LIVE_LOOKS_IN_A_ROW,
    RigAlignment,
    RigWatch,
    after_look,
    knock_in_words,
)
from capture.subjects import SubjectDepth
from devices.depth_calibration import write_calibration
from devices.frames import (
    Calibration,
    CalibrationOrigin,
    DepthFrame,
    DepthNoise,
    Extrinsics,
    Intrinsics,
)
from matting.imaging.errors import MismatchError

WIDTH, HEIGHT = 640, 420


def outlined(right=0.0, down=0.0, fattened=0):
    """Return a subject whose outline is an egg, moved and widened by pixels."""
    mask = egg(right, down)
    if fattened:
        kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * fattened + 1,) * 2)
        mask = cv2.dilate(mask.astype(np.uint8), kernel) > 0
    depth = np.where(mask, 2.0, 3.5).astype(np.float32)
    frame = DepthFrame(depth, None, None, DepthNoise(floor_m=0.01))
    nothing = np.zeros_like(mask)
    return SubjectDepth(
        mask,
        mask.astype(np.int32),
        ~mask,
        nothing,
        already_registered(frame, depth.shape),
        (),
        2.0,
        nothing,
    )


def egg(right=0.0, down=0.0, scale=1):
    y, x = np.mgrid[: HEIGHT * scale, : WIDTH * scale] / scale
    y, x = y - 210 - down, x - 320 - right
    return (x / 90) ** 2 + (y / (130 - 0.1 * y)) ** 2 < 1


def photograph(seed=0, scale=3):
    """Return the egg, dark and speckled, before a noisy wall, three times as fine as depth."""
    rng = np.random.default_rng(seed)
    grey = np.where(egg(scale=scale), 90.0, 150.0)
    speckles = cv2.GaussianBlur(rng.standard_normal(grey.shape), (0, 0), 4) * 60
    noisy = cv2.GaussianBlur(grey, (0, 0), 1.5) + speckles + 4 * rng.standard_normal(grey.shape)
    return np.repeat(np.clip(noisy, 0, 255).astype(np.uint8)[..., None], 3, axis=2)


PHOTOGRAPH = photograph()


@given(st.floats(-5, 5), st.floats(-5, 5), st.integers(0, 3))
@settings(max_examples=12)
def test_a_shift_is_measured_whatever_depth_widens(right, down, fattened):
    seen = misalignment(PHOTOGRAPH, outlined(right, down, fattened))
    # The picture's edge lies to the left of an outline that was moved to the right.
    assert seen.right == pytest.approx(-1000 * right / WIDTH, abs=0.8)
    assert seen.down == pytest.approx(-1000 * down / WIDTH, abs=0.8)


def test_an_outline_that_runs_one_way_tells_nothing():
    wall = np.zeros((HEIGHT, WIDTH), bool)
    wall[:, 300:] = True
    depth = np.where(wall, 2.0, 3.0).astype(np.float32)
    registered = already_registered(
        DepthFrame(depth, None, None, DepthNoise(floor_m=0.01)), depth.shape
    )
    nothing = np.zeros_like(wall)
    subject = SubjectDepth(
        wall, wall.astype(np.int32), ~wall, nothing, registered, (), 2.0, nothing
    )
    assert misalignment(PHOTOGRAPH, subject) is None
    assert RigWatch().look(PHOTOGRAPH, subject) is None


def test_noise_without_an_edge_tells_nothing():
    noise = np.random.default_rng(3).integers(90, 110, (2 * HEIGHT, 2 * WIDTH, 3)).astype(np.uint8)
    assert not misalignment(noise, outlined()).clear


def test_the_watch_remembers_the_first_shot_and_tells_of_a_knock_in_the_photographs_pixels():
    watch = RigWatch()
    assert watch.look(PHOTOGRAPH, outlined(right=2.0)) is None
    assert watch.look(photograph(seed=1), outlined(right=2.0)) is None
    # One shot alone may be the subject's own turn; a knocked rig stays knocked.
    assert watch.look(photograph(seed=2), outlined(right=-1.0)) is None
    assert watch.look(photograph(seed=3), outlined(right=2.0)) is None
    assert watch.look(photograph(seed=4), outlined(right=-1.0)) is None
    told = watch.look(photograph(seed=5), outlined(right=-1.0))
    assert "knocked" in told
    assert any(f"{pixels} px" in told for pixels in (8, 9, 10))


def looked(places, in_a_row):
    alignment = RigAlignment()
    for place in places:
        now = None if place is None else Misalignment(place, 0.0, 0.6)
        alignment = after_look(alignment, now, in_a_row)
    return alignment.knocked_per_mille


@given(st.lists(st.one_of(st.none(), st.floats(-0.4, 0.6).map(lambda x: x * ALARM_PER_MILLE))))
def test_what_stays_within_the_alarm_never_alarms(places):
    assert looked([0.0, *places], in_a_row=1) is None


@given(st.integers(1, 9), st.integers(0, 9))
def test_a_knock_is_told_after_so_many_looks_in_a_row_and_forgotten_when_set_back(in_a_row, more):
    places = [1.0, *[9.0] * (in_a_row + more)]
    assert looked(places, in_a_row) == pytest.approx(8.0)
    assert looked(places[:in_a_row], in_a_row) is None
    assert looked([*places, 1.0], in_a_row) is None


def test_a_subject_that_turns_this_way_and_that_before_live_view_is_no_knock():
    places = [0.0, 5.0, 5.0, -5.0, 5.0, 5.0, None, 9.0, 9.0]
    assert looked(places, LIVE_LOOKS_IN_A_ROW) is None
    assert knock_in_words(RigAlignment(), 6000) is None


def seen_with(supports, in_a_row=2):
    alignment = RigAlignment()
    for support in supports:
        alignment = after_look(alignment, support and Misalignment(0.0, 0.0, support), in_a_row)
    return alignment


def test_an_outline_that_has_lost_its_edges_is_told_and_never_passed_over():
    assert knock_in_words(seen_with([0.6, 0.2]), 6000) is None, "one look may be of anything"
    told = knock_in_words(seen_with([0.6, 0.2, 0.2]), 6000)
    assert "knocked far" in told
    assert "calibrate" in told
    assert knock_in_words(seen_with([0.6, 0.2, 0.2, 0.6]), 6000) is None, "set back"


@given(st.lists(st.sampled_from([None, 0.34, 0.4, 0.42, 0.9]), max_size=20))
def test_what_was_never_clear_or_keeps_most_of_its_edges_is_not_lost(supports):
    assert not seen_with([0.2, 0.2, 0.2, None]).lost
    assert not seen_with([0.45, *supports], in_a_row=1).lost


def test_a_rig_refuses_the_calibration_of_another_body(tmp_path):
    lens = Intrinsics(500.0, 500.0, 1.0, 1.0, 4, 4)
    origin = CalibrationOrigin(camera_serial="another")
    write_calibration(
        tmp_path / "rig.json", Calibration(lens, Extrinsics.identity(), origin=origin)
    )
    with pytest.raises(MismatchError, match="camera serial number another"):
        open_rig("sim:portrait", "sim:portrait", tmp_path / "rig.json")
