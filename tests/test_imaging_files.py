"""Reading pictures: nothing lost, each fault in words."""

from __future__ import annotations

import contextlib
import io
import struct
import zlib

import cv2
import numpy as np
import pillow_heif
import pytest
import tifffile
from hypothesis import given, settings
from hypothesis import strategies as st
from picture_files import CODES_8, CODES_16, exif_block, real, write_png
from PIL import Image

from matting.imaging import ifd
from matting.imaging.curves import LINEAR, SRGB
from matting.imaging.errors import (
    InputFileError,
    TruncatedFileError,
)
from matting.imaging.exif import PhotoSettings, read_exif_settings, settings_from_exif
from matting.imaging.files import (
    read_mask,
    read_picture,
    upright,
)
from matting.imaging.icc import srgb_profile
from matting.imaging.pixels import EncodedPicture

# --- reading -------------------------------------------------------------------------------------


@pytest.mark.parametrize("codes", [CODES_8, CODES_16], ids=["8 bit", "16 bit"])
def test_png_round_trip_keeps_codes_profile_exif_and_resolution(tmp_path, codes) -> None:
    path = write_png(
        tmp_path / "a.png", codes, icc=srgb_profile(), exif=exif_block(), dpi=(300, 300)
    )
    picture = read_picture(path)
    np.testing.assert_array_equal(picture.codes, codes)
    assert picture.bit_depth == codes.dtype.itemsize * 8
    assert picture.icc == srgb_profile()
    assert picture.exif == exif_block()
    assert picture.dpi == pytest.approx((300, 300), abs=0.02)
    assert picture.warnings == ()
    # Two independent decoders agree with ours.
    np.testing.assert_array_equal(cv2.imread(str(path), cv2.IMREAD_UNCHANGED)[..., ::-1], codes)
    with Image.open(path) as image:
        image.load()
        assert image.info["icc_profile"] == srgb_profile()


@pytest.mark.parametrize("compression", [None, "zlib"])
@pytest.mark.parametrize("codes", [CODES_8, CODES_16], ids=["8 bit", "16 bit"])
def test_tiff_is_read_exactly(tmp_path, codes, compression) -> None:
    path = tmp_path / "a.tif"
    tifffile.imwrite(
        path, codes, photometric="rgb", compression=compression, iccprofile=srgb_profile()
    )
    picture = read_picture(path)
    np.testing.assert_array_equal(picture.codes, codes)
    assert picture.icc == srgb_profile()


def test_16_bit_tiff_with_lzw_and_with_separate_planes(tmp_path) -> None:
    path = tmp_path / "a.tif"
    cv2.imwrite(str(path), CODES_16[..., ::-1], [cv2.IMWRITE_TIFF_COMPRESSION, 5])
    np.testing.assert_array_equal(read_picture(path).codes, CODES_16)
    tifffile.imwrite(path, np.moveaxis(CODES_16, -1, 0), photometric="rgb", planarconfig="separate")
    np.testing.assert_array_equal(read_picture(path).codes, CODES_16)


@pytest.mark.parametrize("depth", [8, 16])
def test_grey_becomes_three_equal_channels(tmp_path, depth) -> None:
    grey = (CODES_8 if depth == 8 else CODES_16)[..., :1]
    picture = read_picture(write_png(tmp_path / "a.png", np.ascontiguousarray(grey)))
    np.testing.assert_array_equal(picture.codes, np.repeat(grey, 3, axis=2))


@pytest.mark.parametrize("codes", [CODES_8, CODES_16], ids=["8 bit", "16 bit"])
def test_alpha_of_an_input_is_dropped_with_a_warning_and_colours_stay(tmp_path, codes) -> None:
    opaque = np.full((*codes.shape[:2], 1), np.iinfo(codes.dtype).max, dtype=codes.dtype)
    with_alpha = np.concatenate([codes, codes[..., :1]], axis=2)
    picture = read_picture(write_png(tmp_path / "a.png", with_alpha))
    np.testing.assert_array_equal(picture.codes, codes)
    assert "alpha" in picture.warnings[0]
    silent = read_picture(write_png(tmp_path / "b.png", np.concatenate([codes, opaque], axis=2)))
    assert silent.warnings == ()


@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientation_is_applied_as_pillow_does_and_reset(tmp_path, orientation) -> None:
    from PIL import ImageOps

    path = tmp_path / "a.jpg"
    smooth = cv2.resize(CODES_8[:8, :6], (48, 64))
    Image.fromarray(smooth).save(path, exif=b"Exif\0\0" + exif_block(orientation), quality=95)
    picture = read_picture(path)
    with Image.open(path) as image:
        np.testing.assert_array_equal(picture.codes, np.asarray(ImageOps.exif_transpose(image)))
    assert read_exif_settings(path).orientation == orientation
    assert settings_from_exif(picture.exif).orientation == 1
    assert settings_from_exif(picture.exif).shutter_s == 1 / 125


@given(st.integers(1, 8))
def test_upright_keeps_every_sample(orientation) -> None:
    samples = np.arange(6).reshape(2, 3)
    turned = upright(samples, orientation)
    assert sorted(turned.ravel()) == list(range(6))
    assert turned.shape == ((3, 2) if orientation >= 5 else (2, 3))


def test_png_gamma_chunk_decides_only_when_it_differs_from_srgb(tmp_path) -> None:
    odd = read_picture(write_png(tmp_path / "a.png", CODES_8, gamma=1 / 1.8))
    assert odd.transfer.curves[0].decode(np.array([0.5]))[0] == pytest.approx(0.5**1.8, rel=1e-3)
    assert read_picture(write_png(tmp_path / "b.png", CODES_8, gamma=0.45455)).transfer is SRGB


def test_ten_bit_heif_becomes_16_bit_with_white_at_the_top(tmp_path) -> None:
    path = tmp_path / "a.hif"
    ten_bit = np.zeros((64, 64, 3), dtype=np.uint16)
    ten_bit[:, 32:] = 65535
    heif = pillow_heif.from_bytes("RGB;16", (64, 64), ten_bit.tobytes())
    heif.save(path, quality=-1, chroma=444, matrix_coefficients=0)
    picture = read_picture(path)
    assert picture.bit_depth == 16
    assert int(picture.codes[32, 60].min()) == 65535
    assert int(picture.codes[32, 4].max()) == 0


def test_linear_and_encoded_views_of_a_picture(tmp_path) -> None:
    picture = EncodedPicture(np.full((1, 1, 3), 188, dtype=np.uint8), SRGB, tmp_path / "x")
    assert picture.linear()[0, 0, 0] == pytest.approx(0.503, abs=1e-3)
    assert picture.encoded()[0, 0, 0] == pytest.approx(188 / 255)
    deep = EncodedPicture(np.full((1, 1, 3), 65535, dtype=np.uint16), LINEAR, tmp_path / "x")
    assert deep.encoded_8bit()[0, 0, 0] == 255
    with pytest.raises(ValueError, match="read-only"):
        picture.codes[0, 0, 0] = 1


# --- real files ----------------------------------------------------------------------------------


def test_real_camera_jpegs_all_decode_with_their_settings() -> None:
    folder = real("files/jpeg")
    for path in sorted(folder.iterdir()):
        assert read_picture(path).codes.ndim == 3
        assert isinstance(read_exif_settings(path), PhotoSettings)
    settings = read_exif_settings(folder / "Canon_40D.jpg")
    assert (settings.iso, settings.shutter_s, settings.aperture_f) == (100, 1 / 160, 7.1)
    assert (settings.make, settings.model) == ("Canon", "Canon EOS 40D")
    assert settings.focal_length_mm == 135


def test_real_bracket_keeps_its_exposure_ratios() -> None:
    """Three exposures three stops apart: shutter times and mean light rise together."""
    folder = real("files/bracket_canon")
    paths = sorted(folder.iterdir())
    assert [read_exif_settings(path).shutter_s for path in paths] == [0.125, 1, 8]
    light = [float(read_picture(path).linear().mean()) for path in paths]
    assert light[0] < light[1] < light[2]


def test_real_raw_is_developed_to_16_bit_srgb() -> None:
    picture = read_picture(real("files/dng/colorchart.dng"))
    assert picture.bit_depth == 16
    assert picture.icc == srgb_profile()
    assert (picture.height, picture.width) == (1156, 1734)
    assert settings_from_exif(picture.exif).model == "Canon EOS Kiss X4"


def test_real_heif_files_are_upright_and_keep_profile_and_exif() -> None:
    phone = read_picture(real("files/heif/arrow.heic"))
    assert (phone.height, phone.width) == (4032, 3024)
    assert "Display P3" in phone.transfer.name
    assert settings_from_exif(phone.exif).orientation == 1
    sony = read_picture(real("files/heif/cat.hif"))
    assert sony.bit_depth == 16
    assert int(sony.codes.max()) == 65535


def test_raw_files_without_pixels_are_refused_in_words() -> None:
    folder = real("files/exiftool_stubs")
    stubs = [p for p in sorted(folder.iterdir()) if p.suffix != ".jpg"]
    assert len(stubs) == 11
    for path in stubs:
        with pytest.raises(InputFileError, match=path.name) as failure:
            read_picture(path)
        assert failure.value.remedy


# --- faults --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "content", "fault"),
    [
        ("gone.jpg", None, "does not exist"),
        ("empty.png", b"", "is empty"),
        ("text.jpg", b"this is no picture at all", "not a picture"),
        ("web.png", b"RIFF\0\0\0\0WEBPVP8 ", "not a picture"),
        ("x.nef", b"garbage that is not raw at all" * 4, "raw"),
    ],
)
def test_what_is_no_picture_is_named(tmp_path, name, content, fault) -> None:
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    for read in (read_picture, read_mask):
        with pytest.raises(InputFileError, match=fault) as failure:
            read(path)
        assert failure.value.subject == str(path)


def test_a_folder_is_no_picture(tmp_path) -> None:
    with pytest.raises(InputFileError, match="folder"):
        read_picture(tmp_path)


def _encoded(kind: str, codes: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    if kind in ("JPEG", "PNG"):
        Image.fromarray(codes).save(buffer, kind)
    elif kind == "HEIF":
        pillow_heif.from_pillow(Image.fromarray(codes)).save(buffer)
    else:
        wide = codes.astype(np.uint16) * 257 if kind == "TIFF 16" else codes
        tifffile.imwrite(buffer, wide, photometric="rgb")
    return buffer.getvalue()


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "HEIF", "TIFF 8", "TIFF 16"])
@pytest.mark.parametrize("share", [0.5, 0.9, 0.99])
def test_a_truncated_file_is_called_truncated(tmp_path, kind, share) -> None:
    whole = _encoded(kind, np.kron(CODES_8, np.ones((4, 4, 1), dtype=np.uint8)))
    path = tmp_path / "cut.bin"
    path.write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(TruncatedFileError, match=r"cut\.bin"):
        read_picture(path)


@settings(max_examples=60, deadline=None)
@given(kind=st.sampled_from(["JPEG", "PNG", "TIFF 8", "TIFF 16"]), data=st.data())
def test_damage_never_ends_in_another_exception(tmp_path_factory, kind, data) -> None:
    content = bytearray(_encoded(kind, CODES_8))
    for _ in range(data.draw(st.integers(1, 6))):
        place = data.draw(st.integers(0, len(content) - 1))
        content[place] = data.draw(st.integers(0, 255))
    path = tmp_path_factory.mktemp("damaged") / "x.bin"
    path.write_bytes(content)
    with contextlib.suppress(InputFileError):
        assert read_picture(path).codes.shape[2] == 3


def test_absurd_dimensions_are_refused_before_decoding(tmp_path) -> None:
    header = struct.pack(">IIBBBBB", 100_000, 100_000, 8, 2, 0, 0, 0)
    parts = [b"\x89PNG\r\n\x1a\n"]
    for name, body in ((b"IHDR", header), (b"IDAT", zlib.compress(b"\0")), (b"IEND", b"")):
        crc = struct.pack(">I", zlib.crc32(name + body))
        parts.append(struct.pack(">I", len(body)) + name + body + crc)
    path = tmp_path / "bomb.png"
    path.write_bytes(b"".join(parts))
    with pytest.raises(InputFileError, match="100000 x 100000"):
        read_picture(path)


def test_a_cmyk_jpeg_is_refused_in_words(tmp_path) -> None:
    path = tmp_path / "a.jpg"
    Image.fromarray(CODES_8).convert("CMYK").save(path)
    with pytest.raises(InputFileError, match="CMYK"):
        read_picture(path)


# --- EXIF ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("order", ["<", ">"])
def test_exif_settings_in_both_byte_orders(order) -> None:
    settings = settings_from_exif(exif_block(6, order))
    assert settings.shutter_s == 1 / 125
    assert settings.aperture_f == 5.6
    assert settings.iso == 400
    assert settings.focal_length_mm == 85
    assert settings.white_balance == "manual"
    assert settings.orientation == 6
    assert str(settings.captured_at) == "2024-05-06 07:08:09"


@settings(deadline=None)
@given(st.data())
def test_broken_exif_never_raises(data) -> None:
    block = bytearray(exif_block(order=data.draw(st.sampled_from("<>"))))
    for _ in range(data.draw(st.integers(1, 8))):
        block[data.draw(st.integers(0, len(block) - 1))] = data.draw(st.integers(0, 255))
    cut = bytes(block[: data.draw(st.integers(0, len(block)))])
    assert isinstance(settings_from_exif(cut), PhotoSettings)
    assert len(ifd.with_orientation_upright(cut)) == len(cut)
