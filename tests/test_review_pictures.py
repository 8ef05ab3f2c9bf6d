"""What the review draws at any zoom, and how the look moves."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shot_folder import HEIGHT, WIDTH, disc, make_session

from capture.review import BACKDROPS, CUTOUT_VIEWS, ShotPictures, cutout_levels, shot_pictures
from matting.imaging.curves import SRGB
from matting.imaging.pixels import EncodedPicture
from tui.viewport import Viewport


@pytest.fixture(scope="module")
def shots(tmp_path_factory):
    return make_session(tmp_path_factory.mktemp("session"))


@pytest.fixture(scope="module")
def pictures(shots):
    return shot_pictures(shots[0].folder / shots[0].photo.path, shots[0].path("cutout"))


WHOLE = (0, 0, WIDTH, HEIGHT)


def test_at_100_percent_the_photograph_is_the_files_own_codes(pictures):
    box = (200, 100, 260, 140)
    drawn = pictures.drawn("photo", box, (60, 40))
    np.testing.assert_array_equal(drawn, pictures.photo.codes[100:140, 200:260])


def test_enlarged_pixels_stay_whole(pictures):
    drawn = pictures.drawn("photo", (200, 100, 210, 105), (80, 40))
    part = pictures.photo.codes[100:105, 200:210]
    np.testing.assert_array_equal(drawn, part.repeat(8, axis=0).repeat(8, axis=1))


@pytest.mark.parametrize(("view", "colour"), BACKDROPS.items())
def test_where_nothing_of_the_subject_is_the_backdrop_has_its_own_codes(pictures, view, colour):
    drawn = pictures.drawn(view, WHOLE, (WIDTH, HEIGHT))
    outside = disc() == 0
    outside[cv2.dilate((~outside).astype(np.uint8), np.ones((5, 5))) > 0] = False
    assert (drawn[outside] == colour).all()
    opaque = disc() == 1
    np.testing.assert_array_equal(drawn[opaque], pictures.photo.codes[opaque])


def test_half_covered_is_half_the_light_not_half_the_code():
    white = EncodedPicture(np.full((8, 8, 3), 255, np.uint8), SRGB, "white")
    levels = cutout_levels(white, np.full((8, 8), 0.5, np.float32))
    pictures = ShotPictures(white, [white.codes], levels)
    drawn = pictures.drawn("black", (0, 0, 8, 8), (4, 4))
    assert (drawn == 188).all()  # sRGB of half the light


def test_a_shot_without_a_cut_out_shows_its_photograph(shots):
    bare = shot_pictures(shots[2].folder / shots[2].photo.path, shots[2].path("cutout"))
    assert {bare.shows(view) for view in (*CUTOUT_VIEWS, "origin")} == {"photo"}


def test_of_a_large_picture_the_whole_comes_from_a_smaller_copy_and_looks_the_same(monkeypatch):
    monkeypatch.setattr("capture.review._SMALLEST_PX", 480)
    rng = np.random.default_rng(4)
    codes = cv2.resize(rng.integers(0, 256, (20, 30, 3), np.uint8), (1980, 1320))
    picture = EncodedPicture(codes, SRGB, "large")
    alpha = cv2.resize(rng.random((20, 30), np.float32), (1980, 1320))
    levels = cutout_levels(picture, alpha)
    assert [level.shape for level in levels.alphas] == [(1320, 1980), (660, 990), (330, 495)]
    copies = [cv2.resize(codes, (w, h)) for h, w in (a.shape for a in levels.alphas)]
    small = ShotPictures(picture, copies, levels).drawn("white", (0, 0, 1980, 1320), (120, 80))
    straight = ShotPictures(picture, [codes], levels).drawn("white", (0, 0, 1980, 1320), (120, 80))
    assert np.abs(small.astype(int) - straight).max() <= 2


canvases = st.tuples(st.integers(20, 300), st.integers(20, 160))
sizes = st.tuples(st.integers(40, 9000), st.integers(40, 9000))


@given(sizes, canvases, st.lists(st.sampled_from([1, 1, -1]), max_size=12), st.data())
def test_zoom_leaves_the_point_under_the_pointer_where_it_is(picture, canvas, steps, data):
    look = Viewport.whole(picture, canvas)
    for step in steps:
        look = look.stepped(step)
    look = look.at(max(look.scale, 1.0))
    if look.place != (0, 0, *canvas):
        return
    about = data.draw(st.tuples(st.floats(0, canvas[0]), st.floats(0, canvas[1])))
    closer = look.stepped(1, about)
    assert closer.to_picture(*about) == pytest.approx(look.to_picture(*about), abs=1e-6)


@given(sizes, canvases, st.lists(st.tuples(*[st.floats(-500, 500)] * 2), max_size=5), st.data())
def test_a_look_never_leaves_the_picture(picture, canvas, moves, data):
    scale = data.draw(st.sampled_from([0.25, 1.0, 4.0]))
    look = Viewport.whole(picture, canvas).at(scale)
    for move in moves:
        look = look.panned(*move)
    left, top, right, bottom = look.seen
    slack = 1 / scale
    assert -slack <= left < right <= picture[0] + slack
    assert -slack <= top < bottom <= picture[1] + slack


def test_the_steps_of_zoom_begin_with_the_whole_and_come_by_100_percent():
    look = Viewport.whole((6000, 4000), (120, 80))
    assert look.is_whole
    scales = []
    for _ in range(20):
        look = look.stepped(1)
        scales.append(look.scale)
    assert 1.0 in scales
    assert max(scales) == 8.0
    for _ in range(20):
        look = look.stepped(-1)
    assert look.is_whole
    assert look.on((240, 160)).is_whole
