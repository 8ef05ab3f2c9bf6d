"""Numbers of things in words."""

from __future__ import annotations


def counted(number: int, one: str, many: str = "") -> str:
    """Return a number with the word for one or for many of the thing; an s more where not given.

    Examples
    --------
    >>> counted(1, "shot"), counted(0, "shot"), counted(2, "file waits", "files wait")
    ('1 shot', '0 shots', '2 files wait')
    """
    return f"{number} {one}" if number == 1 else f"{number} {many or one + 's'}"
