"""Keyers: exact where their model holds, and clear where it does not."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from matting.cutout import cut_out
from matting.imaging.curves import SRGB
from matting.imaging.errors import MismatchError, NothingToCutByError
from matting.imaging.files import read_picture
from matting.imaging.pixels import EncodedPicture
from matting.keyers.chroma import Screen, chroma_key, chroma_matte, despilled, find_screen
from matting.keyers.difference import align_plate, difference_trimap
from matting.keyers.grabcut import grabcut_trimap
from matting.trimap import BACKGROUND, FOREGROUND, UNKNOWN

GREEN = Screen("green", (0.03, 0.4, 0.05))
BLUE = Screen("blue", (0.02, 0.08, 0.45))
SIDE = 160


def disc(radius_px=45.0, softness_px=6.0, centre=(80.0, 80.0)):
    y, x = np.mgrid[:SIDE, :SIDE]
    distance = radius_px - np.hypot(x - centre[0], y - centre[1])
    return np.clip(distance / softness_px + 0.5, 0, 1).astype(np.float32)


def before_screen(screen, alpha, subject=(0.3, 0.3, 0.3), fall_off=0.0):
    """Return linear light: the subject over a screen that darkens to the right."""
    light = (1 - fall_off * np.mgrid[:SIDE, :SIDE][1] / SIDE)[..., None]
    backdrop = np.array(screen.linear) * light
    a = alpha[..., None]
    return (a * np.array(subject) + (1 - a) * backdrop).astype(np.float32)


# --- chroma --------------------------------------------------------------------------------------


@pytest.mark.parametrize("screen", [GREEN, BLUE], ids=["green", "blue"])
def test_the_screen_is_measured_in_the_border(screen):
    found = find_screen(before_screen(screen, disc()))
    assert found.name == screen.name
    assert found.linear == pytest.approx(screen.linear, rel=1e-5)


@pytest.mark.parametrize("grey", [0.3, 0.01])
def test_the_key_is_exact_for_a_neutral_subject_on_an_even_screen(grey):
    alpha = disc()
    key, noise = chroma_key(before_screen(GREEN, alpha, (grey, grey, grey)), GREEN)
    np.testing.assert_allclose(key, alpha, atol=0.01)
    assert noise < 1e-3


def test_the_edge_of_a_subject_that_is_less_green_than_red_is_too_opaque():
    alpha = disc()
    key, _ = chroma_key(before_screen(GREEN, alpha, (0.6, 0.3, 0.2)), GREEN)
    edge = (alpha > 0.1) & (alpha < 0.9)
    assert (key - alpha)[edge].mean() > 0.05


def test_the_key_follows_a_screen_that_falls_off_by_a_stop():
    alpha = disc()
    key, _ = chroma_key(before_screen(GREEN, alpha, fall_off=0.5), GREEN)
    assert np.abs(key - alpha).max() < 0.08
    assert np.abs(key - alpha)[alpha == 0].mean() < 0.03


@pytest.mark.parametrize("factor", [0.5, 2.0])
def test_the_key_does_not_depend_on_exposure(factor):
    linear = before_screen(GREEN, disc())
    brighter = Screen("green", tuple(factor * value for value in GREEN.linear))
    np.testing.assert_allclose(
        chroma_key(linear * np.float32(factor), brighter)[0],
        chroma_key(linear, GREEN)[0],
        atol=1e-4,
    )


def test_the_matte_of_a_noisy_screen_is_better_than_the_key():
    alpha, rng = disc(), np.random.default_rng(1)
    linear = before_screen(GREEN, alpha, fall_off=0.3)
    linear += rng.normal(0, 0.012, linear.shape).astype(np.float32)
    picture = EncodedPicture(SRGB.encode(linear, 8), SRGB, Path("screen.png"))
    screen = find_screen(picture.linear())
    key, _ = chroma_key(picture.linear(), screen)
    matte = chroma_matte(picture, screen)
    assert (matte.alpha[disc(56) == 0] == 0).mean() > 0.98
    assert ((matte.alpha - alpha) ** 2).mean() < 0.5 * ((key - alpha) ** 2).mean()
    edge = (alpha > 0.3) & (alpha < 0.7)
    spill = matte.foreground_linear[edge, 1] - matte.foreground_linear[edge, ::2].max(axis=1)
    assert spill.max() <= 0


@given(
    arrays.arrays(np.float32, (6, 3), elements=st.floats(0, 4, width=32)),
    st.sampled_from([GREEN, BLUE]),
    st.sampled_from(["max", "average"]),
)
def test_despill_never_raises_a_channel_and_holds_the_screens_to_its_limit(colours, screen, limit):
    result = despilled(colours, screen, limit)
    assert (result <= colours).all()
    others = np.delete(colours, screen.channel, axis=1)
    bound = others.max(axis=1) if limit == "max" else others.mean(axis=1)
    assert (result[:, screen.channel] <= bound).all()
    np.testing.assert_array_equal(np.delete(result, screen.channel, axis=1), others)
    innocent = colours[:, screen.channel] <= bound
    assert result[innocent].tobytes() == colours[innocent].tobytes()


def test_a_border_without_screen_is_refused():
    grey = np.full((SIDE, SIDE, 3), 0.2, np.float32)
    with pytest.raises(NothingToCutByError, match="border"):
        find_screen(grey)
    with pytest.raises(NothingToCutByError, match="blue screen"):
        find_screen(before_screen(GREEN, disc()), "blue")


# --- difference ----------------------------------------------------------------------------------


def textured_set(seed=3, side=(360, 480)):
    """Return linear light of an empty set: blotches with corners that can be matched."""
    rng = np.random.default_rng(seed)
    coarse = rng.random((side[0] // 12, side[1] // 12, 3)).astype(np.float32)
    blocks = cv2.resize(coarse, side[::-1], interpolation=cv2.INTER_NEAREST)
    return cv2.GaussianBlur(0.05 + 0.5 * blocks, (0, 0), 1.0)


def with_subject(backdrop, seed):
    """Return the set with a dark red disc before it, noise on all of it, and the true alpha."""
    height, width = backdrop.shape[:2]
    y, x = np.mgrid[:height, :width]
    alpha = np.clip(80 - np.hypot(x - width / 2, y - height / 2) + 0.5, 0, 1).astype(np.float32)
    subject = np.array([0.45, 0.02, 0.02], np.float32)
    return noisy(alpha[..., None] * subject + (1 - alpha[..., None]) * backdrop, seed), alpha


def noisy(linear, seed):
    rng = np.random.default_rng(seed)
    return (linear + rng.normal(0, 0.004, linear.shape)).astype(np.float32)


def test_a_moved_and_brighter_plate_is_laid_onto_the_picture():
    backdrop = textured_set()
    picture, _ = with_subject(backdrop, 1)
    there = cv2.warpAffine(
        backdrop, np.float32([[1, 0, 5.0], [0, 1, -3.0]]), (480, 360), borderMode=cv2.BORDER_REFLECT
    )
    aligned = align_plate(picture, noisy(there / 2, 2))
    assert aligned.shift_px == pytest.approx(np.hypot(5, 3), abs=0.5)
    assert aligned.exposure_stops == pytest.approx(1.0, abs=0.05)
    inner = np.s_[40:80, 40:-40]
    assert np.abs(aligned.linear[inner] - backdrop[inner]).mean() < 0.02


def test_a_plate_of_the_same_place_stays_where_it_is():
    flat = np.full((120, 160, 3), 0.4, np.float32)
    aligned = align_plate(noisy(flat, 1), noisy(flat, 2))
    assert aligned.shift_px == 0
    assert aligned.exposure_stops == pytest.approx(0, abs=0.01)


@pytest.mark.parametrize(
    ("backdrop", "most_wrong"),
    [(np.full((360, 480, 3), 0.4, np.float32), 0.0), (textured_set(), 0.003)],
    ids=["plain", "textured, with blotches of the subject's colour"],
)
def test_the_difference_finds_the_subject(backdrop, most_wrong):
    picture, alpha = with_subject(backdrop, 1)
    plate = align_plate(picture, noisy(backdrop, 2))
    trimap = difference_trimap(picture, SRGB.encode(picture, 8), plate)
    assert (alpha[trimap == FOREGROUND] < 1).mean() <= most_wrong
    assert (alpha[trimap == BACKGROUND] > 0).mean() <= most_wrong
    assert (trimap == UNKNOWN).mean() < 0.06


def test_a_picture_of_the_empty_set_has_no_subject():
    backdrop = textured_set()
    picture = noisy(backdrop, 1)
    plate = align_plate(picture, noisy(backdrop, 2))
    with pytest.raises(NothingToCutByError, match="nowhere differs"):
        difference_trimap(picture, SRGB.encode(picture, 8), plate)


def test_a_plate_of_another_size_is_refused():
    with pytest.raises(MismatchError, match="160 x 120"):
        align_plate(np.zeros((90, 160, 3), np.float32), np.zeros((120, 160, 3), np.float32))


def test_a_real_person_before_a_hand_held_plate(real_data):
    folder = real_data / "alpha" / "clean_plate"
    picture = read_picture(folder / "0001_img.png")
    linear = picture.linear()
    plate = align_plate(linear, read_picture(folder / "back.png").linear())
    trimap = difference_trimap(linear, picture.encoded_8bit(), plate)
    assert 20 < plate.shift_px < 45
    inside = [(810, 300), (810, 560), (650, 900), (1000, 900), (850, 1050)]
    outside = [(300, 300), (1230, 300), (300, 900), (1500, 900), (620, 760), (1060, 720)]
    assert all(trimap[y, x] == FOREGROUND for x, y in inside)
    assert all(trimap[y, x] == BACKGROUND for x, y in outside)


# --- GrabCut -------------------------------------------------------------------------------------


def test_grabcut_fills_the_holes_of_depth_by_colour():
    picture = np.zeros((120, 160, 3), np.uint8)
    picture[...] = (40, 60, 160)
    true = np.zeros((120, 160), bool)
    true[30:90, 50:110] = True
    picture[true] = (180, 120, 40)
    subject = true.copy()
    subject[50:70, 70:110] = False  # a hole in depth that reaches the outline
    background = ~true
    background[28:92, 110:114] = False
    trimap = grabcut_trimap(picture, subject, background)
    assert true[trimap == FOREGROUND].all()
    assert not true[trimap == BACKGROUND].any()
    assert trimap[60, 90] == FOREGROUND
    with pytest.raises(NothingToCutByError, match="too little"):
        grabcut_trimap(picture, np.zeros_like(true), background)


def test_the_keyers_trimaps_can_be_solved():
    backdrop = textured_set()
    picture, alpha = with_subject(backdrop, 1)
    encoded = EncodedPicture(SRGB.encode(picture, 8), SRGB, Path("set.png"))
    plate = align_plate(picture, noisy(backdrop, 2))
    matte = cut_out(encoded, difference_trimap(picture, encoded.encoded_8bit(), plate))
    assert np.abs(matte.alpha - alpha).mean() < 0.005
