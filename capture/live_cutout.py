"""The cut-out of live frames: by compiled loops, or by the live graph on an accelerator."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from capture.live_subject import LiveSubject
from matting.graph_matte import open_graph_matte
from matting.imaging.errors import MatteboxError
from matting.live_matte import live_matte

LOOPS = "compiled loops"


@dataclass(frozen=True, slots=True, eq=False)
class LiveMatte:
    """A live frame's matte.

    Parameters
    ----------
    alpha : (H, W) float32, 0 to 1, at the frame's size
    source : str
        What the subject is known by.
    made_by : str
        What made alpha: `LOOPS`, or the live graph with where it runs and how many of its nodes.
    """

    alpha: npt.NDArray[np.float32]
    source: str
    made_by: str = LOOPS


class LiveCutout:
    """Makes the mattes of live frames.

    Both ways give the same alpha to 1e-4, so that an accelerator that was named is simply used.
    Its first run on a size of frame may compile for seconds: whoever follows the subject calls
    `warm_up`, and until that is done there is no matte, rather than one by another way.

    Parameters
    ----------
    accelerator : str or None
        See `matting.execution_providers.choices`; None takes the compiled loops.
    fail : callable
        Told once when the accelerator cannot be had, or fails; from then on there is no matte.
    """

    def __init__(self, accelerator: str | None, fail: Callable[[MatteboxError], None]) -> None:
        self._accelerator = accelerator
        self._fail = fail
        self._failed = False
        self._warm: tuple[int, ...] = ()

    def warm_up(self, rgb: npt.NDArray[np.uint8], subject: LiveSubject) -> None:
        """Run once on a size of frame that was not seen before."""
        if self._accelerator is None or self._failed or self._warm == rgb.shape:
            return
        if self._by_graph(rgb, subject, self._accelerator) is not None:
            self._warm = rgb.shape

    def matte_of(self, rgb: npt.NDArray[np.uint8], subject: LiveSubject) -> LiveMatte | None:
        """Return a frame's matte; None while the accelerator warms up, or after it has failed."""
        if self._accelerator is None:
            return LiveMatte(live_matte(rgb, subject.probability), subject.source)
        if self._failed or self._warm != rgb.shape:
            return None
        return self._by_graph(rgb, subject, self._accelerator)

    def _by_graph(
        self, rgb: npt.NDArray[np.uint8], subject: LiveSubject, accelerator: str
    ) -> LiveMatte | None:
        try:
            graph = open_graph_matte(accelerator)
            alpha = graph.alpha(rgb, subject.probability)
        except MatteboxError as error:
            self._failed = True
            self._fail(error)
            return None
        return LiveMatte(alpha, subject.source, graph.in_words)
