"""Masks, mattes and cut-outs: read as written, nothing half-written, each fault in words."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
import tifffile
from picture_files import CODES_8, CODES_16, RNG, exif_block, write_png
from PIL import Image

from matting.imaging.curves import SRGB
from matting.imaging.errors import (
    InputFileError,
    MismatchError,
    OutputError,
)
from matting.imaging.exif import settings_from_exif
from matting.imaging.files import (
    cutout_codes,
    read_alpha,
    read_cutout,
    read_mask,
    read_picture,
    write_alpha,
    write_cutout,
)
from matting.imaging.icc import srgb_profile
from matting.imaging.pixels import EncodedPicture
from matting.imaging.png import encode_png

# --- masks ---------------------------------------------------------------------------------------


def test_masks_are_read_from_grey_three_channels_palette_and_16_bit(tmp_path) -> None:
    mask = np.array([[0, 128, 255]], dtype=np.uint8)
    path = tmp_path / "m.png"
    for image in (
        Image.fromarray(mask),
        Image.fromarray(np.repeat(mask[..., None], 3, axis=2)),
        Image.fromarray(mask).convert("P"),
    ):
        image.save(path)
        np.testing.assert_array_equal(read_mask(path), mask)
    write_png(path, (mask.astype(np.uint16) * 257)[..., None])
    np.testing.assert_array_equal(read_mask(path), mask)
    np.testing.assert_allclose(read_alpha(path), mask / 255, atol=1e-6)


def test_the_alpha_of_a_cutout_is_read_as_the_mask(tmp_path) -> None:
    codes = np.dstack([CODES_8, CODES_8[..., 0]])
    path = write_png(tmp_path / "c.png", codes)
    np.testing.assert_array_equal(read_mask(path), CODES_8[..., 0])


def test_a_colour_picture_is_no_mask(tmp_path) -> None:
    with pytest.raises(InputFileError, match="colour picture"):
        read_mask(write_png(tmp_path / "c.png", CODES_8))


# --- writing -------------------------------------------------------------------------------------


def picture_of(codes: np.ndarray) -> EncodedPicture:
    return EncodedPicture(
        codes, SRGB, Path("in.png"), icc=srgb_profile(), exif=exif_block(), dpi=(300, 240)
    )


@pytest.mark.parametrize("suffix", [".png", ".tif"])
@pytest.mark.parametrize("codes", [CODES_8, CODES_16], ids=["8 bit", "16 bit"])
def test_a_cutout_keeps_codes_where_opaque_and_all_metadata(tmp_path, codes, suffix) -> None:
    picture = picture_of(codes)
    alpha = np.clip(np.linspace(-0.5, 1.5, 53, dtype=np.float32), 0, 1)[None].repeat(37, axis=0)
    foreground = np.full(codes.shape, 0.25, dtype=np.float32)
    path = tmp_path / f"cut{suffix}"
    write_cutout(path, alpha, foreground, picture)
    if suffix == ".png":
        read = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)[..., [2, 1, 0, 3]]
    else:
        read = tifffile.imread(path)
        with tifffile.TiffFile(path) as file:
            assert file.pages[0].extrasamples == (tifffile.EXTRASAMPLE.UNASSALPHA,)
    assert read.dtype == codes.dtype
    largest = np.iinfo(codes.dtype).max
    opaque = read[..., 3] == largest
    np.testing.assert_array_equal(opaque, alpha > 1 - 0.5 / largest)
    np.testing.assert_array_equal(read[opaque][:, :3], codes[opaque])
    np.testing.assert_allclose(read[..., 3] / largest, alpha, atol=0.51 / largest)
    partial = (read[..., 3] > 0) & ~opaque
    expected = SRGB.encode(foreground[:1, :1], codes.dtype.itemsize * 8)[0, 0]
    assert (read[partial][:, :3] == expected).all()
    again = read_picture(path)
    assert again.icc == srgb_profile()
    assert again.dpi == pytest.approx((300, 240), abs=0.02)
    before, after = settings_from_exif(picture.exif), settings_from_exif(again.exif)
    assert before == after
    np.testing.assert_allclose(read_alpha(path), alpha, atol=0.51 / largest)


def test_pillow_reads_the_8_bit_tiff_and_its_exif(tmp_path) -> None:
    path = tmp_path / "cut.tif"
    write_cutout(
        path, np.ones((37, 53), np.float32), np.zeros((37, 53, 3), np.float32), picture_of(CODES_8)
    )
    with Image.open(path) as image:
        assert image.mode == "RGBA"
        np.testing.assert_array_equal(np.asarray(image)[..., :3], CODES_8)
        detail = image.getexif().get_ifd(0x8769)
        assert float(detail[0x829A]) == 1 / 125
        assert image.info["icc_profile"] == srgb_profile()


def test_no_background_goes_into_a_cutout(tmp_path) -> None:
    alpha = np.zeros((37, 53), dtype=np.float32)
    alpha[10:20, 10:20] = 1
    codes = cutout_codes(alpha, np.full((37, 53, 3), 0.5, np.float32), picture_of(CODES_8))
    far = np.ones((37, 53), dtype=bool)
    far[8:22, 8:22] = False
    assert (codes[far] == 0).all()
    assert (codes[8, 8:22, :3] == codes[8, 8, :3]).all()


def test_a_big_png_is_the_same_bytes_on_one_and_on_many_threads(monkeypatch) -> None:
    codes = np.tile(CODES_16, (40, 20, 1))
    one = b"".join(encode_png(codes))
    monkeypatch.setattr(os, "cpu_count", lambda: 7)
    assert b"".join(encode_png(codes)) == one
    decoded = cv2.imdecode(np.frombuffer(one, np.uint8), cv2.IMREAD_UNCHANGED)
    np.testing.assert_array_equal(decoded[..., ::-1], codes)


@pytest.mark.parametrize("bit_depth", [8, 16])
@pytest.mark.parametrize("suffix", [".png", ".tiff"])
def test_alpha_files_round_trip(tmp_path, bit_depth, suffix) -> None:
    alpha = RNG.random((20, 30), dtype=np.float32)
    path = tmp_path / f"a{suffix}"
    write_alpha(path, alpha, bit_depth)
    np.testing.assert_allclose(read_alpha(path), alpha, atol=0.51 / ((1 << bit_depth) - 1))


@pytest.mark.parametrize("name", ["cut.jpg", "cut.webp", "cut"])
def test_endings_that_cannot_hold_the_result_are_refused(tmp_path, name) -> None:
    with pytest.raises(OutputError, match=r"\.png, \.tif or \.tiff"):
        write_alpha(tmp_path / name, np.zeros((2, 2), np.float32))
    assert list(tmp_path.iterdir()) == []


def test_a_missing_folder_and_a_folder_in_the_way_are_named(tmp_path) -> None:
    alpha = np.zeros((2, 2), np.float32)
    with pytest.raises(OutputError, match="cannot be written"):
        write_alpha(tmp_path / "gone" / "a.png", alpha)
    (tmp_path / "b.png").mkdir()
    with pytest.raises(OutputError, match="is a folder"):
        write_alpha(tmp_path / "b.png", alpha)
    (tmp_path / "file").write_bytes(b"x")
    with pytest.raises(OutputError, match="parent is a folder"):
        write_alpha(tmp_path / "file" / "a.png", alpha)


@pytest.mark.skipif(sys.platform == "win32", reason="file size limits are POSIX")
def test_when_the_disk_fails_the_old_file_stays_and_nothing_else(tmp_path) -> None:
    import resource

    path = tmp_path / "a.png"
    path.write_bytes(b"the old result")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, hard))
    try:
        with pytest.raises(OutputError, match=r"a\.png"):
            write_alpha(path, RNG.random((200, 200), dtype=np.float32))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert path.read_bytes() == b"the old result"
    assert list(tmp_path.iterdir()) == [path]


def test_a_matte_of_another_size_is_refused(tmp_path) -> None:
    with pytest.raises(MismatchError):
        write_cutout(
            tmp_path / "a.png",
            np.zeros((3, 3), np.float32),
            np.zeros((3, 3, 3), np.float32),
            picture_of(CODES_8),
        )


def test_a_cutout_reads_back_as_it_was_written(tmp_path):
    rng = np.random.default_rng(3)
    codes = rng.integers(0, 256, (24, 36, 3), dtype=np.uint8)
    like = EncodedPicture(codes=codes, transfer=SRGB, path=tmp_path / "photo.png")
    alpha = rng.integers(0, 256, (24, 36)).astype(np.float32) / 255
    write_cutout(tmp_path / "cut.png", alpha, like.linear(), like)
    picture, read = read_cutout(tmp_path / "cut.png")
    assert np.array_equal(read, alpha)
    assert np.array_equal(picture.codes[alpha > 0], codes[alpha > 0])


def test_a_picture_without_alpha_is_no_cutout(tmp_path):
    codes = np.full((8, 8, 3), 90, np.uint8)
    Image.fromarray(codes).save(tmp_path / "plain.png")
    with pytest.raises(InputFileError, match="no alpha channel"):
        read_cutout(tmp_path / "plain.png")
