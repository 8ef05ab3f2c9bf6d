"""A step of the focus in the words and numbers of a maker's widget. Pure.

Canon has three sizes each way ("Near 1" ... "Far 3"), Panasonic two ("Near slow"), Nikon, Sony and
Fuji a number whose ends are the widget's, from seven to 32767 steps of the motor.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

#: Sizes of a step, the smallest first.
SIZES = (1, 2, 3)


def focus_choice(choices: Sequence[str], step: int) -> str | None:
    """Return the choice that moves the focus by a step, None where the widget has none.

    Parameters
    ----------
    choices : sequence of str
        The widget's.
    step : int
        1 to 3 farther, by size; -1 to -3 nearer. A size that lacks is the largest that there is.

    Examples
    --------
    >>> focus_choice(("Near 1", "Near 2", "Near 3", "None", "Far 1", "Far 2", "Far 3"), -2)
    'Near 2'
    >>> focus_choice(("Near fast", "Near slow", "Far slow", "Far fast"), 3)
    'Far fast'
    """
    way = "far" if step > 0 else "near"
    fitting = sorted((c for c in choices if c.lower().startswith(way)), key=_size)
    return fitting[min(abs(step), len(fitting)) - 1] if fitting else None


def _size(choice: str) -> int:
    digits = re.search(r"\d+", choice)
    return int(digits[0]) if digits else int("fast" in choice.lower())


def focus_number(low: float, high: float, step: int) -> float:
    """Return the number that moves the focus by a step, for a widget from `low` to `high`.

    Sizes grow by equal factors: of 32767 they are 64, 512 and 4096, of seven 2, 3 and 5.

    Parameters
    ----------
    low, high : float
        The widget's ends, below and above 0.
    step : int
        As in `focus_choice`.
    """
    end = high if step > 0 else -low
    size = max(float(abs(step)), float(round(end ** (0.2 + 0.2 * abs(step)))))
    return min(size, end) if step > 0 else -min(size, end)
