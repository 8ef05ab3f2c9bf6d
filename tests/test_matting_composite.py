"""Compositing: mixing is of light, and undoing it gives the picture back."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from capture.backdrops import backdrop_linear, colour_codes
from capture.composite_job import CompositeJob, composite_file
from matting.composite import (
    covering,
    light_wrapped,
    over,
    studio_gradient,
    tiled,
    worst_edges,
)
from matting.imaging.curves import LINEAR, SRGB
from matting.imaging.errors import OutputError, SettingsError
from matting.imaging.files import read_picture, write_codes, write_cutout
from matting.imaging.pixels import EncodedPicture

LIGHT = arrays.arrays(np.float32, (5, 7, 3), elements=st.floats(0, 2, width=32))
ALPHA = arrays.arrays(
    np.float32, (5, 7), elements=st.sampled_from([0, 1]) | st.floats(0, 1, width=32)
)


def picture_of(codes):
    return EncodedPicture(codes, SRGB, Path("p.png"))


@given(LIGHT, ALPHA, LIGHT)
def test_a_subject_on_its_own_background_is_the_picture(foreground, alpha, background):
    a = alpha[..., None].astype(np.float64)
    picture = a * foreground + (1 - a) * background
    np.testing.assert_allclose(over(foreground, alpha, background), picture, atol=1e-6)


@given(LIGHT, ALPHA, LIGHT)
def test_over_is_exact_at_both_ends(foreground, alpha, background):
    result = over(foreground, alpha, background)
    np.testing.assert_array_equal(result[alpha == 1], foreground[alpha == 1])
    np.testing.assert_array_equal(result[alpha == 0], background[alpha == 0])


def test_half_of_white_over_black_is_half_the_light():
    half = over(np.ones((1, 1, 3), np.float32), np.full((1, 1), 0.5, np.float32), np.zeros(3))
    assert SRGB.encode(half, 8)[0, 0, 0] == 188  # not 128


@given(LIGHT, ALPHA, LIGHT, st.floats(0, 1))
def test_light_wrap_only_adds_light(foreground, alpha, backdrop, amount):
    assert (light_wrapped(foreground, alpha, backdrop, amount) >= foreground).all()


def test_light_wrap_stays_at_the_edge_and_needs_light():
    alpha = np.zeros((60, 400), np.float32)
    alpha[:, 200:] = 1
    foreground = np.full((60, 400, 3), 0.1, np.float32)
    white = np.ones((60, 400, 3), np.float32)
    assert light_wrapped(foreground, alpha, white, 0.0) is foreground
    dark = light_wrapped(foreground, alpha, white * 0, 1.0)
    assert dark.tobytes() == foreground.tobytes()
    wrapped = light_wrapped(foreground, alpha, white, 1.0)
    assert wrapped[30, 199:201, 0].mean() == pytest.approx(0.1 + 0.5, abs=0.01)
    assert wrapped[30, 240, 0] == pytest.approx(0.1, abs=1e-6)
    half = light_wrapped(foreground, alpha, white, 0.5)
    np.testing.assert_allclose(half - foreground, (wrapped - foreground) / 2, atol=1e-6)


@given(st.integers(1, 40), st.integers(1, 40), st.integers(1, 40), st.integers(1, 40))
def test_a_picture_covers_any_frame(height, width, to_height, to_width):
    image = np.full((height, width, 3), 0.25, np.float32)
    covered = covering(image, to_height, to_width)
    assert covered.shape == (to_height, to_width, 3)
    np.testing.assert_allclose(covered, 0.25, rtol=1e-5)


def test_a_wide_picture_loses_its_sides_and_keeps_its_middle():
    image = np.zeros((10, 40, 3), np.float32)
    image[:, 15:25] = 1
    assert (covering(image, 10, 10) == 1).all()


def test_the_gradient_is_lit_in_the_middle():
    light = studio_gradient(90, 120)
    assert light[40, 60].mean() > 2 * light[[0, 0, -1, -1], [0, -1, 0, -1]].max()
    assert np.ptp(light, axis=2).max() == 0


def test_the_worst_edges_come_first_and_do_not_overlap():
    alpha = np.ones((200, 300), np.float32)
    alpha[20:30, 20:30] = 0.5  # a hundred undecided pixels
    alpha[150:155, 250:260] = 0.5  # fifty
    found = worst_edges(alpha, 5, (60, 80))
    assert len(found) == 2
    assert found[0][0] <= 20
    assert found[0][1] <= 20
    assert 150 - 60 < found[1][0] <= 150
    assert worst_edges(np.ones((20, 20), np.float32), 3, (60, 60)) == []


def test_tiles_stand_where_they_should():
    one, two = np.full((4, 6, 3), 10, np.uint8), np.full((2, 3, 3), 200, np.uint8)
    sheet = tiled([[one, two], [two]], 2)
    assert sheet.shape == (2 + 4 + 2 + 2 + 2, 2 + 6 + 2 + 3 + 2, 3)
    np.testing.assert_array_equal(sheet[2:6, 2:8], one)
    np.testing.assert_array_equal(sheet[8:10, 2:5], two)


# --- backdrops and files -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "codes"),
    [("white", (255, 255, 255)), ("#00b140", (0, 177, 64)), ("#fff", (255, 255, 255))],
)
def test_a_colour_comes_out_as_its_own_code(text, codes):
    assert colour_codes(text) == codes
    for transfer in (SRGB, LINEAR):
        like = EncodedPicture(np.zeros((2, 3, 3), np.uint8), transfer, Path("p.png"))
        light = backdrop_linear(text, like)
        np.testing.assert_array_equal(transfer.encode(light, 8), np.full((2, 3, 3), codes))


def test_what_is_neither_colour_nor_file_is_refused(tmp_path):
    like = picture_of(np.zeros((2, 3, 3), np.uint8))
    with pytest.raises(SettingsError, match="ochre-ish"):
        backdrop_linear("ochre-ish", like)


@pytest.fixture
def cutout(tmp_path):
    """Return a cut-out file of random colours, a square with a soft edge."""
    codes = np.random.default_rng(2).integers(0, 256, (60, 90, 3), dtype=np.uint8)
    picture = picture_of(codes)
    alpha = np.zeros((60, 90), np.float32)
    alpha[18:42, 28:62] = 0.5
    alpha[20:40, 30:60] = 1
    write_cutout(tmp_path / "cut.png", alpha, picture.linear(), picture)
    return tmp_path / "cut.png", picture, alpha


def test_a_composite_keeps_the_subjects_codes_and_the_backdrops(cutout, tmp_path):
    path, picture, alpha = cutout
    composite_file(CompositeJob(path, "#102030", tmp_path / "on.png"))
    codes = read_picture(tmp_path / "on.png").codes
    np.testing.assert_array_equal(codes[alpha == 1], picture.codes[alpha == 1])
    assert (codes[alpha == 0] == (0x10, 0x20, 0x30)).all()


def test_a_picture_as_backdrop_is_scaled_to_cover(cutout, tmp_path):
    path, _, alpha = cutout
    write_codes(tmp_path / "sea.png", np.full((30, 30, 3), (0, 90, 160), np.uint8))
    composite_file(CompositeJob(path, str(tmp_path / "sea.png"), tmp_path / "on.tif"))
    codes = read_picture(tmp_path / "on.tif").codes
    assert np.abs(codes[alpha == 0].astype(int) - (0, 90, 160)).max() <= 1


def test_a_contact_sheet_shows_the_cutout_four_times_and_its_edges(cutout, tmp_path):
    path, picture, _ = cutout
    composite_file(CompositeJob(path, contact_sheet=tmp_path / "sheet.png"))
    sheet = read_picture(tmp_path / "sheet.png").codes
    corners = [tuple(sheet[8, 8 + column * (90 + 8)]) for column in range(4)]
    assert corners == [(0, 0, 0), (255, 255, 255), (119, 119, 119), (255, 0, 255)]
    assert sheet.shape == (8 + (60 + 8) * 2, 8 + (90 + 8) * 4, 3)
    np.testing.assert_array_equal(sheet[8 + 30, 8 + 45], picture.codes[30, 45])


def test_a_composite_never_takes_its_inputs_place(cutout, tmp_path):
    path, _, _ = cutout
    before = path.read_bytes()
    with pytest.raises(OutputError, match="replace"):
        composite_file(CompositeJob(path, "white", path))
    both = tmp_path / "both.png"
    with pytest.raises(OutputError, match="twice"):
        composite_file(CompositeJob(path, "white", both, contact_sheet=both))
    assert path.read_bytes() == before
    assert not (tmp_path / "both.png").exists()
