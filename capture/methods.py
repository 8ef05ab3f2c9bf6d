"""By what a photograph is cut out: depth, trimap, a screen's colour, a clean plate, or GrabCut."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import numpy.typing as npt

from capture.evidence_recipe import FusedEvidence
from capture.pipeline import CutoutInputs, Stopwatch, make_matte
from capture.subjects import SubjectDepth
from matting.edge_tools import refined
from matting.imaging.pixels import EncodedPicture
from matting.keyers.chroma import DespillLimit, ScreenName, chroma_matte, find_screen
from matting.keyers.difference import AlignedPlate, align_plate, difference_trimap
from matting.keyers.grabcut import grabcut_trimap
from matting.matte import Matte
from matting.trimap import resized_trimap

Method = Literal["depth", "trimap", "chroma", "difference", "grabcut"]

#: What each method cannot do without; chroma needs the photograph alone.
NEEDS: dict[Method, str] = {
    "depth": "--depth FILE or --model FILE",
    "trimap": "--trimap FILE",
    "difference": "--plate FILE, a picture of the set without the subject",
    "grabcut": "--depth FILE",
}


@dataclass(frozen=True, slots=True, eq=False)
class MethodInputs:
    """What the methods take, beside the photograph.

    Parameters
    ----------
    recipe : CutoutInputs
        Trimap, depth and network, and the edge tools.
    plate : EncodedPicture or None
        The set without the subject: for "difference", and as evidence for "depth".
    screen : "green", "blue" or None
        For "chroma"; None measures which.
    despill : "max" or "average"
        For "chroma".
    """

    recipe: CutoutInputs
    plate: EncodedPicture | None = None
    screen: ScreenName | None = None
    despill: DespillLimit = "max"


def matte_by(
    method: Method,
    picture: EncodedPicture,
    inputs: MethodInputs,
    watch: Stopwatch,
    tell: Callable[[str], None],
    see: Callable[[FusedEvidence], None],
) -> Matte:
    """Cut a photograph out.

    Parameters
    ----------
    method : Method
    picture : EncodedPicture
    inputs : MethodInputs
        With what the method needs.
    watch : Stopwatch
    tell : callable
        Told in words what was measured on the way.
    see : callable
        Given the evidence when it was fused.

    Raises
    ------
    NothingToCutByError
        When the method finds no subject.
    MismatchError
        When an input does not fit the photograph.
    """
    if method == "chroma":
        return _by_screen(picture, inputs, watch, tell)
    recipe = inputs.recipe
    if method == "difference":
        assert inputs.plate is not None
        with watch.stage("plate"):
            recipe = replace(recipe, trimap=_by_plate(picture, inputs.plate, tell), subject=None)
    elif method == "grabcut":
        assert recipe.subject is not None
        with watch.stage("grabcut"):
            recipe = replace(recipe, trimap=_by_grabcut(picture, recipe.subject), subject=None)
    elif method == "depth" and inputs.plate is not None:
        with watch.stage("plate"):
            recipe = replace(recipe, plate=_aligned(picture, inputs.plate, tell))
    return make_matte(picture, recipe, watch, see)


def _by_screen(
    picture: EncodedPicture, inputs: MethodInputs, watch: Stopwatch, tell: Callable[[str], None]
) -> Matte:
    edge = inputs.recipe.edge
    with watch.stage("alpha"):
        screen = find_screen(picture.linear(), inputs.screen)
        codes = picture.transfer.encode(np.array([[screen.linear]], np.float32), 8)[0, 0]
        tell(f"keyed on {screen.name}, #{codes[0]:02x}{codes[1]:02x}{codes[2]:02x}")
        matte = chroma_matte(picture, screen, limit=inputs.despill, edge=edge)
    with watch.stage("edge"):
        return refined(matte, picture, edge)


def _by_plate(
    picture: EncodedPicture, plate: EncodedPicture, tell: Callable[[str], None]
) -> npt.NDArray[np.uint8]:
    aligned = _aligned(picture, plate, tell)
    return difference_trimap(picture.linear(), picture.encoded_8bit(), aligned)


def _aligned(
    picture: EncodedPicture, plate: EncodedPicture, tell: Callable[[str], None]
) -> AlignedPlate:
    aligned = align_plate(picture.linear(), plate.linear())
    tell(
        f"the plate was moved by {aligned.shift_px:.1f} px "
        f"and brightened by {aligned.exposure_stops:+.2f} stops"
    )
    return aligned


def _by_grabcut(picture: EncodedPicture, subject: SubjectDepth) -> npt.NDArray[np.uint8]:
    import cv2

    height, width = subject.subject.shape
    small = cv2.resize(picture.encoded_8bit(), (width, height), interpolation=cv2.INTER_AREA)
    trimap = grabcut_trimap(np.asarray(small, np.uint8), subject.subject, subject.background)
    return resized_trimap(trimap, picture.height, picture.width)
