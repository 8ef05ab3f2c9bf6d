"""Mattes of live frames: by compiled loops, by the live graph, by a network that takes evidence."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from capture.live_subject import LiveSubject
from capture.pipeline import CutoutInputs, trimap_by_evidence
from matting.graph_matte import open_graph_matte
from matting.guided_matte import GuidedMatte
from matting.imaging.curves import SRGB
from matting.imaging.errors import MatteboxError
from matting.imaging.pixels import EncodedPicture
from matting.inference import NetworkRequest, load_network
from matting.live_matte import live_matte
from matting.networks import contract_for
from matting.trimap import FOREGROUND, UNKNOWN

LOOPS = "compiled loops"
#: A network that takes longer for a frame is not used live: ten frames a second are the least.
_LONGEST_S = 0.1


@dataclass(frozen=True, slots=True, eq=False)
class LiveMatte:
    """A live frame's matte.

    Parameters
    ----------
    alpha : (H, W) float32, 0 to 1, at the frame's size
    source : str
        What the subject is known by.
    made_by : str
        What made alpha: `LOOPS`, or graph or network with where it runs and how many of its nodes.
    """

    alpha: npt.NDArray[np.float32]
    source: str
    made_by: str = LOOPS


class LiveCutout:
    """Makes the mattes of live frames.

    Loops and graph give the same alpha to 1e-4, so that an accelerator that was named is simply
    used. A network that takes evidence decides in the band about the silhouette alone; it comes
    before both, unless a frame takes it so long that live view would stutter, which every matte
    then says. The first run of any on a size of frame may compile for seconds: whoever follows the
    subject calls `warm_up`, and until that is done there is no matte, rather than one by another
    way.

    Parameters
    ----------
    accelerator : str or None
        See `matting.execution_providers.choices`; None takes the compiled loops.
    network : NetworkRequest or None
        Counts where it takes evidence; any other network tells the subject, not the matte.
    fail : callable
        Told once when the accelerator cannot be had, or fails; from then on there is no matte.
    """

    def __init__(
        self,
        accelerator: str | None,
        fail: Callable[[MatteboxError], None],
        network: NetworkRequest | None = None,
    ) -> None:
        self._accelerator = accelerator
        takes_evidence = network is not None and _takes_evidence(network)
        self._network = network if takes_evidence else None
        self._fail = fail
        self._failed = False
        self._warm: tuple[int, ...] = ()
        self._note = ""

    def warm_up(self, rgb: npt.NDArray[np.uint8], subject: LiveSubject) -> None:
        """Run once on a size of frame that was not seen before; a network twice, for its time."""
        if self._by_loops or self._failed or self._warm == rgb.shape:
            return
        made = self._by_graph(rgb, subject)
        if made is not None and self._network is not None and subject.guidance is not None:
            started = time.perf_counter()
            made = self._by_graph(rgb, subject)
            took_s = time.perf_counter() - started
            if made is not None and took_s > _LONGEST_S:
                self._note = f"; {made.made_by} takes {1000 * took_s:.0f} ms a frame, too long here"
                self._network = None
                made = self._by_graph(rgb, subject)
        if made is not None:
            self._warm = rgb.shape

    def matte_of(self, rgb: npt.NDArray[np.uint8], subject: LiveSubject) -> LiveMatte | None:
        """Return a frame's matte; None while the accelerator warms up, or after it has failed."""
        if self._by_loops:
            return self._of_loops(rgb, subject)
        if self._failed or self._warm != rgb.shape:
            return None
        return self._by_graph(rgb, subject)

    @property
    def _by_loops(self) -> bool:
        return self._accelerator is None and self._network is None

    def _by_graph(self, rgb: npt.NDArray[np.uint8], subject: LiveSubject) -> LiveMatte | None:
        try:
            if self._network is not None and subject.guidance is not None:
                guided = GuidedMatte(load_network(self._network))
                alpha = in_the_band(guided.alpha(rgb, subject.guidance), rgb, subject.probability)
                return LiveMatte(alpha, subject.source, guided.in_words)
            if self._accelerator is None:
                return self._of_loops(rgb, subject)
            graph = open_graph_matte(self._accelerator)
            alpha = graph.alpha(rgb, subject.probability)
        except MatteboxError as error:
            self._failed = True
            self._fail(error)
            return None
        return LiveMatte(alpha, subject.source, graph.in_words + self._note)

    def _of_loops(self, rgb: npt.NDArray[np.uint8], subject: LiveSubject) -> LiveMatte:
        alpha = live_matte(rgb, subject.probability)
        return LiveMatte(alpha, subject.source, LOOPS + self._note)


def _takes_evidence(network: NetworkRequest) -> bool:
    contract = contract_for(network.file)
    return contract is not None and contract.takes_evidence


def in_the_band(
    alpha: npt.NDArray[np.float32],
    rgb: npt.NDArray[np.uint8],
    probability: npt.NDArray[np.float32],
) -> npt.NDArray[np.float32]:
    """Return a matte that decides where the evidence leaves it open, as on a photograph.

    Parameters
    ----------
    alpha : (H, W) float32, 0 to 1
    rgb : (H, W, 3) uint8, encoded
    probability : (h, w) float32, 0 to 1

    Returns
    -------
    (H, W) float32, 0 to 1
    """
    frame = EncodedPicture(rgb, SRGB, Path("live view"))
    trimap = trimap_by_evidence(frame, probability, CutoutInputs())
    sure = (trimap == FOREGROUND).astype(np.float32)
    return np.where(trimap == UNKNOWN, alpha, sure)
