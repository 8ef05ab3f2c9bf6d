"""What a retouching is asked to do: a value, so that it can be taken back."""

from __future__ import annotations

from dataclasses import dataclass, field

from capture.retouching import Retouch
from capture.review import ShotPictures
from capture.strokes import Stroke
from matting.edge_tools import EdgeTools


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked for so far.

    Parameters
    ----------
    pictures : ShotPictures
        With the cut-out that strokes and tools work on.
    strokes : tuple of Stroke
    tools : EdgeTools
    points : tuple of (x, y)
        On what is cut out in place of what was, in the picture's pixels.
    """

    pictures: ShotPictures
    strokes: tuple[Stroke, ...] = ()
    tools: EdgeTools = field(default_factory=EdgeTools)
    points: tuple[tuple[float, float], ...] = ()

    @property
    def retouch(self) -> Retouch:
        """What is done to the cut-out."""
        return Retouch(self.strokes, self.tools)
