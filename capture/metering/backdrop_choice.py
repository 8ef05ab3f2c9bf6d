"""Which backdrop would serve this subject: its own edge colours against the usual papers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from matting.imaging.colour import delta_e_2000, linear_srgb_to_lab

#: CIE L*a*b* (D65) of backdrops as they photograph when lit as usual: white paper just short of
#: clipping, black velvet, and the two screens' paints (#00B140 and #0047BB).
BACKDROPS: dict[str, tuple[float, float, float]] = {
    "white": (97.0, 0.0, 0.0),
    "light grey": (75.0, 0.0, 0.0),
    "mid grey": (50.0, 0.0, 0.0),
    "dark grey": (28.0, 0.0, 0.0),
    "black": (6.0, 0.0, 0.0),
    "green": (63.2, -61.6, 46.0),
    "blue": (34.2, 29.0, -65.7),
}
#: The backdrop is as good as its weakest tenth of the edge.
_WEAK_PERCENT = 10.0


@dataclass(frozen=True, slots=True)
class BackdropChoice:
    """What each backdrop would give on the weakest tenth of the subject's edge.

    Parameters
    ----------
    delta_e : mapping of a backdrop's name to CIEDE2000
    present : float, CIEDE2000 that the backdrop now behind gives there
    """

    delta_e: dict[str, float]
    present: float

    @property
    def best(self) -> str:
        """The one that gives most."""
        return max(self.delta_e, key=lambda name: self.delta_e[name])


def backdrop_choice(
    edge_light: npt.NDArray[np.floating], present: npt.NDArray[np.floating]
) -> BackdropChoice | None:
    """Compare backdrops for a subject, or return None without an edge.

    Parameters
    ----------
    edge_light : (N, 3) float, linear light just inside the subject's edge, one row a piece
    present : (N,) float, CIEDE2000 that each piece has now

    Notes
    -----
    The colours stay as they are lit now. Screens spill, which this does not count.
    """
    if not len(edge_light):
        return None
    lab = linear_srgb_to_lab(edge_light, "D65")
    papers = np.array(list(BACKDROPS.values()))
    weakest = np.percentile(delta_e_2000(lab[:, None], papers[None]), _WEAK_PERCENT, axis=0)
    return BackdropChoice(
        {name: float(value) for name, value in zip(BACKDROPS, weakest, strict=True)},
        float(np.percentile(present, _WEAK_PERCENT)),
    )
