"""What whoever helps wants to know: versions, permissions, buses, and what ten frames are like.

No photograph, no serial number, no user's or machine's name, no path but those of udev rules.
Places on the bus or the local network are told, and a sample of depth shows the shape of the set.
"""

from __future__ import annotations

import io
import json
import os
import platform
import sys
import zipfile
from collections.abc import Callable, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np

from capture.inventory import take_inventory
from capture.rig import Rig
from devices.errors import DeviceError
from devices.frames import DepthFrame
from devices.gphoto2_vendors import lacking
from matting.imaging.atomic import write_atomically

#: Frames of a sample, as many of depth as of live view.
SAMPLE_FRAMES = 10

_LIBRARIES = (
    "mattebox", "numpy", "numba", "opencv-python-headless", "gphoto2", "depthai", "open3d",
    "open3d-cpu", "record3d", "onnxruntime", "textual", "rawpy", "pillow-heif",
)  # fmt: skip

#: USB vendors of depth sensors: Luxonis (Movidius), Intel, Microsoft, Orbbec.
_SENSOR_VENDORS = {"03e7": "Luxonis", "8086": "Intel", "045e": "Microsoft", "2bc5": "Orbbec"}
_RULE_FOLDERS = ("/etc/udev/rules.d", "/run/udev/rules.d", "/usr/lib/udev/rules.d")
_USB_DEVICES = Path("/sys/bus/usb/devices")


def examination_of_machine() -> dict[str, Any]:
    """Return versions, devices, permissions and buses, as plain lists and dictionaries."""
    return {
        "python": platform.python_version(),
        "system": platform.platform(),
        "processors": os.cpu_count(),
        "libraries": library_versions(),
        "found": without_numbers(take_inventory().as_json()),
        "udev_rules": udev_rules([Path(folder) for folder in _RULE_FOLDERS]),
        "usb": usb_devices(_USB_DEVICES),
    }


def without_numbers(found: dict[str, Any]) -> dict[str, Any]:
    """Return an inventory whose depth sensors go by kind: their addresses are serial numbers."""
    kinds = [
        {**sensor, "address": sensor["address"].partition(":")[0] + ":"}
        for sensor in found["depth_sensors"]
    ]
    return {**found, "depth_sensors": kinds}


def library_versions() -> dict[str, str | None]:
    """Return which version of each library is installed; None for one that is not."""
    found: dict[str, str | None] = {}
    for name in _LIBRARIES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = None
    return found


def udev_rules(folders: Sequence[Path]) -> dict[str, list[str]] | None:
    """Return by maker which files hold rules for its sensors; None where there is no udev."""
    if not sys.platform.startswith("linux"):
        return None
    found: dict[str, list[str]] = {maker: [] for maker in _SENSOR_VENDORS.values()}
    for folder in folders:
        for file in sorted(folder.glob("*.rules")):
            text = file.read_text("utf-8", errors="replace").lower()
            for vendor, maker in _SENSOR_VENDORS.items():
                if f'"{vendor}"' in text:
                    found[maker].append(str(file))
    return found


def usb_devices(folder: Path) -> list[dict[str, Any]] | None:
    """Return what is on USB: ids, name, speed in Mbit/s, and whether it may be opened.

    None where the system does not list it in `folder`. 480 Mbit/s is USB 2, too slow for most depth
    sensors at full size.
    """
    if not folder.is_dir():
        return None
    found = []
    for device in sorted(folder.iterdir()):
        ids = [_word(device / name) for name in ("idVendor", "idProduct")]
        bus, number, speed = (_word(device / name) for name in ("busnum", "devnum", "speed"))
        if None in ids or bus is None or number is None:
            continue
        node = f"/dev/bus/usb/{int(bus):03}/{int(number):03}"
        found.append(
            {
                "id": ":".join(map(str, ids)),
                "name": _word(device / "product"),
                "mbit_s": float(speed) if speed else None,
                "may_open": os.access(node, os.R_OK | os.W_OK),
            }
        )
    return found


def _word(path: Path) -> str | None:
    try:
        return path.read_text("utf-8", errors="replace").strip()
    except OSError:
        return None


def sample_of(rig: Rig) -> tuple[dict[str, Any], tuple[DepthFrame, ...]]:
    """Return how ten live frames and ten depth maps came, and the depth maps.

    What a device refuses or fails at is told under ``fault``, in words.
    """
    told: dict[str, Any] = {}
    told["camera"], _ = _sampled(lambda: _live_frames(rig))
    told["camera"]["model"] = rig.camera.info().model
    told["camera"]["lacks"] = lacking(rig.camera.info())
    maps: tuple[DepthFrame, ...] = ()
    if rig.depth is not None:
        sensor = rig.depth
        told["depth"], maps = _sampled(lambda: tuple(sensor.read() for _ in range(SAMPLE_FRAMES)))
        told["depth"]["model"] = sensor.info().model
        told["depth"]["with_return"] = [round(_returns(one), 3) for one in maps]
        told["depth"]["confidence"] = [_mean_confidence(one) for one in maps]
    return told, maps


def _sampled(take: Callable[[], tuple[Any, ...]]) -> tuple[dict[str, Any], tuple[Any, ...]]:
    try:
        frames = take()
    except DeviceError as exc:
        return {"fault": str(exc)}, ()
    seconds = frames[-1].time_s - frames[0].time_s
    first = frames[0]
    height, width = (first.depth_m if isinstance(first, DepthFrame) else first.rgb).shape[:2]
    return {
        "size": [width, height],
        "per_second": round((len(frames) - 1) / seconds, 2) if seconds > 0 else None,
        "dropped": frames[-1].sequence - first.sequence - (len(frames) - 1),
    }, frames


def _live_frames(rig: Rig) -> tuple[Any, ...]:
    rig.camera.start_live_view()
    try:
        frames = [rig.camera.latest_frame()]
        while len(frames) < SAMPLE_FRAMES:
            frames.append(rig.camera.latest_frame(newer_than=frames[-1].sequence))
    finally:
        rig.camera.stop_live_view()
    return tuple(frames)


def _returns(frame: DepthFrame) -> float:
    return float(np.isfinite(frame.depth_m).mean())


def _mean_confidence(frame: DepthFrame) -> float | None:
    """Return the mean confidence of what returned; None when the sensor gives none."""
    if frame.confidence is None or not np.isfinite(frame.depth_m).any():
        return None
    return round(float(frame.confidence[np.isfinite(frame.depth_m)].mean()), 3)


def write_report(path: Path, report: dict[str, Any], maps: Sequence[DepthFrame]) -> None:
    """Write report.json, and depth.npz (float32, metres) where there are maps, as one ZIP.

    Raises
    ------
    OutputError
        When the file cannot be written.
    """
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("report.json", json.dumps(report, indent=2, ensure_ascii=False))
        if maps:
            depth = io.BytesIO()
            np.savez_compressed(depth, depth_m=np.stack([one.depth_m for one in maps]))
            archive.writestr("depth.npz", depth.getvalue())
    write_atomically(path, [whole.getvalue()])
