"""What of a rig is calibrated, what no longer holds, and by which command it is mended."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from capture.rig import Rig
from devices.frames import CalibrationOrigin


@dataclass(frozen=True, slots=True)
class CalibrationStep:
    """One thing that can be calibrated, how it stands, and the command that measures it anew."""

    stands: Literal["done", "stale", "open"]
    words: str
    command: str = ""


def calibration_steps(rig: Rig, misfit: str = "") -> tuple[CalibrationStep, ...]:
    """Return how a rig's calibration stands; nothing where there is no depth sensor.

    Parameters
    ----------
    rig : Rig
    misfit : str
        What the last photograph said against the calibration: another lens, a knock.
    """
    if rig.depth is None:
        return ()
    if rig.calibration is None:
        return (CalibrationStep("done", "depth comes in the camera's own pixels"),)
    devices = f"--camera {rig.camera.info().address} --depth {rig.depth.info().address}"
    place = f"mattebox calibrate depth {devices} --square MM -o rig.json"
    noise = f"mattebox calibrate noise {devices} --calibration rig.json -o rig.json"
    if rig.studio is not None and rig.calibration is rig.depth.info().calibration:
        return (CalibrationStep("done", "the simulated studio knows where its sensor stands"),)
    return (
        CalibrationStep("stale", misfit, place)
        if misfit
        else CalibrationStep("done", _holds_for(rig.calibration.origin), place),
        CalibrationStep("done", "this sensor's own noise was measured", noise)
        if rig.calibration.noise is not None
        else CalibrationStep("open", "noise as its kind is known for; its own is not", noise),
    )


def _holds_for(origin: CalibrationOrigin) -> str:
    told = [
        origin.lens or "",
        f"{origin.focal_length_mm:g} mm" if origin.focal_length_mm else "",
        f"focused at {origin.focus_distance_m:g} m" if origin.focus_distance_m else "",
    ]
    of_what = ", ".join(word for word in told if word)
    return f"the sensor's place was calibrated for {of_what or 'a lens that it does not name'}"
