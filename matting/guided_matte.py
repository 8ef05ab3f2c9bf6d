"""The matte of a network that is shown evidence: depth, its trust, the silhouette, the empty set.

It sees the picture reduced. Its matte is enlarged by what colour does within each of its pixels.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from matting import live_kernels
from matting.execution_providers import Placement
from matting.guided_inputs import Guidance, guided_planes
from matting.imaging.errors import InferenceError
from matting.inference import Network

FloatImage = npt.NDArray[np.float32]
EncodedImage = npt.NDArray[np.uint8]

#: Windows in which alpha is taken for an affine function of colour, pixels of the network's to
#: each side, and the variance of colour below which it is not.
_REACH_PX, _EPSILON = 2, 1e-4


@dataclass(frozen=True, slots=True)
class GuidedMatte:
    """A loaded network that takes evidence, ready to make mattes.

    Parameters
    ----------
    network : Network

    Raises
    ------
    InferenceError
        It takes something else.
    """

    network: Network

    def __post_init__(self) -> None:
        contract = self.network.contract
        if not contract.takes_evidence:
            raise InferenceError(
                self.network.graph.path,
                f"({contract.name}) takes {contract.takes}, and no evidence",
                "Give another network",
            )

    @property
    def placement(self) -> Placement:
        """Where its nodes run, as the session itself tells."""
        return self.network.graph.placement

    @property
    def in_words(self) -> str:
        """What it is, where it runs and by how many of its nodes."""
        nodes = self.placement.nodes_per_provider
        held, total = nodes[self.placement.provider], sum(nodes.values())
        name = self.network.contract.name
        return f"{name} on {self.placement.in_words}, {held} of {total} nodes"

    def alpha(self, rgb: EncodedImage, guidance: Guidance) -> FloatImage:
        """Return the matte at the picture's size.

        Parameters
        ----------
        rgb : (H, W, 3) uint8, encoded
        guidance : Guidance

        Returns
        -------
        (H, W) float32, 0 to 1

        Raises
        ------
        InferenceError
            When the network does not keep its contract.

        Notes
        -----
        To be believed near the silhouette alone: further off it may take in a thing that stands as
        near as the subject, and a shadow (docs/figures/guided_network.md).
        """
        import cv2

        contract = self.network.contract
        size = contract.input.size.of(*rgb.shape[:2])[::-1]
        small = np.asarray(cv2.resize(rgb, size, interpolation=cv2.INTER_AREA), np.uint8)
        feeds = {
            name: np.ascontiguousarray(planes.transpose(2, 0, 1)[None])
            for name, planes in guided_planes(small, guidance).items()
        }
        (answer,) = self.network.graph.run([self.network.output_name], feeds)
        return enlarged_by_colour(np.asarray(answer[0, 0], np.float32), small, rgb)


def enlarged_by_colour(alpha: FloatImage, small: EncodedImage, rgb: EncodedImage) -> FloatImage:
    """Return a small picture's matte at the size of the full one, by the colours of both.

    Parameters
    ----------
    alpha : (h, w) float32, 0 to 1
    small : (h, w, 3) uint8, encoded, the reduced picture
    rgb : (H, W, 3) uint8, encoded, the full one

    Returns
    -------
    (H, W) float32, 0 to 1

    Notes
    -----
    In windows of the small picture alpha is fitted as an affine function of colour; the functions
    are averaged, enlarged and applied to the full picture's colours. Where subject and background
    are of one colour it is enlarged like any picture.

    References
    ----------
    He, Sun 2015, arXiv:1505.00996 (fast guided filter).
    """
    import cv2

    side = (2 * _REACH_PX + 1,) * 2
    colour = small.astype(np.float32) / np.float32(255)
    sums = np.empty((*alpha.shape, live_kernels.SUMS), np.float32)
    live_kernels.weighted_products(colour, alpha, np.ones_like(alpha), sums)
    means = cv2.blur(sums, side, borderType=cv2.BORDER_REFLECT_101)
    fits = np.empty((*alpha.shape, 5), np.float32)
    live_kernels.affine_fits(means, np.float32(_EPSILON), fits)
    affine = cv2.blur(fits[..., 1:], side, borderType=cv2.BORDER_REFLECT_101)
    affine[..., :3] /= 255
    made = np.empty(rgb.shape[:2], np.float32)
    full = cv2.resize(affine, rgb.shape[1::-1], interpolation=cv2.INTER_LINEAR)
    live_kernels.apply_fits(rgb, full, made)
    return made
