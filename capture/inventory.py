"""What this machine has to work with: cameras, depth sensors, execution providers."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from typing import Any

from devices.discovery import Discovery, FoundDevice, list_cameras, list_depth_sensors


@dataclass(frozen=True, slots=True)
class Inventory:
    """Everything that was found; `remarks` say what could not be looked for, and why."""

    cameras: tuple[FoundDevice, ...]
    depth_sensors: tuple[FoundDevice, ...]
    providers: tuple[FoundDevice, ...]
    remarks: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """Return plain lists and dictionaries."""
        return asdict(self)


def take_inventory() -> Inventory:
    """Ask every library at once, each in a process of its own.

    Takes as long as the slowest, which is the search for OAK cameras and the import of Open3D.
    """
    with ThreadPoolExecutor(3) as threads:
        cameras = threads.submit(list_cameras)
        sensors = threads.submit(list_depth_sensors)
        providers = threads.submit(_list_providers)
    found = [future.result() for future in (cameras, sensors, providers)]
    remarks = tuple(dict.fromkeys(remark for part in found for remark in part.remarks))
    return Inventory(found[0].found, found[1].found, found[2].found, remarks)


def _list_providers() -> Discovery:
    from matting.runtime import find_providers

    try:
        found = find_providers()
    except ImportError as exc:
        return Discovery(remarks=(f"onnxruntime: cannot be loaded ({exc}). Install it again.",))
    return Discovery(
        tuple(FoundDevice(one.provider, one.hardware, one.kind) for one in found.devices),
        found.remarks,
    )
