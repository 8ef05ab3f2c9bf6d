"""The forecast: where the cut-out's edge will be off, and by how much, before the shot is taken."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from capture.forecasting.pieces import EdgePieces, edge_pieces
from capture.forecasting.signs import colours_apart, left_open
from capture.forecasting.trial import Silhouetted, trial_alpha

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Model:
    """``log(error + 0.1) = constant + apart * log(A + 0.02) + open * log(O + 0.3)``.

    A is `colours_apart`, O is `left_open`; the error is the mean absolute error of alpha across
    the edge, in thousandths of the picture's width. `bench.forecast` fits the three numbers.
    """

    constant: float
    apart: float
    open: float

    def error(self, apart: Floats, opened: Floats) -> Floats:
        """Return the error to be expected from both signs, thousandths of the width."""
        logarithm = self.constant + self.columns(apart, opened) @ (self.apart, self.open)
        return np.asarray(np.maximum(np.exp(logarithm) - ERROR_OFFSET, 0.0))

    @staticmethod
    def columns(apart: Floats, opened: Floats) -> Floats:
        """Return (K, 2), what the two slopes multiply."""
        return np.stack([np.log(apart + _APART_OFFSET), np.log(opened + _OPEN_OFFSET)], axis=1)


#: What keeps the logarithms finite; of the order of what noise makes of each.
ERROR_OFFSET, _APART_OFFSET, _OPEN_OFFSET = 0.1, 0.02, 0.3
FITTED = Model(constant=-0.557, apart=-0.358, open=1.045)


@dataclass(frozen=True, slots=True)
class ForecastPiece:
    """A stretch of the edge, with the error to be expected there, thousandths of the width."""

    error: float
    box: tuple[int, int, int, int]
    place: str


@dataclass(frozen=True, slots=True, eq=False)
class Forecast:
    """What the cut-out of this set-up will be like.

    Parameters
    ----------
    error : float
        How far the edge will be off on average, thousandths of the picture's width.
    pieces : tuple of ForecastPiece, in pixels of the reduced frame
    heat : (h, w) float32
        The error of the nearest piece, for drawing; NaN away from the edge.
    frame : Silhouetted
        What it was made of.
    alpha : (h, w) float32, 0 to 1
        Of the trial.
    """

    error: float
    pieces: tuple[ForecastPiece, ...]
    heat: npt.NDArray[np.float32]
    frame: Silhouetted
    alpha: npt.NDArray[np.float32]

    def worst(self) -> ForecastPiece:
        """Return the piece with the largest error."""
        return max(self.pieces, key=lambda piece: piece.error)


def forecast(frame: Silhouetted, model: Model = FITTED) -> Forecast | None:
    """Foretell the cut-out of a set-up, or return None where no edge of the subject is seen.

    Parameters
    ----------
    frame : Silhouetted
    model : Model

    Notes
    -----
    Rank correlation with the true error, on photographs that the fit had not seen: see
    docs/figures/forecast.md. Foretells what colour does to the matte. What the silhouette itself
    misses (a tail that depth takes for another thing) it does not see, nor a shift between
    sensor and camera.
    """
    silhouette = frame.silhouette()
    pieces = edge_pieces(silhouette)
    if pieces is None:
        return None
    alpha = trial_alpha(frame)
    apart, opened = colours_apart(frame.rgb, silhouette, pieces), left_open(alpha, pieces)
    seen = np.isfinite(apart)
    if not seen.any():
        return None
    errors = model.error(apart, opened)
    return Forecast(
        error=float(np.average(errors[seen], weights=pieces.length[seen])),
        pieces=tuple(
            ForecastPiece(float(errors[k]), pieces.boxes[k], pieces.places[k])
            for k in np.flatnonzero(seen)
        ),
        heat=_heat(errors, pieces),
        frame=frame,
        alpha=alpha,
    )


def _heat(errors: Floats, pieces: EdgePieces) -> npt.NDArray[np.float32]:
    heat = np.full(pieces.piece.shape, np.nan, np.float32)
    near = pieces.piece >= 0
    heat[near] = errors[pieces.piece[near]]
    return heat
