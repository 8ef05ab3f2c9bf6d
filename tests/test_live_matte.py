"""A live matte follows the frame's own edges, and the screen names what it is known by."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from capture.depth_filtering import temporal_median
from capture.live_subject import SubjectAids, live_subject
from capture.rig import open_rig
from capture.silhouette import silhouette_of_mask
from capture.subjects import find_subject
from capture.truth import band_of
from matting.clean_plate import clean_plate_probability
from matting.imaging.errors import MismatchError
from matting.inference import NetworkRequest
from matting.live_matte import live_matte, over_backdrop
from tui.cli import main
from tui.exit_codes import ExitCode

SIZE = (320, 240)
RED, GREY = (180, 60, 50), (90, 95, 100)


def disc(centre=(160, 120), radius=70):
    y, x = np.mgrid[: SIZE[1], : SIZE[0]]
    return np.clip(0.5 + radius - np.hypot(x - centre[0], y - centre[1]), 0, 1).astype(np.float32)


def frame_of(alpha, front=RED, back=GREY, noise=2.0, seed=0):
    mixed = alpha[..., None] * np.array(front) + (1 - alpha[..., None]) * np.array(back)
    noisy = mixed + np.random.default_rng(seed).normal(0, noise, mixed.shape)
    return np.clip(np.round(noisy), 0, 255).astype(np.uint8)


def coarse(alpha, shift=(0, 0), width=64):
    """Return a silhouette as a coarse sensor has it: blocky, and a little beside the truth."""
    moved = np.roll((alpha > 0.5).astype(np.float32), shift, axis=(0, 1))
    return cv2.resize(moved, (width, width * 3 // 4), interpolation=cv2.INTER_NEAREST)


def error(alpha, true):
    return float(((alpha - true) ** 2)[band_of(true)].mean())


# --- the filter ---------------------------------------------------------------------------------


@settings(max_examples=15)
@given(st.integers(-2, 2), st.integers(-2, 2))
def test_a_silhouette_off_by_less_than_the_guard_comes_out_along_the_frames_edge(down, right):
    true = disc()
    silhouette = coarse(true, (down, right))
    raw = cv2.resize(silhouette, SIZE, interpolation=cv2.INTER_LINEAR)
    assert error(live_matte(frame_of(true), silhouette), true) < 0.5 * error(raw, true)


@pytest.mark.parametrize("value", [0.0, 1.0])
def test_a_silhouette_of_one_value_stays_that_value(value):
    silhouette = np.full((48, 64), value, np.float32)
    np.testing.assert_allclose(live_matte(frame_of(disc()), silhouette), value, atol=1e-4)


@given(st.floats(0.5, 1.2))
@settings(max_examples=10)
def test_exposure_does_not_move_the_edge(gain):
    true = disc()
    one = live_matte(frame_of(true, noise=0.5), coarse(true))
    front, back = (tuple(gain * c for c in colour) for colour in (RED, GREY))
    other = live_matte(frame_of(true, front, back, noise=0.5), coarse(true))
    assert np.abs(one - other).mean() < 0.01


def test_mirrored_frames_have_mirrored_mattes():
    true = disc((140, 110))
    frame, silhouette = frame_of(true), coarse(true)
    there = live_matte(frame, silhouette)
    back = live_matte(np.ascontiguousarray(frame[:, ::-1]), silhouette[:, ::-1].copy())
    np.testing.assert_allclose(back[:, ::-1], there, atol=2e-3)


def test_what_is_no_frame_is_refused():
    with pytest.raises(MismatchError, match="8 bits"):
        live_matte(np.zeros((4, 4, 3), np.uint16), np.zeros((2, 2), np.float32))


def test_on_a_backdrop_light_is_mixed_linearly_and_the_old_background_is_gone():
    true = disc()
    frame = frame_of(true, noise=0)
    on_white = over_backdrop(frame, true, (255, 255, 255))
    assert (on_white[true == 0] == 255).all()
    assert np.abs(on_white[true == 1].astype(int) - frame[true == 1]).max() <= 1
    half = np.full((40, 40), 0.5, np.float32)
    grey = over_backdrop(np.full((40, 40, 3), 255, np.uint8), half, (0, 0, 0))
    # Half the light of white is code 188 of sRGB, not 128.
    assert (np.abs(grey.astype(int) - 188) <= 1).all()


# --- where the subject is known from --------------------------------------------------------------


def test_what_the_empty_set_does_not_show_is_the_subject():
    true = disc()
    y, x = np.mgrid[: SIZE[1], : SIZE[0]]
    wall = np.stack([80 + x // 8, 90 + y // 8, 100 + 0 * x], axis=-1)
    plate = np.clip(wall + np.random.default_rng(1).normal(0, 3, wall.shape), 0, 255)
    there = np.where(true[..., None] > 0.5, np.array(RED), wall)
    frame = np.clip(there + np.random.default_rng(2).normal(0, 3, wall.shape), 0, 255)
    found = clean_plate_probability(frame.astype(np.uint8), plate.astype(np.uint8)) > 0.5
    assert (found & (true > 0.5)).sum() / (found | (true > 0.5)).sum() > 0.97


def test_a_camera_that_moved_a_little_since_is_put_right():
    true = disc()
    scenery = np.random.default_rng(4).integers(40, 220, (18, 24, 3)).astype(np.uint8)
    plate = cv2.resize(scenery, SIZE, interpolation=cv2.INTER_CUBIC)
    moved = cv2.warpAffine(
        plate, np.float32([[1.01, 0, 5], [0, 1.01, -4]]), SIZE, borderMode=cv2.BORDER_REPLICATE
    )
    frame = np.where(true[..., None] > 0.5, np.array(RED), moved).astype(np.uint8)
    found = clean_plate_probability(frame, plate) > 0.5
    assert (found & (true < 0.5)).sum() < 0.03 * (true < 0.5).sum()
    assert (found & (true > 0.5)).sum() > 0.85 * (true > 0.5).sum()


def test_the_empty_set_itself_shows_no_subject():
    plate, again = (frame_of(0 * disc(), noise=3, seed=seed) for seed in (1, 2))
    assert clean_plate_probability(again, plate).max() < 0.5
    with pytest.raises(MismatchError, match="empty set again"):
        clean_plate_probability(again, plate[:100])


def test_the_first_source_that_is_there_is_taken_and_named(real_data):
    true = disc()
    frame, plate = frame_of(true), frame_of(0 * true, seed=5)
    box = (0.2, 0.1, 0.6, 0.8)
    network = NetworkRequest(real_data / "models" / "selfie_segmentation.onnx")
    by_plate = live_subject(frame, None, SubjectAids(plate, network, box))
    by_network = live_subject(frame, None, SubjectAids(None, network, box))
    assert by_plate is not None
    assert by_plate.source == "clean plate"
    assert by_network is not None
    assert by_network.source.startswith("network ")


def test_a_box_holds_the_subject_and_nothing_is_known_without_any():
    true = disc()
    found = live_subject(frame_of(true), None, SubjectAids(box=(0.2, 0.1, 0.6, 0.8)))
    assert found is not None
    assert found.source == "box"
    assert error(live_matte(frame_of(true), found.probability), true) < 0.02
    assert live_subject(frame_of(true), None, SubjectAids()) is None


def test_a_silhouette_without_depth_measures_all_but_distance():
    silhouette = silhouette_of_mask(disc() > 0.5, "clean plate", SIZE)
    assert silhouette.source == "clean plate"
    assert silhouette.framing is not None
    assert len(silhouette.rings.boxes) > 0
    assert np.isnan(
        [silhouette.space.subject_distance_m, silhouette.space.background_distance_m]
    ).all()


@pytest.mark.parametrize("box", ["50,10,60,20", "10,10,0,20", "-1,0,50,50", "a,b,c,d", "1,2,3"])
def test_a_box_that_is_not_within_the_picture_is_a_usage_error(box, capsys):
    with pytest.raises(SystemExit) as end:
        main(["app", f"--box={box}"])
    assert end.value.code == ExitCode.USAGE
    assert "percent" in capsys.readouterr().err


# --- against the simulated truth ------------------------------------------------------------------


def test_on_the_simulated_portrait_it_beats_the_enlarged_silhouette(studio):
    address = f"sim:portrait@{studio('portrait').port}"
    rig = open_rig(address, address)
    try:
        rig.camera.start_live_view()
        frame = rig.camera.latest_frame(newer_than=-1, timeout_s=20.0).rgb
        depth = temporal_median([rig.depth.read() for _ in range(3)])
        subject = find_subject(rig.register(depth, frame.shape[:2]))
        true = rig.studio.truth(frame.shape[1], frame.shape[0]).alpha
        rig.camera.stop_live_view()
    finally:
        rig.close()
    raw = cv2.resize(
        subject.subject.astype(np.float32), frame.shape[1::-1], interpolation=cv2.INTER_LINEAR
    )
    found = live_subject(frame, subject, SubjectAids())
    assert found.source == "depth"
    assert error(live_matte(frame, found.probability), true) < 0.25 * error(raw, true)
