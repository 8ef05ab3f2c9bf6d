"""Results in the files that programs for pictures and compositing open, chosen by their ending.

===========  ==================================================================================
.png .tif    straight alpha, 8 or 16 bit as the photograph; colour profile, EXIF, resolution
.psd         a layer a subject, its matte as layer mask, over the backdrop; as many bits as the
             photograph; colour profile, EXIF, resolution
.exr         linear light, *premultiplied* as OpenEXR has it, half floats from 8 bits and floats
             from 16; Z in metres where depth is known, NaN elsewhere; no profile, no EXIF
.jpg         composites only: 8 bit, quality 95, full colour resolution
===========  ==================================================================================
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from matting.imaging.atomic import write_atomically
from matting.imaging.errors import OutputError
from matting.imaging.exr import write_exr
from matting.imaging.files import cutout_codes, write_codes, write_cutout
from matting.imaging.pixels import EncodedPicture
from matting.imaging.psd import LARGEST_BYTES, Layer, encode_psd, psd_size_bytes

FloatImage = npt.NDArray[np.float32]

_CUTOUT_SUFFIXES = (".png", ".tif", ".tiff", ".psd", ".exr")
_JPEG_SUFFIXES = (".jpg", ".jpeg")
_EXIF_HEADER = b"Exif\0\0"
_JPEG_SEGMENT_BYTES = 65533
_OPAQUE_SUFFIXES = (".png", ".tif", ".tiff", *_JPEG_SUFFIXES)


@dataclass(frozen=True, slots=True, eq=False)
class SubjectLayer:
    """One subject cut out.

    Parameters
    ----------
    name : str
        For a person.
    alpha : (H, W) float32, 0 to 1
    foreground_linear : (H, W, 3) float32, straight linear light in the photograph's primaries
    depth_m : (h, w) float32, metres along the optical axis, NaN = no return; or None
        Registered to the photograph, at any resolution of its proportions.
    keep_opaque_codes : bool
        Where alpha is 1 the file holds the photograph's own codes; False after an edit, of the
        colours or of alpha: what became opaque by it shows the subject's colour, not the mixture.
    """

    name: str
    alpha: FloatImage
    foreground_linear: FloatImage
    depth_m: FloatImage | None = None
    keep_opaque_codes: bool = True

    def codes(self, like: EncodedPicture) -> npt.NDArray[Any]:
        """Return (H, W, 4) code values in the photograph's encoding, straight alpha."""
        return cutout_codes(
            self.alpha, self.foreground_linear, like, keep_opaque_codes=self.keep_opaque_codes
        )


def is_layered(path: Path) -> bool:
    """Tell whether files of this ending hold several layers."""
    return path.suffix.lower() == ".psd"


def check_cutout_kind(path: Path) -> None:
    """Raise OutputError unless a cut-out can be written with the file's ending."""
    _check_kind(path, _CUTOUT_SUFFIXES, "hold a cut-out")


def check_opaque_kind(path: Path) -> None:
    """Raise OutputError unless a composite can be written with the file's ending."""
    _check_kind(path, _OPAQUE_SUFFIXES, "hold a composite")


def _check_kind(path: Path, suffixes: Sequence[str], purpose: str) -> None:
    if path.suffix.lower() not in suffixes:
        listed = ", ".join(suffixes)
        raise OutputError(
            path,
            f"has an ending other than {listed}, which alone can {purpose}",
            "Give the result one of these endings",
        )


def write_subject(path: Path, layer: SubjectLayer, like: EncodedPicture) -> None:
    """Write one subject.

    Raises
    ------
    OutputError
        Another file ending, a folder that cannot be written to, a full disk, too large for PSD.
    """
    check_cutout_kind(path)
    suffix = path.suffix.lower()
    if suffix == ".exr":
        _write_exr(path, layer, like)
    elif suffix == ".psd":
        write_layers(path, [layer], like)
    else:
        write_cutout(
            path,
            layer.alpha,
            layer.foreground_linear,
            like,
            keep_opaque_codes=layer.keep_opaque_codes,
        )


def write_layers(path: Path, nearest_first: Sequence[SubjectLayer], like: EncodedPicture) -> None:
    """Write subjects as layers of a PSD file, the nearest on top, the photograph below them all.

    Each layer is cropped to where its matte is not 0.

    Raises
    ------
    OutputError
        Too large for the format, a folder that cannot be written to, a full disk.
    """
    layers = [Layer("Backdrop", like.codes)]
    layers += [_cropped(layer, like) for layer in reversed(nearest_first)]
    if psd_size_bytes(layers, like.codes) > LARGEST_BYTES:
        raise OutputError(path, "would be larger than a PSD file may be", "Write TIFF instead")
    # All layers shown over the photograph show the photograph.
    write_atomically(
        path, encode_psd(layers, like.codes, icc=like.icc, exif=like.exif, dpi=like.dpi)
    )


def _cropped(layer: SubjectLayer, like: EncodedPicture) -> Layer:
    codes = layer.codes(like)
    rows = np.flatnonzero(codes[..., 3].any(axis=1))
    columns = np.flatnonzero(codes[..., 3].any(axis=0))
    if not rows.size:
        return Layer(layer.name, codes[:1, :1, :3], codes[:1, :1, 3])
    box = codes[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    return Layer(layer.name, box[..., :3], box[..., 3], int(rows[0]), int(columns[0]))


def _write_exr(path: Path, layer: SubjectLayer, like: EncodedPicture) -> None:
    import cv2

    kind = np.float16 if like.bit_depth == 8 else np.float32
    premultiplied = layer.foreground_linear * layer.alpha[..., None]
    channels: dict[str, npt.NDArray[Any]] = {
        "RGBA": np.dstack([premultiplied, layer.alpha]).astype(kind)
    }
    if layer.depth_m is not None:
        # Between near and far lies nothing: depth is repeated, never interpolated.
        channels["Z"] = np.asarray(
            cv2.resize(
                layer.depth_m, (like.width, like.height), interpolation=cv2.INTER_NEAREST_EXACT
            )
        )
    write_exr(path, channels, **({"xDensity": float(like.dpi[0])} if like.dpi else {}))


def write_composite(path: Path, codes: npt.NDArray[Any], like: EncodedPicture) -> None:
    """Write an opaque picture in the encoding of the photograph that it was made from.

    Parameters
    ----------
    path : Path
    codes : (H, W, 3) uint8 or uint16, encoded
    like : EncodedPicture
        Whose colour profile, EXIF and resolution go with it.

    Raises
    ------
    OutputError
        Another file ending, a folder that cannot be written to, a full disk, or EXIF of more
        than JPEG's 64 kB.
    """
    check_opaque_kind(path)
    if path.suffix.lower() not in _JPEG_SUFFIXES:
        write_codes(path, codes, like)
        return
    write_atomically(path, [_jpeg(path, codes, like)])


def _jpeg(path: Path, codes: npt.NDArray[Any], like: EncodedPicture) -> bytes:
    from PIL import Image

    exif = None if like.exif is None else _EXIF_HEADER + like.exif
    if exif is not None and len(exif) > _JPEG_SEGMENT_BYTES:
        raise OutputError(path, "cannot hold the photograph's long EXIF", "Write PNG or TIFF")
    eight = EncodedPicture(codes, like.transfer, path).encoded_8bit()
    metadata: dict[str, Any] = {"icc_profile": like.icc, "exif": exif, "dpi": like.dpi}
    file = io.BytesIO()
    Image.fromarray(eight).save(
        file,
        "JPEG",
        quality=95,
        subsampling="4:4:4",
        **{name: value for name, value in metadata.items() if value is not None},
    )
    return file.getvalue()
