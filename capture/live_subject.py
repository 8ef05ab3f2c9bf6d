"""Where the subject is in a live frame, by the best of what there is.

Depth comes first, then a picture of the empty set, then a network, then a box that the person
drew. Whatever it was is named, so that the screen can say it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from capture.evidence_recipe import fused_evidence
from capture.guidance import guidance_of
from capture.subjects import SubjectDepth
from devices.frames import read_only
from matting.clean_plate import clean_plate_probability
from matting.colour_evidence import colour_log_odds
from matting.guided_inputs import Guidance
from matting.imaging.curves import SRGB
from matting.imaging.pixels import EncodedPicture
from matting.inference import NetworkRequest, load_network
from matting.runners.mattes import matte_of
from matting.runners.video import VideoMemory

#: A box is cut by colour at this width.
_BOX_WIDTH_PX = 320
#: The middle of a box, this share of its sides, is the subject; around it colour decides.
_CORE_SHARE = 0.3

Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True, eq=False)
class SubjectAids:
    """What tells the subject where depth does not.

    Parameters
    ----------
    plate : (H, W, 3) uint8 or None
        The empty set, a live frame.
    network : NetworkRequest or None
        A matting network, and on what to run it.
    box : (x, y, width, height) or None
        Around the subject, shares of the picture's sides.
    memory : VideoMemory
        Of a network that remembers the frames before.
    """

    plate: npt.NDArray[np.uint8] | None = None
    network: NetworkRequest | None = None
    box: Box | None = None
    memory: VideoMemory = field(default_factory=VideoMemory)

    @property
    def any(self) -> bool:
        """Whether there is anything that tells."""
        return not (self.plate is None and self.network is None and self.box is None)


@dataclass(frozen=True, slots=True, eq=False)
class LiveSubject:
    """How likely each part of the frame shows the subject.

    Parameters
    ----------
    probability : (h, w) float32, 0 to 1, covering the frame's view, read-only
    source : str
        What it is known by, in words.
    guidance : Guidance or None
        All of the evidence, where there is a network that takes it.
    """

    probability: npt.NDArray[np.float32]
    source: str
    guidance: Guidance | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "probability", read_only(self.probability))


def live_subject(
    rgb: npt.NDArray[np.uint8], depth: SubjectDepth | None, aids: SubjectAids
) -> LiveSubject | None:
    """Find the subject in a live frame by the first source that is there.

    Parameters
    ----------
    rgb : (H, W, 3) uint8, encoded
    depth : SubjectDepth or None
    aids : SubjectAids

    Returns
    -------
    LiveSubject or None
        None when nothing tells it.

    Raises
    ------
    MismatchError
        The plate has another size than the frame.
    InferenceError
        The network cannot be run.
    """
    network = None if aids.network is None else load_network(aids.network)
    guides = network is not None and network.contract.takes_evidence
    if depth is not None:
        picture = EncodedPicture(rgb, SRGB, Path("live view"))
        probability = fused_evidence(picture, depth).probability
        guidance = guidance_of(probability, depth, None) if guides else None
        return LiveSubject(probability, "depth", guidance)
    compares = network is not None and network.contract.plate is not None
    if aids.plate is not None and not compares:
        probability = clean_plate_probability(rgb, aids.plate)
        guidance = guidance_of(probability, None, aids.plate) if guides else None
        return LiveSubject(probability, "clean plate", guidance)
    if network is not None and not guides:
        placed = f"{network.contract.name} on {network.graph.placement.in_words}"
        return LiveSubject(matte_of(network, rgb, aids.plate, aids.memory), f"network {placed}")
    if aids.box is not None:
        return LiveSubject(_by_box(rgb, aids.box), "box")
    return None


def _by_box(rgb: npt.NDArray[np.uint8], box: Box) -> npt.NDArray[np.float32]:
    """Cut what a box holds by colour: its middle is subject, everything outside is not."""
    import cv2

    size = (_BOX_WIDTH_PX, max(1, round(rgb.shape[0] * _BOX_WIDTH_PX / rgb.shape[1])))
    small = cv2.resize(rgb, size, interpolation=cv2.INTER_AREA)
    x, y = (np.arange(side) + 0.5 for side in size)
    across = np.abs(x / size[0] - box[0] - box[2] / 2)[None, :] / (box[2] / 2)
    down = np.abs(y / size[1] - box[1] - box[3] / 2)[:, None] / (box[3] / 2)
    from_middle = np.maximum(across, down)
    log_odds = colour_log_odds(small, from_middle < _CORE_SHARE, from_middle > 1, from_middle <= 1)
    return np.asarray(1 / (1 + np.exp(-log_odds)), np.float32)
