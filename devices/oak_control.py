"""Exposure and focus of an OAK's cameras, as its address states them: pure, no vendor library.

``oak:ID,exposure=8,iso=200,focus=130``: milliseconds, ISO, and the lens's position. What is not
stated the device sets by itself, and under flashes or changing light that moves its depth.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from devices.errors import AddressError

_FORM = "oak:ID,exposure=MS,iso=N,focus=0-255"
#: What each may be, as depthai documents `CameraControl`.
_RANGES = {"exposure": (0.001, 33.0), "iso": (100, 1600), "focus": (0, 255)}


@dataclass(frozen=True, slots=True)
class OakControl:
    """What is set by hand; None leaves it to the device.

    Parameters
    ----------
    exposure_ms : float or None, 0.001 to 33
    iso : int or None, 100 to 1600; with `exposure_ms` alone
    focus : int or None
        The colour camera's lens position, 0 (far) to 255 (near).
    """

    exposure_ms: float | None = None
    iso: int | None = None
    focus: int | None = None


def oak_parts(text: str, value: str) -> tuple[str, OakControl]:
    """Return the device's identifier and what its address sets by hand.

    Parameters
    ----------
    text : str
        The whole address, for errors.
    value : str
        What follows ``oak:``.

    Raises
    ------
    AddressError
        An unknown word, no number or one out of range, or exposure without ISO.

    Examples
    --------
    >>> oak_parts("oak:,focus=130", ",focus=130")
    ('', OakControl(exposure_ms=None, iso=None, focus=130))
    """
    device_id, *words = value.split(",")
    given: dict[str, float] = {}
    for word in words:
        name, _, number = word.partition("=")
        if name not in _RANGES:
            raise AddressError(text, f"sets '{name}', which an OAK has not", f"use {_FORM}")
        given[name] = _number(text, name, number)
    if ("exposure" in given) != ("iso" in given):
        raise AddressError(text, "sets one of exposure and ISO", f"set both: {_FORM}")
    iso, focus = (None if name not in given else round(given[name]) for name in ("iso", "focus"))
    return device_id, OakControl(given.get("exposure"), iso, focus)


def _number(text: str, name: str, number: str) -> float:
    low, high = _RANGES[name]
    try:
        value = float(number)
    except ValueError:
        value = float("nan")
    if not low <= value <= high:
        raise AddressError(
            text, f"sets {name} to '{number}'", f"give {low:g} to {high:g}, as in {_FORM}"
        )
    return value


def control_queues(dai: Any, pipeline: Any, control: OakControl) -> list[tuple[Any, Any]]:
    """Return, for each camera that is to be set by hand, the way to it and what to send.

    Parameters
    ----------
    dai : the depthai module
    pipeline : depthai.Pipeline, before its start
    control : OakControl

    Returns
    -------
    list of (depthai.InputQueue, depthai.CameraControl)
        Exposure goes to the colour camera and the stereo pair alike, focus to colour alone.
    """
    told = []
    for node in pipeline.getAllNodes():
        if isinstance(node, dai.node.Camera):
            colour = node.getBoardSocket() == dai.CameraBoardSocket.CAM_A
            message = _message(dai, control, with_focus=colour)
            if message is not None:
                told.append((node.inputControl.createInputQueue(), message))
    return told


def _message(dai: Any, control: OakControl, with_focus: bool) -> Any | None:
    """Return a `CameraControl`, None when there is nothing to tell; most lenses do not move."""
    message, tells = dai.CameraControl(), False
    if control.exposure_ms is not None and control.iso is not None:
        message.setManualExposure(max(1, round(1000 * control.exposure_ms)), control.iso)
        tells = True
    if control.focus is not None and with_focus:
        message.setManualFocus(control.focus)
        tells = True
    return message if tells else None
