"""The methods that are compared: ours, and pymatting's under its own names."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable

import numpy as np

OURS = "mattebox"
CLOSED_FORM = "its closed form"
#: pymatting 1.1.16: closed form, KNN, learning based, random walk, shared matting.
PYMATTING = ("cf", "knn", "lbdm", "rw", "sm")

Solver = Callable[[np.ndarray, np.ndarray], np.ndarray]


def solver(method: str) -> Solver:
    """Return a function from encoded picture and trimap to alpha."""
    if method == OURS:
        from matting.cutout import estimate_alpha

        return estimate_alpha
    if method == CLOSED_FORM:
        from matting.band_solver import closed_form_alpha

        return closed_form_alpha
    import pymatting

    estimate = getattr(pymatting, f"estimate_alpha_{method}")

    def solve(rgb: np.ndarray, trimap: np.ndarray) -> np.ndarray:
        values = np.where(trimap == 0, 0.0, np.where(trimap == 255, 1.0, 0.5))
        with contextlib.redirect_stdout(sys.stderr):  # its warnings are printed
            return estimate(rgb.astype(np.float64), values)

    return solve
