"""What would lower the forecast error most: changes of the set-up, tried on the frame itself.

The trial matte parts the frame into subject and background, in linear light. A change brightens,
darkens or replaces one of them, the two are put together again, and the forecast is made of the
result. That is what the camera would see after the change, as far as light adds up and the trial
matte is right.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from capture.forecasting.forecast import Forecast, forecast
from matting.foreground import estimate_foreground
from matting.imaging.curves import SRGB

FloatImage = npt.NDArray[np.float32]

#: Rim light falls on the subject's edge as far inwards as this share of the width.
_RIM_SHARE = 0.015
#: A backdrop this share of the width out of focus.
_DEFOCUS_SHARE = 0.02
#: A change that lowers the error by less is not worth the work.
_WORTH_IT = 0.9
#: Errors below this, thousandths of the width, are all the same.
_LEAST_ERROR = 0.02
#: Square roots of light that differ by less are hard to tell apart.
_TOLD_APART = 0.05


@dataclass(frozen=True, slots=True, eq=False)
class Parts:
    """A frame taken apart, in linear light: ``alpha * subject + (1 - alpha) * backdrop``.

    alpha : (h, w) float32; subject, backdrop : (h, w, 3) float32
    """

    alpha: FloatImage
    subject: FloatImage
    backdrop: FloatImage

    def together(self) -> FloatImage:
        """Return the frame again."""
        share = self.alpha[..., None]
        return np.asarray(share * self.subject + (1 - share) * self.backdrop, np.float32)


@dataclass(frozen=True, slots=True)
class Change:
    """A change of the set-up and the error to be expected after it, thousandths of the width."""

    what: str
    error: float


def best_changes(before: Forecast, count: int = 3) -> tuple[Change, ...]:
    """Return the changes that lower the forecast error most, best first.

    Parameters
    ----------
    before : Forecast
    count : int, at most

    Returns
    -------
    tuple of Change
        Fewer than `count` when fewer help, none when the set-up is as good as it gets.

    Notes
    -----
    Where the trial matte is wrong, so is what it takes apart: a change is judged too kindly where
    subject and backdrop cannot be told apart to begin with. See docs/figures/forecast.md.
    """
    parts = taken_apart(before)
    unchanged = _error_of(before, parts)

    def after(what: str, changed: Parts) -> Change:
        return Change(what, before.error * _error_of(before, changed) / unchanged)

    tried = [after(what, change(parts)) for what, change in CHANGES.items()]
    papers = [
        after(f"change to a {paper} backdrop", _with_paper(parts, colour))
        for paper, colour in PAPERS.items()
    ]
    tried.append(min(papers, key=lambda change: change.error))
    better = [change for change in tried if change.error < _WORTH_IT * before.error]
    return tuple(sorted(better, key=lambda change: change.error)[:count])


def error_after(before: Forecast, change: Callable[[Parts], Parts]) -> float:
    """Return the error to be expected after one change, thousandths of the width.

    Taking a frame apart and putting it together already tidies it; so the change is held against
    the same frame put together without any.
    """
    parts = taken_apart(before)
    return before.error * _error_of(before, change(parts)) / _error_of(before, parts)


def taken_apart(seen: Forecast) -> Parts:
    """Part a frame into subject and backdrop by its trial matte.

    Where the two are of nearly the same colour the matte is a guess, and the silhouette counts
    instead: after a change the edge will lie there.
    """
    linear = SRGB.decode(seen.frame.rgb)
    alpha = seen.alpha
    subject = estimate_foreground(linear, alpha)
    backdrop = estimate_foreground(linear, np.asarray(1 - alpha, np.float32))
    contrast = np.square(np.sqrt(subject) - np.sqrt(backdrop)).mean(axis=-1)
    trust = contrast / (contrast + _TOLD_APART**2)
    edge = trust * alpha + (1 - trust) * seen.frame.silhouette()
    return Parts(np.asarray(edge, np.float32), subject, backdrop)


def _error_of(before: Forecast, parts: Parts) -> float:
    rgb = np.asarray(SRGB.encode(np.clip(parts.together(), 0, 1), 8), np.uint8)
    after = forecast(replace(before.frame, rgb=rgb))
    return before.error if after is None else max(after.error, _LEAST_ERROR)


def _with_backdrop_light(stops: float) -> Callable[[Parts], Parts]:
    return lambda parts: replace(parts, backdrop=np.float32(2.0**stops) * parts.backdrop)


def _with_rim_light(parts: Parts) -> Parts:
    """Double the light on the subject's edge, fading inwards."""
    import cv2

    inside = (parts.alpha > 0.5).astype(np.uint8)
    from_edge = cv2.distanceTransform(inside, cv2.DIST_L2, 5)
    reach = _RIM_SHARE * parts.alpha.shape[1]
    gain = 1 + np.clip(2 - from_edge / reach, 0, 1).astype(np.float32)
    return replace(parts, subject=gain[..., None] * parts.subject)


def _with_backdrop_out_of_focus(parts: Parts) -> Parts:
    import cv2

    sigma = _DEFOCUS_SHARE * parts.alpha.shape[1]
    return replace(parts, backdrop=np.asarray(cv2.GaussianBlur(parts.backdrop, (0, 0), sigma)))


def _with_paper(parts: Parts, colour: tuple[float, float, float]) -> Parts:
    plain = np.broadcast_to(np.array(colour, np.float32), parts.backdrop.shape)
    return replace(parts, backdrop=plain)


#: What is tried beside another paper.
CHANGES: dict[str, Callable[[Parts], Parts]] = {
    "add 1 stop of rim light along the edge": _with_rim_light,
    "raise the background light by 1 stop": _with_backdrop_light(1.0),
    "lower the background light by 1 stop": _with_backdrop_light(-1.0),
    "move the backdrop back until it is out of focus": _with_backdrop_out_of_focus,
}
#: Studio papers, linear, lit so that the white one does not clip; only the best is told.
PAPERS = {
    "white": (0.85, 0.85, 0.85),
    "grey": (0.18, 0.18, 0.18),
    "black": (0.03, 0.03, 0.03),
    "green": (0.06, 0.40, 0.08),
    "blue": (0.04, 0.10, 0.45),
}
