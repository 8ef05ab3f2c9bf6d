"""A cut-out retouched by strokes and edge tools, tried on a part and saved beside the old one."""

import contextlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shot_folder import HEIGHT, RADIUS, WIDTH, disc, make_session

from capture.journal import Journal
from capture.retouching import Retouch, retouched, save_version, tried
from capture.review import shot_pictures
from capture.strokes import Stroke, drawn_hints, opened_by
from matting.cancelling import MattingCancelledError
from matting.edge_tools import EdgeTools
from matting.imaging.files import read_alpha, read_picture

ALPHA = disc()
#: A hole in the subject and a piece of wall taken for it, as a matte gets them wrong.
HOLE, PIECE = (240, 160), (80, 160)


@pytest.fixture
def shot(tmp_path):
    return make_session(tmp_path, 1)[0]


@pytest.fixture(scope="module")
def picture(tmp_path_factory):
    shot = make_session(tmp_path_factory.mktemp("session"), 1)[0]
    return read_picture(shot.folder / shot.photo.path)


def wrong():
    alpha = ALPHA.copy()
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    alpha[np.hypot(x - HOLE[0], y - HOLE[1]) < 14] = 0
    alpha[np.hypot(x - PIECE[0], y - PIECE[1]) < 14] = 1
    return alpha


def stroke(at, keep, radius=8.0):
    return Stroke((at, (at[0] + 3, at[1])), radius, keep)


def test_a_keep_stroke_closes_a_hole_and_a_remove_stroke_takes_a_piece_off(picture):
    both = Retouch((stroke(HOLE, True), stroke(PIECE, False)))
    alpha = retouched(picture, wrong(), both).alpha
    assert np.abs(wrong() - ALPHA).mean() > 0.007
    assert np.abs(alpha - ALPHA).mean() < 0.0005
    assert alpha[HOLE[1], HOLE[0]] == 1
    assert alpha[PIECE[1], PIECE[0]] == 0


points = st.tuples(st.floats(0, WIDTH), st.floats(0, HEIGHT))


@settings(max_examples=12)
@given(st.lists(points, min_size=1, max_size=3), st.floats(1, 12), st.booleans())
def test_beyond_the_reach_of_a_stroke_alpha_keeps_every_bit(picture, at, radius, keep):
    strokes = (Stroke(tuple(at), radius, keep),)
    alpha = retouched(picture, ALPHA, Retouch(strokes)).alpha
    beyond = ~opened_by(strokes, ALPHA.shape)
    np.testing.assert_array_equal(alpha[beyond], ALPHA[beyond])
    under = drawn_hints(strokes, ALPHA.shape) != 128
    assert (alpha[under] == keep).all()


def test_a_later_stroke_lies_on_top(picture):
    hints = drawn_hints((stroke(HOLE, True), stroke(HOLE, False, 3.0)), ALPHA.shape)
    assert hints[HOLE[1], HOLE[0]] == 0
    assert hints[HOLE[1], HOLE[0] - 6] == 255


def test_nothing_asked_for_changes_nothing(picture):
    matte = retouched(picture, ALPHA, Retouch())
    np.testing.assert_array_equal(matte.alpha, ALPHA)
    opaque = ALPHA == 1
    np.testing.assert_array_equal(matte.foreground_linear[opaque], picture.linear()[opaque])


def test_work_stops_when_asked(picture):
    with pytest.raises(MattingCancelledError):
        retouched(picture, ALPHA, Retouch((stroke(HOLE, True),)), cancelled=lambda: True)


def test_at_100_percent_the_trial_is_the_result(shot):
    pictures = shot_pictures(shot.folder / shot.photo.path, shot.path("cutout"))
    retouch = Retouch((stroke((330, 160), True),), EdgeTools(feather_px=2, contrast_percent=20))
    seen = (270.0, 110.0, 390.0, 210.0)
    trial = tried(pictures, retouch, seen, 1.0).drawn("alpha", seen, (120, 100))
    whole = retouched(pictures.photo, ALPHA, retouch).alpha[110:210, 270:390]
    assert np.abs(trial[..., 0] / 255 - whole).max() < 0.02


def test_seen_small_the_trial_is_near_the_result(shot):
    pictures = shot_pictures(shot.folder / shot.photo.path, shot.path("cutout"))
    retouch = Retouch((stroke(PIECE, True, 20.0),), EdgeTools(feather_px=6))
    seen = (0.0, 0.0, float(WIDTH), float(HEIGHT))
    size = (WIDTH // 4, HEIGHT // 4)
    trial = tried(pictures, retouch, seen, 0.25).drawn("alpha", seen, size)
    whole = retouched(pictures.photo, ALPHA, retouch).alpha
    small = whole.reshape(HEIGHT // 4, 4, WIDTH // 4, 4).mean(axis=(1, 3))
    assert np.abs(trial[..., 0] / 255 - small).mean() < 0.02


def test_a_version_is_written_beside_the_earlier_one_and_journaled(shot):
    before = shot.path("cutout").read_bytes()
    photo = read_picture(shot.folder / shot.photo.path)
    tools = EdgeTools(shift_edge_percent=-100)
    matte = retouched(photo, ALPHA, Retouch(tools=tools))
    newer = save_version(shot, photo, matte, tools)
    assert [path.name for path in newer.paths("cutout")] == [
        "0001_DSC_cutout.png",
        "0001_DSC_cutout-1.png",
    ]
    assert shot.path("cutout").read_bytes() == before
    assert read_alpha(newer.path("alpha")).sum() < ALPHA.sum() - RADIUS
    with contextlib.closing(Journal(shot.folder)) as journal:
        assert tuple(journal.files(1)[-2:]) == newer.files[-2:]
    again = save_version(newer, photo, matte, tools)
    assert again.path("cutout").name == "0001_DSC_cutout-2.png"


def test_a_journal_that_cannot_be_written_leaves_no_version(shot, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("capture.retouching.add_own_file", full)
    photo = read_picture(shot.folder / shot.photo.path)
    names = sorted(shot.folder.iterdir())
    with pytest.raises(OSError, match="No space"):
        save_version(shot, photo, retouched(photo, ALPHA, Retouch()), EdgeTools())
    assert sorted(shot.folder.iterdir()) == names
