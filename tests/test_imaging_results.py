"""Results as files: exact codes where alpha is 1, layers as they are, linear light in OpenEXR."""

from pathlib import Path

import numpy as np
import OpenEXR
import pytest
from PIL import Image
from psd_tools import PSDImage

from devices.depth_files import read_depth_file
from matting.imaging.curves import SRGB
from matting.imaging.errors import OutputError
from matting.imaging.files import read_cutout, read_picture
from matting.imaging.icc import srgb_profile
from matting.imaging.pixels import EncodedPicture
from matting.imaging.psd import Layer, encode_psd
from matting.imaging.results import (
    SubjectLayer,
    check_cutout_kind,
    check_opaque_kind,
    write_composite,
    write_layers,
    write_subject,
)

HEIGHT, WIDTH = 40, 53
#: TIFF with one entry, orientation 1: the least EXIF block.
EXIF = b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x01\0\0\0\0\0\0\0"


def photograph(bit_depth=8, **metadata):
    kind = np.uint8 if bit_depth == 8 else np.uint16
    codes = np.random.default_rng(1).integers(0, 1 << bit_depth, (HEIGHT, WIDTH, 3), dtype=kind)
    return EncodedPicture(codes, SRGB, Path("photo.png"), **metadata)


def alpha_of(left, right):
    """Return a matte with a soft edge of 4 px around the columns from `left` to `right`."""
    x = np.arange(WIDTH)
    row = np.clip(np.minimum(x - left, right - x) / 4, 0, 1)
    return np.tile(row, (HEIGHT, 1)).astype(np.float32)


def subject(picture, alpha, name="Subject 1", **other):
    return SubjectLayer(name, alpha, picture.linear(), **other)


# --- exact codes ---------------------------------------------------------------------------------


def codes_in(path, bit_depth):
    """Return (H, W, 4) codes of a cut-out read by a decoder of its own."""
    if path.suffix != ".psd":
        picture, alpha = read_cutout(path)
        return np.dstack([picture.codes, np.round(alpha * ((1 << bit_depth) - 1))])
    layer = PSDImage.open(path)[-1]
    largest = (1 << bit_depth) - 1
    whole = np.zeros((HEIGHT, WIDTH, 4))
    box = np.s_[layer.top : layer.bottom, layer.left : layer.right]
    whole[box][..., :3] = np.round(layer.numpy("color") * largest)
    whole[box][..., 3] = np.round(layer.numpy("mask")[..., 0] * largest)
    return whole


@pytest.mark.parametrize("ending", [".png", ".tif", ".psd"])
@pytest.mark.parametrize("bit_depth", [8, 16])
def test_where_alpha_is_1_the_file_holds_the_photographs_codes(tmp_path, ending, bit_depth):
    picture, alpha = photograph(bit_depth), alpha_of(10, 40)
    path = tmp_path / f"cut{ending}"
    write_subject(path, subject(picture, alpha), picture)
    codes = codes_in(path, bit_depth)
    np.testing.assert_array_equal(codes[alpha == 1][:, :3], picture.codes[alpha == 1])
    np.testing.assert_array_equal(codes[..., 3], np.round(alpha * ((1 << bit_depth) - 1)))
    assert not codes[alpha_of(6, 44) == 0][:, :3].any()  # nothing of the background


def test_colours_that_were_edited_are_written_where_alpha_is_1(tmp_path):
    picture, alpha = photograph(), alpha_of(10, 40)
    layer = SubjectLayer("s", alpha, picture.linear() * np.float32(0.5), keep_opaque_codes=False)
    write_subject(tmp_path / "cut.png", layer, picture)
    written, _ = read_cutout(tmp_path / "cut.png")
    inside = alpha == 1
    np.testing.assert_allclose(
        written.linear()[inside], picture.linear()[inside] / 2, atol=0.005, rtol=0.02
    )


# --- PSD -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("bit_depth", [8, 16])
def test_a_psd_holds_each_subject_as_a_masked_layer_nearest_on_top(tmp_path, bit_depth):
    picture = photograph(bit_depth, icc=srgb_profile(), exif=EXIF, dpi=(300.0, 300.0))
    near, far = alpha_of(4, 25), alpha_of(20, 50)
    layers = [subject(picture, near, "Näher 近"), subject(picture, far, "Subject 2")]
    write_layers(tmp_path / "cut.psd", layers, picture)
    document = PSDImage.open(tmp_path / "cut.psd")
    assert (document.width, document.height, document.depth) == (WIDTH, HEIGHT, bit_depth)
    assert [layer.name for layer in document] == ["Backdrop", "Subject 2", "Näher 近"]
    assert [layer.has_mask() for layer in document] == [False, True, True]
    largest = (1 << bit_depth) - 1
    backdrop = np.round(document[0].numpy("color") * largest)
    np.testing.assert_array_equal(backdrop, picture.codes)
    merged = np.round(document.numpy("color") * largest)
    np.testing.assert_array_equal(merged, picture.codes)
    assert document.image_resources.get_data(1039) == srgb_profile()
    assert document.image_resources.get_data(1058) == EXIF
    assert document.image_resources.get_data(1005).horizontal == 300 * 65536


def test_a_mask_hides_what_it_should(tmp_path):
    picture = photograph()
    grey = np.full((HEIGHT, WIDTH, 3), 200, np.uint8)
    mask = np.zeros((HEIGHT, WIDTH), np.uint8)
    mask[:20] = 255
    parts = encode_psd([Layer("below", picture.codes), Layer("above", grey, mask)], picture.codes)
    (tmp_path / "a.psd").write_bytes(b"".join(parts))
    shown = np.asarray(PSDImage.open(tmp_path / "a.psd").composite(force=True).convert("RGB"))
    np.testing.assert_array_equal(shown[:20], grey[:20])
    np.testing.assert_array_equal(shown[20:], picture.codes[20:])


def test_an_empty_matte_is_a_layer_that_shows_nothing(tmp_path):
    picture = photograph()
    write_subject(tmp_path / "a.psd", subject(picture, alpha_of(90, 91)), picture)
    layer = PSDImage.open(tmp_path / "a.psd")[-1]
    assert layer.numpy("mask").max() == 0


# --- OpenEXR -------------------------------------------------------------------------------------


@pytest.mark.parametrize(("bit_depth", "kind"), [(8, np.float16), (16, np.float32)])
def test_exr_is_linear_and_premultiplied(tmp_path, bit_depth, kind):
    picture, alpha = photograph(bit_depth), alpha_of(10, 40)
    write_subject(tmp_path / "cut.exr", subject(picture, alpha), picture)
    with OpenEXR.File(str(tmp_path / "cut.exr")) as file:
        pixels = file.channels()["RGBA"].pixels
        assert set(file.channels()) == {"RGBA"}
    assert pixels.dtype == kind
    np.testing.assert_allclose(pixels[..., 3], alpha, atol=1e-3)
    expected = SRGB.decode(picture.codes) * alpha[..., None]
    np.testing.assert_allclose(pixels[..., :3], expected, rtol=1e-3, atol=1e-6)
    if bit_depth == 8:  # half floats still tell all of its codes apart
        inside = alpha == 1
        again = SRGB.encode(pixels[inside][:, :3].astype(np.float32), 8)
        np.testing.assert_array_equal(again, picture.codes[inside])


def test_exr_holds_depth_in_metres_and_no_depth_that_was_not_measured(tmp_path):
    depth = np.full((HEIGHT // 2, WIDTH), 1.5, np.float32)
    depth[:, WIDTH // 2 :] = 3.0
    depth[0, 0] = np.nan
    picture = photograph()
    layer = subject(picture, alpha_of(10, 40), depth_m=depth)
    write_subject(tmp_path / "cut.exr", layer, picture)
    read = read_depth_file(tmp_path / "cut.exr").depth_m
    assert read.shape == (HEIGHT, WIDTH)
    assert np.isnan(read[:2, 0]).all()
    assert set(np.unique(read[np.isfinite(read)])) == {np.float32(1.5), np.float32(3.0)}


# --- composites and kinds ------------------------------------------------------------------------


@pytest.mark.parametrize("ending", [".png", ".tif", ".jpg"])
def test_a_composite_keeps_profile_resolution_and_exif(tmp_path, ending):
    picture = photograph(icc=srgb_profile(), exif=EXIF, dpi=(300.0, 300.0))
    smooth = np.full((HEIGHT, WIDTH, 3), (10, 120, 200), np.uint8)
    write_composite(tmp_path / f"on{ending}", smooth, picture)
    read = read_picture(tmp_path / f"on{ending}")
    assert np.abs(read.codes.astype(int) - smooth).max() <= (2 if ending == ".jpg" else 0)
    assert read.icc == srgb_profile()
    assert read.dpi == pytest.approx((300, 300), abs=0.05)
    assert read.exif is not None
    with Image.open(tmp_path / f"on{ending}") as image:
        assert image.mode == "RGB"


def test_exif_that_jpeg_cannot_hold_is_told(tmp_path):
    picture = photograph(exif=EXIF + bytes(70_000))
    with pytest.raises(OutputError, match="EXIF"):
        write_composite(tmp_path / "on.jpg", picture.codes, picture)
    assert not any(tmp_path.iterdir())


def test_unknown_kinds_are_refused_with_those_that_are_known(tmp_path):
    with pytest.raises(OutputError, match=r"\.png, \.tif, \.tiff, \.psd, \.exr"):
        check_cutout_kind(tmp_path / "a.jpg")
    with pytest.raises(OutputError, match=r"\.jpg"):
        check_opaque_kind(tmp_path / "a.psd")
    with pytest.raises(OutputError, match="gone"):
        write_subject(
            tmp_path / "gone" / "a.exr", subject(photograph(), alpha_of(10, 40)), photograph()
        )
    assert not any(tmp_path.iterdir())
