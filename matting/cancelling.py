"""How long work is stopped on request."""

from __future__ import annotations

from collections.abc import Callable


class MattingCancelledError(Exception):
    """The caller asked to stop; nothing was produced."""


def stop_if(cancelled: Callable[[], bool] | None) -> None:
    """Stop when the caller says so.

    Raises
    ------
    MattingCancelledError
        `cancelled` returned True.
    """
    if cancelled is not None and cancelled():
        raise MattingCancelledError
