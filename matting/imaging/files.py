"""The one place where pictures are read and written.

Reading keeps everything that a picture's numbers need in order to mean something: bit depth,
colour profile, EXIF, resolution; and turns it upright. Writing keeps them too.
"""

from __future__ import annotations

import os
import struct
import warnings
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from matting.imaging import curves, icc, ifd
from matting.imaging.atomic import write_atomically
from matting.imaging.containers import Format, format_of, is_cut_short
from matting.imaging.errors import (
    InputFileError,
    MismatchError,
    OutputError,
    TruncatedFileError,
)
from matting.imaging.pixels import EncodedPicture
from matting.imaging.png import encode_png
from matting.imaging.raw import is_raw
from matting.imaging.tiff import encode_tiff

if TYPE_CHECKING:
    from matting.imaging.decoders import Decoded

READABLE = "JPEG, PNG, TIFF, HEIC/HIF or a camera's raw file"
_PNG_SUFFIXES = (".png",)
_TIFF_SUFFIXES = (".tif", ".tiff")
#: Colour is kept this far beyond the subject's edge, so that enlarging a cut-out draws no fringe.
_BLEED_PX = 2
_GREY_TOLERANCE_8BIT = 4
#: What the decoders, all of them foreign, raise when a file is damaged.
_DECODER_FAILURES = (
    OSError,
    SyntaxError,
    ValueError,
    ArithmeticError,
    LookupError,
    TypeError,
    AttributeError,
    EOFError,
    RuntimeError,
    MemoryError,
    struct.error,
)


def read_picture(path: Path | str) -> EncodedPicture:
    """Read a photograph.

    JPEG, PNG and TIFF with 8 or 16 bits, HEIC and HIF (10 bits become 16), and raw files
    (developed to 16-bit sRGB with the camera's white balance and nothing brightened). Grey
    pictures become RGB. An alpha channel is dropped, its colours are kept as they stand, and a
    warning says so when it was not opaque.

    Raises
    ------
    InputFileError
        Missing, empty, not a picture, of a kind that is not read, or absurdly large.
    TruncatedFileError
        The file's end is missing.
    """
    source = Path(path)
    decoded = _decode(source)
    _, alpha = _split_alpha(decoded.samples)
    remarks = []
    if alpha is not None and int(alpha.min()) < np.iinfo(alpha.dtype).max:
        remarks.append("its alpha channel was left out; its colours were taken as they stand")
    return _picture(source, decoded, remarks)


def read_cutout(path: Path | str) -> tuple[EncodedPicture, npt.NDArray[np.float32]]:
    """Read a cut-out with straight alpha.

    Returns
    -------
    picture : EncodedPicture
        Colours as they stand, also where alpha is 0.
    alpha : (H, W) float32, 0 to 1, upright

    Raises
    ------
    InputFileError
        As `read_picture`, or the file has no alpha channel.
    TruncatedFileError
        The file's end is missing.
    """
    source = Path(path)
    decoded = _decode(source)
    _, alpha = _split_alpha(decoded.samples)
    if alpha is None:
        raise InputFileError(source, "has no alpha channel", "Give a cut-out as PNG or TIFF")
    turned = upright(alpha, decoded.orientation)
    return (
        _picture(source, decoded, []),
        turned.astype(np.float32) / np.float32(np.iinfo(alpha.dtype).max),
    )


def _picture(source: Path, decoded: Decoded, remarks: list[str]) -> EncodedPicture:
    """Return the colours of a decoded file, upright, with what is known of their encoding."""
    colours, _ = _split_alpha(decoded.samples)
    remarks = [*decoded.warnings, *remarks]
    if colours.ndim == 2:
        colours = np.repeat(colours[..., None], 3, axis=2)
    profile = decoded.icc
    transfer = decoded.transfer or curves.SRGB
    if profile is not None:
        transfer, reason = icc.transfer_or_srgb(profile)
        if reason is not None:
            remarks.append(reason)
        if icc.is_grey(profile):
            profile = None
            remarks.append("its grey profile is not written to colour results")
    return EncodedPicture(
        codes=np.ascontiguousarray(upright(colours, decoded.orientation)),
        transfer=transfer,
        path=source,
        icc=profile,
        exif=ifd.with_orientation_upright(decoded.exif) if decoded.exif else None,
        dpi=decoded.dpi,
        warnings=tuple(remarks),
    )


def read_mask(path: Path | str) -> npt.NDArray[np.uint8]:
    """Read a trimap or a mask.

    Returns
    -------
    (H, W) uint8, upright. A file with a transparent part is read by its alpha channel, any other
    by its grey values, which three equal channels may carry.

    Raises
    ------
    InputFileError
        As `read_picture`, or the file is a colour picture.
    TruncatedFileError
        The file's end is missing.
    """
    grey = _read_grey(Path(path))
    if grey.dtype == np.uint8:
        return np.asarray(grey, dtype=np.uint8)
    return ((grey.astype(np.uint32) * 255 + 32767) // 65535).astype(np.uint8)


def read_alpha(path: Path | str) -> npt.NDArray[np.float32]:
    """Read an alpha matte, or the alpha of a cut-out; see `read_mask`.

    Returns
    -------
    (H, W) float32, 0 to 1, upright
    """
    grey = _read_grey(Path(path))
    return grey.astype(np.float32) / np.float32(np.iinfo(grey.dtype).max)


def write_cutout(
    path: Path | str,
    alpha: npt.NDArray[np.float32],
    foreground_linear: npt.NDArray[np.float32],
    like: EncodedPicture,
    *,
    keep_opaque_codes: bool = True,
) -> None:
    """Write a cut-out with straight alpha, as PNG (.png) or TIFF (.tif, .tiff).

    Bit depth, colour profile, EXIF and resolution are those of `like`. Where alpha rounds to its
    largest code the colour codes are exactly those of `like`. Colour ends two pixels outside of
    the subject: nothing of the background goes into the file.

    Parameters
    ----------
    path : Path or str
    alpha : (H, W) float32, 0 to 1
    foreground_linear : (H, W, 3) float32, straight linear light in `like`'s primaries
    like : EncodedPicture
        The photograph that was cut out.
    keep_opaque_codes : bool
        False writes `foreground_linear` there too: for colours or a matte that were edited after
        they were solved.

    Raises
    ------
    MismatchError
        The arrays have another size than `like`.
    OutputError
        Another file ending, a folder that cannot be written to, a full disk.
    """
    target = Path(path)
    check_writable_kind(target)
    if alpha.shape != like.codes.shape[:2] or foreground_linear.shape != like.codes.shape:
        raise MismatchError(
            target,
            f"alpha {alpha.shape} and foreground {foreground_linear.shape} "
            f"do not fit the picture {like.codes.shape}",
            "Give the matte of this very picture",
        )
    codes = cutout_codes(alpha, foreground_linear, like, keep_opaque_codes=keep_opaque_codes)
    write_codes(target, codes, like)


def write_alpha(path: Path | str, alpha: npt.NDArray[np.float32], bit_depth: int = 8) -> None:
    """Write an alpha matte as a grey PNG or TIFF of 8 or 16 bits.

    Parameters
    ----------
    alpha : (H, W) float32, 0 to 1

    Raises
    ------
    OutputError
        Another file ending, a folder that cannot be written to, a full disk.
    """
    target = Path(path)
    check_writable_kind(target)
    write_codes(target, alpha_codes(alpha, bit_depth)[..., None])


def check_writable_kind(path: Path | str) -> None:
    """Raise OutputError unless the file's ending is one that results can be written as."""
    if Path(path).suffix.lower() not in _PNG_SUFFIXES + _TIFF_SUFFIXES:
        raise OutputError(
            path,
            "has an ending other than .png, .tif or .tiff, which alone can hold the result whole",
            "Give the result one of these endings",
        )


def alpha_codes(alpha: npt.NDArray[np.float32], bit_depth: int) -> npt.NDArray[Any]:
    """Return (H, W) uint8 or uint16: alpha rounded to codes."""
    largest = (1 << bit_depth) - 1
    rounded = np.clip(alpha, 0, 1) * np.float32(largest) + np.float32(0.5)
    return rounded.astype(np.uint8 if bit_depth == 8 else np.uint16)


def cutout_codes(
    alpha: npt.NDArray[np.float32],
    foreground_linear: npt.NDArray[np.float32],
    like: EncodedPicture,
    *,
    keep_opaque_codes: bool = True,
) -> npt.NDArray[Any]:
    """Return (H, W, 4) code values of a cut-out, straight alpha; see `write_cutout`."""
    import cv2

    height, width = alpha.shape
    codes = np.zeros((height, width, 4), dtype=like.codes.dtype)
    codes[..., 3] = alpha_codes(alpha, like.bit_depth)
    covered = codes[..., 3] > 0
    opaque = codes[..., 3] == np.iinfo(codes.dtype).max
    reach = np.ones((2 * _BLEED_PX + 1, 2 * _BLEED_PX + 1), dtype=np.uint8)
    coloured = cv2.dilate(covered.view(np.uint8), reach).view(bool)
    estimated = coloured & ~opaque if keep_opaque_codes else coloured
    codes[estimated, :3] = like.transfer.encode(foreground_linear[estimated], like.bit_depth)
    if keep_opaque_codes:
        codes[opaque, :3] = like.codes[opaque]
    return codes


def upright(samples: npt.NDArray[Any], orientation: int) -> npt.NDArray[Any]:
    """Return the picture turned and mirrored as its EXIF orientation (1 to 8) asks for."""
    if orientation in (5, 6, 7, 8):
        samples = samples.swapaxes(0, 1)
    if orientation in (2, 3, 6, 7):
        samples = samples[:, ::-1]
    if orientation in (3, 4, 7, 8):
        samples = samples[::-1]
    return samples


def write_codes(
    path: Path | str, codes: npt.NDArray[Any], like: EncodedPicture | None = None
) -> None:
    """Write code values as PNG or TIFF with the profile, EXIF and resolution of a photograph.

    Parameters
    ----------
    path : Path or str
    codes : (H, W, C) uint8 or uint16, C = 1 grey, 3 RGB, 4 RGBA with straight alpha
    like : EncodedPicture or None
        Whose encoding `codes` have; None for a matte, which has none.

    Raises
    ------
    OutputError
        Another file ending, a folder that cannot be written to, a full disk.
    """
    target = Path(path)
    check_writable_kind(target)
    profile, exif, dpi = (like.icc, like.exif, like.dpi) if like else (None, None, None)
    if target.suffix.lower() in _PNG_SUFFIXES:
        gamma = _gamma_to_declare(like) if like else None
        write_atomically(target, encode_png(codes, icc=profile, exif=exif, dpi=dpi, gamma=gamma))
    else:
        write_atomically(target, encode_tiff(codes, icc=profile, exif=exif, dpi=dpi))


def _gamma_to_declare(picture: EncodedPicture) -> float | None:
    curve = picture.transfer.curves[0]
    if picture.icc is not None or not isinstance(curve, curves.ParametricCurve):
        return None
    return 1 / curve.g if curve == curves.ParametricCurve(g=curve.g) and curve.g != 1 else None


def _decode(path: Path) -> Decoded:
    """Check the file, decode it, and turn decoders' failures into errors that name the file."""
    import cv2

    from matting.imaging.decoders import decode

    kind = _known_format(path)
    if kind is not None and is_cut_short(path, kind):
        raise _truncated(path)
    try:
        with warnings.catch_warnings(record=True) as remarks:
            warnings.simplefilter("always")
            decoded = decode(path, kind)
        texts = tuple(f"the decoder remarks: {str(r.message).strip()}" for r in remarks)
        return replace(decoded, warnings=decoded.warnings + texts)
    except (*_DECODER_FAILURES, cv2.error) as error:
        text = str(error)
        if "truncated" in text.lower() or "end of file" in text.lower():
            raise _truncated(path) from error
        raise InputFileError(
            path, f"is a damaged {kind} file ({text or type(error).__name__})", "Copy it again"
        ) from error


def _truncated(path: Path) -> TruncatedFileError:
    return TruncatedFileError(path, "is cut short: its end is missing", "Copy it again")


def _known_format(path: Path) -> Format | None:
    """Return the format of an existing picture file; None for raw."""
    try:
        with path.open("rb") as file:
            head = file.read(16)
    except FileNotFoundError as error:
        raise InputFileError(path, "does not exist", "Check the path") from error
    except IsADirectoryError as error:
        raise InputFileError(path, "is a folder", "Give a picture file") from error
    except OSError as error:
        raise InputFileError(
            path, f"cannot be opened ({error.strerror})", "Check its rights"
        ) from error
    if not head:
        raise InputFileError(path, "is empty", "Copy it again")
    if is_raw(path):
        return None
    kind = format_of(head)
    if kind is None:
        raise InputFileError(path, "is not a picture that can be read", f"Give {READABLE}")
    if kind == "TIFF" and os.path.getsize(path) < 16:
        raise _truncated(path)
    return kind


def _split_alpha(
    samples: npt.NDArray[Any],
) -> tuple[npt.NDArray[Any], npt.NDArray[Any] | None]:
    if samples.ndim == 2:
        return samples, None
    channels = samples.shape[2]
    if channels == 1:
        return samples[..., 0], None
    if channels == 2:
        return samples[..., 0], samples[..., 1]
    return samples[..., :3], samples[..., 3] if channels == 4 else None


def _read_grey(path: Path) -> npt.NDArray[Any]:
    decoded = _decode(path)
    colours, alpha = _split_alpha(decoded.samples)
    if alpha is not None and int(alpha.min()) < np.iinfo(alpha.dtype).max:
        grey = alpha
    elif colours.ndim == 2:
        grey = colours
    else:
        spread = int((colours.max(axis=2) - colours.min(axis=2)).max())
        if spread > _GREY_TOLERANCE_8BIT * (np.iinfo(colours.dtype).max // 255):
            raise InputFileError(
                path, "is a colour picture, not a grey mask", "Give a greyscale file"
            )
        grey = colours[..., 1]
    return np.ascontiguousarray(upright(grey, decoded.orientation))
