"""A camera's measured response on disk: made from a bracket of photographs, kept as JSON."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from capture.metering.response import Response, recover_response
from matting.imaging.atomic import write_atomically
from matting.imaging.curves import Transfer
from matting.imaging.errors import InputFileError, MismatchError
from matting.imaging.exif import read_exif_settings
from matting.imaging.files import read_picture
from matting.imaging.pixels import EncodedPicture
from matting.imaging.raw import is_raw

_KIND = "mattebox response"


def response_of_bracket(paths: Sequence[Path]) -> Response:
    """Recover a camera's response from photographs of one scene, taken with other exposures.

    Raises
    ------
    MatteboxError
        When a file cannot be read, is raw, does not say how it was exposed, or has another size;
        when there are fewer than two exposures, or they do not tell a response.
    """
    pictures = [_eight_bit(path) for path in paths]
    exposures = [_exposure_of(path) for path in paths]
    for path, codes in zip(paths, pictures, strict=True):
        if codes.shape != pictures[0].shape:
            raise MismatchError(
                path, f"has another size than {paths[0].name}", "give one scene from one place"
            )
    if len(paths) < 2 or max(exposures) < 1.1 * min(exposures):
        raise MismatchError(
            ", ".join(path.name for path in paths),
            "is one exposure only",
            "give photographs of one scene, a stop or two apart",
        )
    response = recover_response(pictures, exposures)
    if response is None:
        raise MismatchError(
            ", ".join(path.name for path in paths),
            "too few points are well exposed in two of them, or they tell no rising curve",
            "give photographs of one unmoved scene with many tones, a stop or two apart",
        )
    return response


def write_response(path: Path, response: Response, sources: Sequence[Path]) -> None:
    """Write a response with the names of the photographs that it is from.

    Raises
    ------
    OutputError
        When it cannot be written.
    """
    table = {
        "kind": _KIND,
        "sources": [source.name for source in sources],
        "agreement_stops": round(response.agreement_stops, 4),
        "linear": [[round(float(v), 7) for v in column] for column in response.linear.T],
    }
    write_atomically(path, [json.dumps(table, indent=1).encode()])


def read_response(path: Path) -> Transfer:
    """Read a response as the transfer of a camera's 8-bit pictures.

    Raises
    ------
    InputFileError
        When it cannot be read, or is no response.
    """
    remedy = "give a file that mattebox calibrate response wrote"
    try:
        table = json.loads(path.read_text("utf-8"))
        linear = np.array(table["linear"], np.float64)
    except OSError as exc:
        raise InputFileError(path, f"cannot be opened ({exc.strerror})", remedy) from exc
    except (ValueError, KeyError, TypeError) as exc:
        raise InputFileError(path, "is no measured response", remedy) from exc
    if table.get("kind") != _KIND or linear.shape != (3, 256) or not np.isfinite(linear).all():
        raise InputFileError(path, "is no measured response", remedy)
    return Response(linear.T, math.nan).transfer()


def with_response(picture: EncodedPicture, transfer: Transfer) -> EncodedPicture:
    """Return the picture with its codes read by a measured response.

    Raises
    ------
    MismatchError
        When it is raw or has 16 bits: its light is known already, or not by this curve.
    """
    if is_raw(picture.path) or picture.bit_depth != 8:
        raise MismatchError(
            picture.path,
            "is no 8-bit picture, and a response is that of a camera's 8-bit pictures",
            "leave --response out: raw files are linear already",
        )
    return replace(picture, transfer=transfer)


def _eight_bit(path: Path) -> npt.NDArray[np.uint8]:
    picture = read_picture(path)
    if is_raw(path) or picture.bit_depth != 8:
        raise MismatchError(
            path, "is no 8-bit picture of the camera's", "give the camera's own JPEGs"
        )
    return picture.encoded_8bit()


def _exposure_of(path: Path) -> float:
    said = read_exif_settings(path)
    if not (said.shutter_s and said.aperture_f and said.iso):
        raise InputFileError(
            path, "does not say its shutter time, aperture and ISO", "give files with their EXIF"
        )
    return said.shutter_s * said.iso / said.aperture_f**2
