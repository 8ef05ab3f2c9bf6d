"""What a network says of a photograph: a matte, the band of a trimap, or an order of depth."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from capture.registration import already_registered
from capture.subjects import SubjectChoice, SubjectDepth, find_subject
from devices.frames import DepthFrame, DepthNoise
from matting.imaging.errors import SettingsError
from matting.imaging.pixels import EncodedPicture
from matting.inference import Network
from matting.runners.mattes import matte_of
from matting.runners.points import MASK_PIXEL, embedding_of, point_matte
from matting.runners.relative_depth import nearness
from matting.runners.trimap import in_tiles, trimap_matte

#: Depth is looked for on a map of at most this width; colour speaks on its grid.
_DEPTH_WIDTH_PX = 640
#: Error of an order of depth, as a share of it: that of relative depth files, which nothing
#: states either, and the networks' own outlines are blurred beside.
_ORDER_NOISE = DepthNoise(floor_m=0.002, linear=0.05)


@dataclass(frozen=True, slots=True, eq=False)
class NetworkReading:
    """What a network says: one of a matte, a band's alpha and a subject; the others are None.

    Parameters
    ----------
    alpha : (H, W) float32, 0 to 1, or None
        A matte, as evidence beside others.
    pixel_px : float
        How many pixels of the picture one of the network's is wide.
    band_alpha : (H, W) float32, 0 to 1, or None
        Alpha where a trimap leaves it open.
    subject : SubjectDepth or None
        By an order of depth without unit.
    """

    alpha: npt.NDArray[np.float32] | None = None
    pixel_px: float = 1.0
    band_alpha: npt.NDArray[np.float32] | None = None
    subject: SubjectDepth | None = None


def network_reading(
    network: Network,
    picture: EncodedPicture,
    wanted: SubjectChoice,
    plate: EncodedPicture | None,
    trimap: npt.NDArray[np.uint8] | None,
    tell: Callable[[str], None],
) -> NetworkReading:
    """Ask a network for what it can tell of a photograph.

    Parameters
    ----------
    network : Network
    picture : EncodedPicture
    wanted : SubjectChoice
        In shares of the picture's size; for an order of depth.
    plate : EncodedPicture or None
    trimap : (H, W) uint8 or None
        When it is what the photograph is cut by.
    tell : callable
        Told in words what is to be known of it.

    Raises
    ------
    InferenceError
        When the network wants what is not there, or does not keep its contract.
    MismatchError
        When the plate has not the picture's size.
    """
    rgb = picture.encoded_8bit()
    if trimap is not None:
        if in_tiles(network, picture.height, picture.width):
            tell(f"{network.contract.name} sees the picture in tiles")
        return NetworkReading(band_alpha=trimap_matte(network, rgb, trimap))
    if network.contract.gives == "relative inverse depth":
        return NetworkReading(subject=_subject_by_order(network, picture, wanted, tell))
    if network.contract.takes == "picture and points":
        return _by_points(network, picture, wanted)
    empty = None if plate is None else plate.encoded_8bit()
    return NetworkReading(
        alpha=matte_of(network, rgb, empty),
        pixel_px=network.contract.input.size.pixel_of(picture.height, picture.width),
    )


def _by_points(network: Network, picture: EncodedPicture, wanted: SubjectChoice) -> NetworkReading:
    if isinstance(wanted, str):
        raise SettingsError(
            f"--subject {wanted}", f"{network.contract.name} goes by points", "Give --subject X,Y"
        )
    points = [(x * picture.width, y * picture.height) for x, y in wanted]
    embedding = embedding_of(network, picture.encoded_8bit())
    size = network.contract.input.size
    return NetworkReading(
        alpha=point_matte(network, embedding, points),
        pixel_px=MASK_PIXEL * size.pixel_of(picture.height, picture.width),
    )


def _subject_by_order(
    network: Network, picture: EncodedPicture, wanted: SubjectChoice, tell: Callable[[str], None]
) -> SubjectDepth:
    if wanted == "all":
        raise SettingsError("--subject all", "an order of depth parts no subjects", "Give X,Y")
    width = min(_DEPTH_WIDTH_PX, picture.width)
    shape = (round(picture.height * width / picture.width), width)
    # From 0.5, the nearest, to 1.5: an order, as that of a relative depth file.
    order = 1.5 - nearness(network, picture.encoded_8bit(), shape)
    frame = DepthFrame(order, None, None, _ORDER_NOISE, metric=False, sensor=network.contract.name)
    tell(f"depth by {network.contract.name} is relative: it orders, and measures no distance")
    subject = find_subject(already_registered(frame, (picture.height, picture.width)), wanted)
    for note in subject.notes:
        tell(note)
    return subject
