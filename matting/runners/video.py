"""Mattes of a video frame after frame, by a network that remembers, as Robust Video Matting does.

What the network remembers of one scene is wrong in the next, so it forgets at a cut.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from matting.inference import Network
from matting.runners.feeding import answered_map, in_type, picture_batch
from matting.runtime import Array, Kept

#: A frame whose reduction differs by more than this from the one before, in 8-bit codes on
#: average, begins a new scene. People who move change some 3 to 10, another set 40 and more.
SCENE_CHANGE_CODES = 25.0
_REDUCED = (32, 18)
#: The network looks first at the frame reduced to this, its longest side in pixels, as its
#: authors advise.
_COARSE_PX = 512


@dataclass(slots=True, eq=False)
class VideoMemory:
    """What a video network remembers of the frames before, where it runs; empty at first."""

    states: dict[str, Kept] = field(default_factory=dict)
    reduced: npt.NDArray[np.float32] | None = None
    frame_shape: tuple[int, ...] = ()


def video_matte(
    network: Network, rgb_encoded: npt.NDArray[np.uint8], memory: VideoMemory
) -> npt.NDArray[np.float32]:
    """Return the matte of the next frame; `memory` is brought up to it.

    Parameters
    ----------
    network : Network
        That takes video.
    rgb_encoded : (H, W, 3) uint8, encoded
    memory : VideoMemory
        It is emptied first when the frame has another size than the last, or shows another scene.

    Returns
    -------
    (H, W) float32, 0 to 1

    Raises
    ------
    InferenceError
        When the network does not keep its contract.

    References
    ----------
    S. Lin et al., "Robust High-Resolution Video Matting with Temporal Guidance", WACV 2022,
    doi:10.1109/WACV51458.2022.00319.
    """
    contract = network.contract
    reduced = _reduced(rgb_encoded)
    if rgb_encoded.shape != memory.frame_shape or _is_cut(reduced, memory.reduced):
        memory.states.clear()
    feeds: dict[str, Array | Kept]
    feeds = {network.input_name: picture_batch(network, rgb_encoded)}
    for state in contract.states:
        start = np.zeros((1, 1, 1, 1), np.float32)
        remembered = memory.states.get(state.input)
        feeds[state.input] = remembered or in_type(network, state.input, start)
    if contract.downsample_ratio is not None:
        feeds[contract.downsample_ratio] = np.array(
            [min(1.0, _COARSE_PX / max(rgb_encoded.shape[:2]))], np.float32
        )
    given = [state.output for state in contract.states]
    (answer,), states = network.graph.run_keeping([network.output_name], given, feeds)
    alpha = answered_map(network, answer, rgb_encoded.shape[:2])
    for state, value in zip(contract.states, states, strict=True):
        memory.states[state.input] = value
    memory.reduced, memory.frame_shape = reduced, rgb_encoded.shape
    return np.clip(alpha, 0, 1)


def _reduced(rgb_encoded: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    import cv2

    return np.asarray(cv2.resize(rgb_encoded, _REDUCED, interpolation=cv2.INTER_AREA), np.float32)


def _is_cut(reduced: npt.NDArray[np.float32], before: npt.NDArray[np.float32] | None) -> bool:
    return before is None or float(np.abs(reduced - before).mean()) > SCENE_CHANGE_CODES
