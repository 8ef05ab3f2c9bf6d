"""What a cut-out is put on: a colour, a picture, or a studio's gradient."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

from matting.composite import covering, over, studio_gradient
from matting.imaging.errors import SettingsError
from matting.imaging.files import read_picture
from matting.imaging.pixels import EncodedPicture

FloatImage = npt.NDArray[np.float32]

GRADIENT = "gradient"


def backdrop_linear(on: str, like: EncodedPicture) -> FloatImage:
    """Return the backdrop that a command names.

    Parameters
    ----------
    on : str
        "gradient"; a colour by its CSS name or as #rrggbb, in the encoding of the photograph, so
        that the result holds that very code; or a picture's path, which is scaled to cover.
    like : EncodedPicture
        The photograph, for size and encoding.

    Returns
    -------
    (H, W, 3) float32, linear light. A picture's light is taken as it is: its primaries are not
    converted to the photograph's.

    Raises
    ------
    SettingsError
        Neither a colour nor an existing file.
    InputFileError
        A file that cannot be read as a picture.
    """
    shape = (like.height, like.width)
    if on == GRADIENT:
        return studio_gradient(*shape)
    colour = colour_codes(on)
    if colour is not None:
        light = like.transfer.decode(np.array(colour, np.uint8))
        return np.broadcast_to(light, (*shape, 3))
    if not Path(on).exists():
        raise SettingsError(
            f"backdrop '{on}'",
            "is neither a colour nor a file",
            "Give a name such as white, a code such as #00b140, or a picture's path",
        )
    return covering(read_picture(on).linear(), *shape)


def colour_codes(text: str) -> tuple[int, int, int] | None:
    """Return a named or #hex colour as 8-bit codes; None when it is no colour."""
    from PIL import ImageColor

    try:
        red, green, blue = ImageColor.getrgb(text)[:3]
    except ValueError:
        return None
    return red, green, blue


def composite_codes(
    foreground: FloatImage,
    alpha: FloatImage,
    backdrop: FloatImage,
    like: EncodedPicture,
) -> npt.NDArray[np.uint8] | npt.NDArray[np.uint16]:
    """Return (H, W, 3): a composite made in linear light, in the photograph's encoding.

    Parameters
    ----------
    foreground : (H, W, 3) float32, straight linear light
    alpha : (H, W) float32, 0 to 1
    backdrop : (H, W, 3) float32, linear light
    like : EncodedPicture
    """
    codes: npt.NDArray[np.uint8] | npt.NDArray[np.uint16]
    codes = like.transfer.encode(over(foreground, alpha, backdrop), like.bit_depth)
    return codes
