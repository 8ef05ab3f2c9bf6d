"""Foreground colours and the cut-out made of them."""

from __future__ import annotations

import os
from pathlib import Path

import numba
import numpy as np
import pytest

from matting.band_solver import closed_form_alpha
from matting.cutout import cut_out, perceptual_values
from matting.foreground import estimate_foreground
from matting.imaging.curves import LINEAR, SRGB
from matting.imaging.errors import MismatchError
from matting.imaging.files import read_alpha, read_mask, read_picture
from matting.imaging.pixels import EncodedPicture

DATA = Path(os.environ.get("MATTEBOX_DATA", Path(__file__).parents[2] / "shared" / "data"))


def composite(side: int = 96) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return linear picture, alpha and true foreground: a soft disc, red over blue."""
    y, x = np.mgrid[:side, :side].astype(np.float32) / side
    alpha = np.clip((0.35 - np.hypot(x - 0.5, y - 0.5)) / 0.1 + 0.5, 0, 1)
    front = np.stack([0.8 - 0.2 * x, 0.2 + 0.1 * y, 0.1 + 0 * x], axis=-1)
    back = np.stack([0.05 + 0 * x, 0.2 + 0.1 * x, 0.7 - 0.2 * y], axis=-1)
    picture = alpha[..., None] * front + (1 - alpha[..., None]) * back
    return picture.astype(np.float32), alpha.astype(np.float32), front.astype(np.float32)


def test_the_mixed_colours_are_unmixed() -> None:
    picture, alpha, front = composite()
    band = (alpha > 0.02) & (alpha < 1)
    before = np.abs(picture - front)[band].mean()
    after = np.abs(estimate_foreground(picture, alpha) - front)[band].mean()
    assert after < 0.1 * before


def test_where_alpha_is_one_the_picture_stays_to_the_bit() -> None:
    picture, alpha, _ = composite()
    foreground = estimate_foreground(picture, alpha)
    np.testing.assert_array_equal(foreground[alpha == 1], picture[alpha == 1])
    assert np.isfinite(foreground).all()
    assert foreground.min() >= 0


def test_highlights_beyond_white_are_kept() -> None:
    picture, alpha, _ = composite()
    bright = picture * 4
    foreground = estimate_foreground(bright, alpha)
    assert foreground.max() > 2.5
    np.testing.assert_array_equal(foreground[alpha == 1], bright[alpha == 1])


def test_twice_the_light_gives_twice_the_foreground() -> None:
    picture, alpha, _ = composite()
    once, twice = (
        estimate_foreground(picture * 0.3, alpha),
        estimate_foreground(picture * 0.6, alpha),
    )
    np.testing.assert_allclose(twice, 2 * once, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("value", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("shape", [(1, 1), (1, 7), (5, 1), (33, 2)])
def test_flat_alpha_of_any_size_gives_finite_colours(value, shape) -> None:
    picture = np.random.default_rng(0).random((*shape, 3), dtype=np.float32)
    foreground = estimate_foreground(picture, np.full(shape, value, dtype=np.float32))
    assert np.isfinite(foreground).all()
    if value == 1:
        np.testing.assert_array_equal(foreground, picture)


def test_the_bits_do_not_depend_on_the_number_of_threads() -> None:
    picture, alpha, _ = composite(200)
    threads = numba.get_num_threads()
    try:
        numba.set_num_threads(1)
        one = estimate_foreground(picture, alpha)
    finally:
        numba.set_num_threads(threads)
    np.testing.assert_array_equal(estimate_foreground(picture, alpha), one)


def test_shapes_that_do_not_fit_are_refused() -> None:
    with pytest.raises(MismatchError):
        estimate_foreground(np.zeros((3, 3, 3), np.float32), np.zeros((3, 4), np.float32))


def test_it_errs_less_than_the_reference_implementation_on_a_real_matte() -> None:
    folder = DATA / "alpha" / "lemur"
    if not folder.exists():
        pytest.skip("the lemur is not here (set MATTEBOX_DATA)")
    from pymatting import estimate_foreground_ml

    alpha = read_alpha(folder / "lemur_alpha.png")
    front = read_picture(folder / "lemur_foreground.png").linear()
    back = read_picture(folder / "lemur_background.png").linear()
    picture = alpha[..., None] * front + (1 - alpha[..., None]) * back
    band = (alpha > 0) & (alpha < 1)

    def error(foreground: np.ndarray) -> float:
        return float((((foreground - front) * alpha[..., None])[band] ** 2).mean())

    assert error(estimate_foreground(picture, alpha)) < error(
        estimate_foreground_ml(picture, alpha)
    )


def picture_of(linear: np.ndarray, transfer=SRGB) -> EncodedPicture:
    return EncodedPicture(transfer.encode(linear, 16), transfer, Path("in.png"))


def test_a_cut_out_composited_on_its_own_background_is_the_picture() -> None:
    linear, truth, _ = composite()
    trimap = np.where(truth == 0, 0, np.where(truth == 1, 255, 128)).astype(np.uint8)
    picture = picture_of(linear)
    matte = cut_out(picture, trimap)
    assert set(matte.seconds) == {"linearise", "alpha", "foreground"}
    # Encoded values bend the mixing line of a blend ten pixels wide.
    assert ((matte.alpha - truth)[trimap == 128] ** 2).mean() < 5e-3
    np.testing.assert_array_equal(
        matte.foreground_linear[trimap == 255], picture.linear()[trimap == 255]
    )
    back = linear * 0
    black = matte.alpha[..., None] * matte.foreground_linear + (1 - matte.alpha[..., None]) * back
    assert (black <= linear + 0.05).all()
    with pytest.raises(ValueError, match="read-only"):
        matte.alpha[0, 0] = 1


def test_light_mixes_linearly_so_that_linear_values_give_a_wide_blend_exactly() -> None:
    linear, truth, _ = composite()
    trimap = np.where(truth == 0, 0, np.where(truth == 1, 255, 128)).astype(np.uint8)
    alpha = closed_form_alpha(linear, trimap)
    assert ((alpha - truth)[trimap == 128] ** 2).mean() < 1e-4


def test_a_linear_file_is_cut_like_its_encoded_twin() -> None:
    linear, truth, _ = composite()
    trimap = np.where(truth == 0, 0, np.where(truth == 1, 255, 128)).astype(np.uint8)
    np.testing.assert_allclose(
        perceptual_values(picture_of(linear, LINEAR)), picture_of(linear).encoded(), atol=5e-4
    )
    one, other = cut_out(picture_of(linear), trimap), cut_out(picture_of(linear, LINEAR), trimap)
    assert np.abs(one.alpha - other.alpha).mean() < 0.01


def test_a_trimap_of_another_picture_is_refused() -> None:
    linear, _, _ = composite()
    with pytest.raises(MismatchError, match="96 x 96"):
        cut_out(picture_of(linear), np.zeros((5, 5), np.uint8))


def test_closed_form_finds_what_the_lemurs_reference_is_made_by() -> None:
    folder = DATA / "alpha" / "lemur"
    if not folder.exists():
        pytest.skip("the lemur is not here (set MATTEBOX_DATA)")
    trimap = read_mask(folder / "lemur_trimap.png")
    alpha = closed_form_alpha(read_picture(folder / "lemur.png").encoded(), trimap)
    reference = read_alpha(folder / "lemur_alpha.png")
    unknown = (trimap != 0) & (trimap != 255)
    assert ((alpha - reference)[unknown] ** 2).mean() < 1e-3
