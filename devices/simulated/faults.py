"""Scripted faults of the simulated camera, as real ones were seen to behave."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from devices.errors import UnsupportedError

Cut = Literal["", "close", "reset", "stall"]


@dataclass(slots=True)
class Faults:
    """What is to go wrong from now on.

    Parameters
    ----------
    busy : bool
        The shutter answers DeviceBusy.
    card_full : bool
    cut : "", "close", "reset" or "stall"
        How the next download breaks: the connection ends, is reset, or falls silent.
    cuts : int
        How many downloads break so.
    cut_at_byte : int
        After how many bytes of the file.
    """

    busy: bool = False
    card_full: bool = False
    cut: Cut = ""
    cuts: int = 1
    cut_at_byte: int = 0

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
