"""Reading and writing pictures: nothing lost, nothing half-written, each fault in words."""

from __future__ import annotations

import contextlib
import io
import os
import struct
import sys
import zlib
from pathlib import Path

import cv2
import numpy as np
import pillow_heif
import pytest
import tifffile
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from matting.imaging import ifd
from matting.imaging.curves import LINEAR, SRGB
from matting.imaging.errors import (
    InputFileError,
    MismatchError,
    OutputError,
    TruncatedFileError,
)
from matting.imaging.exif import PhotoSettings, read_exif_settings, settings_from_exif
from matting.imaging.files import (
    cutout_codes,
    read_alpha,
    read_cutout,
    read_mask,
    read_picture,
    upright,
    write_alpha,
    write_cutout,
)
from matting.imaging.icc import srgb_profile
from matting.imaging.pixels import EncodedPicture
from matting.imaging.png import encode_png

DATA = Path(os.environ.get("MATTEBOX_DATA", Path(__file__).parents[2] / "shared" / "data"))
RNG = np.random.default_rng(1)
CODES_8 = RNG.integers(0, 256, (37, 53, 3), dtype=np.uint8)
CODES_16 = RNG.integers(0, 65536, (37, 53, 3), dtype=np.uint16)


def real(relative: str) -> Path:
    path = DATA / relative
    if not path.exists():
        pytest.skip(f"real data {relative} is not here (set MATTEBOX_DATA)")
    return path


def exif_block(orientation: int = 1, order: str = "<") -> bytes:
    """Return EXIF with orientation, 1/125 s, f/5.6, ISO 400 and 85 mm."""
    head = b"II*\0" if order == "<" else b"MM\0*"
    entries = [
        (0x829A, 5, 1, struct.pack(f"{order}II", 1, 125)),
        (0x829D, 5, 1, struct.pack(f"{order}II", 56, 10)),
        (0x8827, 3, 1, struct.pack(f"{order}HH", 400, 0)),
        (0x9003, 2, 20, b"2024:05:06 07:08:09\0"),
        (0x920A, 5, 1, struct.pack(f"{order}II", 85, 1)),
        (0xA403, 3, 1, struct.pack(f"{order}HH", 1, 0)),
    ]
    main_entries = 2
    detail_at = 8 + 2 + 12 * main_entries + 4
    values_at = detail_at + 2 + 12 * len(entries) + 4
    detail, values = struct.pack(f"{order}H", len(entries)), b""
    for tag, kind, count, data in entries:
        detail += struct.pack(f"{order}HHI", tag, kind, count)
        if len(data) <= 4:
            detail += data
        else:
            detail += struct.pack(f"{order}I", values_at + len(values))
            values += data
    main = struct.pack(f"{order}H", main_entries)
    main += struct.pack(f"{order}HHIHH", 0x0112, 3, 1, orientation, 0)
    main += struct.pack(f"{order}HHII", 0x8769, 4, 1, detail_at) + struct.pack(f"{order}I", 0)
    return head + struct.pack(f"{order}I", 8) + main + detail + struct.pack(f"{order}I", 0) + values


def write_png(path: Path, codes: np.ndarray, **metadata: object) -> Path:
    path.write_bytes(b"".join(encode_png(codes, **metadata)))
    return path


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
