"""Writing several camera settings at once: all of them, or none when one is impossible."""

from __future__ import annotations

from collections.abc import Mapping

from devices.errors import SettingRefusedError, UnsupportedError
from devices.frames import Setting
from devices.gphoto2_config import matching_choice
from devices.gphoto2_vendors import lacking, vendor_of
from devices.interfaces import SETTING_NAMES, Camera


def write_settings(camera: Camera, wanted: Mapping[str, str]) -> dict[str, Setting]:
    """Write settings and return them as the camera then says they are.

    Parameters
    ----------
    camera : Camera
    wanted : mapping of str to str
        Values by name of `devices.interfaces.SETTING_NAMES`, written in this order; a number may
        be written in any way (``1/200`` for ``0.0050s``).

    Raises
    ------
    UnsupportedError
        When the camera lacks one of the settings; nothing was written then.
    SettingRefusedError
        When the camera has no such value, and then nothing was written; or when it refuses one
        that it lists, and then those before it were.
    """
    address, there = camera.info().address, camera.settings()
    for name, value in wanted.items():
        if name not in there:
            if camera.info().maker and name in SETTING_NAMES:
                raise vendor_of(camera.info().maker).lacks(address, name)
            has = f"it has {', '.join(there)}" if there else "set it on the camera itself"
            raise UnsupportedError(f"{address} {name}", "this camera has no such setting", has)
        if there[name].read_only:
            raise SettingRefusedError(
                f"{address} {name}", "cannot be set now", "turn the camera's mode dial to M"
            )
        matching_choice(there[name], value, address)
    return {name: camera.set(name, value) for name, value in wanted.items()}


def lacking_settings(camera: Camera) -> dict[str, str]:
    """Return the settings that a camera lacks, and in its maker's words what to do without."""
    return {
        name: otherwise
        for name, otherwise in lacking(camera.info()).items()
        if name in SETTING_NAMES
    }
