"""Scripted faults of the simulated camera, as real ones were seen to behave."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from devices.errors import UnsupportedError

Cut = Literal["", "close", "reset", "stall", "garbage"]


@dataclass(slots=True)
class Faults:
    """What is to go wrong from now on.

    Parameters
    ----------
    busy : bool
        The shutter answers DeviceBusy.
    card_full : bool
    cut : "", "close", "reset", "stall" or "garbage"
        How the next download breaks: the connection ends, is reset, falls silent, or goes on
        with bytes that mean nothing.
    cuts : int
        How many downloads break so.
    cut_at_byte : int
        After how many bytes of the file.
    raw_first : bool
        Of RAW and JPEG, the RAW is announced first.
    second_half_after_s : float
        How long after the first half the second is announced; never, when negative.
    repeated_events : int
        How many times too often a file is announced.
    clock_offset_s : float
        How far the body's clock is off.
    live_view_refused : bool
        Live view answers busy when it is started and then that it does not run, at which
        libgphoto2 asks for ever.
    """

    busy: bool = False
    card_full: bool = False
    cut: Cut = ""
    cuts: int = 1
    cut_at_byte: int = 0
    raw_first: bool = False
    second_half_after_s: float = 0.0
    repeated_events: int = 0
    clock_offset_s: float = 0.0
    live_view_refused: bool = False

    def script(self, name: str, value: object) -> None:
        """Set a fault by name, as the control port asks.

        Raises
        ------
        UnsupportedError
            When there is no fault of that name.
        """
        if name not in self.__slots__:
            raise UnsupportedError(
                f"fault {name}", "unknown", f"use one of {', '.join(self.__slots__)}"
            )
        setattr(self, name, value)
