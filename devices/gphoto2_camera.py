"""Cameras through libgphoto2, in a child process of their own.

`Gphoto2Camera` is what the rest of Mattebox holds; `devices.gphoto2_driver` is what runs in the
child and alone imports the library.
"""

from __future__ import annotations

import time
from pathlib import Path

from devices.errors import DeviceError, UnsupportedError
from devices.frames import CameraInfo, CameraObject, Download, Frame, Reserves, Setting
from devices.gphoto2_vendors import vendor_of
from devices.interfaces import CaptureTarget
from devices.worker import Worker

_DRIVER = "devices.gphoto2_driver:Gphoto2Driver"
#: How long the child looks for events at a time, so that live frames come in between.
_EVENT_SLICE_S = 0.05
#: A full card holds thousands of files, and each is asked about.
_LISTING_S = 300.0


class Gphoto2Camera:
    """A camera on USB or PTP/IP, or libgphoto2's virtual one; see `devices.interfaces.Camera`.

    Parameters
    ----------
    address : str
        As the person wrote it, for messages.
    port : str
        libgphoto2's port, such as ``usb:001,004`` or ``ptpip:192.168.1.20``; "" is the first
        camera on USB.
    virtual_folder : Path or None
        Pictures of the virtual USB camera, which is used when this is given.
    serial : str
        The body that is meant; "" for whichever is there.
    capture_target : "card" or "ram"
        Where shots go, the body's own button's too.

    Raises
    ------
    DeviceError
        When no camera answers or another than is meant, another program holds it, or it cannot
        shoot into its memory alone and is to.
    """

    def __init__(
        self,
        address: str,
        port: str = "",
        virtual_folder: Path | None = None,
        serial: str = "",
        capture_target: CaptureTarget = "card",
    ) -> None:
        self.address = address
        arguments = {
            "address": address,
            "port": port,
            "virtual_folder": None if virtual_folder is None else str(virtual_folder),
            "serial": serial,
            "capture_target": capture_target,
        }
        self._worker = Worker(_DRIVER, arguments, address)
        try:
            self._info: CameraInfo = self._worker.call("info")
        except DeviceError:
            self._worker.close()
            raise

    @property
    def process_id(self) -> int | None:
        """The child's process number."""
        return self._worker.pid

    def info(self) -> CameraInfo:
        """Return who the camera is, as it was when it was connected; battery included."""
        return self._info

    def reserves(self) -> Reserves:
        """Return what is left of battery and cards, read afresh."""
        reserves: Reserves = self._worker.call("reserves")
        return reserves

    def settings(self) -> dict[str, Setting]:
        """Return the settings that this camera has, read afresh."""
        settings: dict[str, Setting] = self._worker.call("settings")
        return settings

    def set(self, name: str, value: str) -> Setting:
        """Write a setting, read it back and return it."""
        setting: Setting = self._worker.call("set", name, value)
        return setting

    def drive_focus(self, step: int) -> None:
        """Move the focus by a step, farther or (negative) nearer."""
        self._worker.call("drive_focus", step, timeout_s=10.0)

    def start_live_view(self) -> None:
        """Begin to fetch live frames between commands; the first may take its time."""
        if not self._info.live_view:
            vendor = vendor_of(self._info.maker)
            raise UnsupportedError(
                self.address,
                "this camera gives no live view",
                f"shoot without it, or see what it wants on the body: {vendor.on_the_body}",
            )
        self._worker.call("start_live_view", timeout_s=25.0)

    def stop_live_view(self) -> None:
        """Stop fetching live frames."""
        self._worker.call("stop_live_view", timeout_s=10.0)

    def latest_frame(self, newer_than: int = -1, timeout_s: float = 5.0) -> Frame:
        """Return the newest live frame whose sequence exceeds `newer_than`, waiting for it."""
        return self._worker.latest_frame(newer_than, timeout_s)

    def capture(self, timeout_s: float = 30.0) -> tuple[CameraObject, ...]:
        """Release the shutter and return the shot's first file; others follow by `next_files`."""
        # The child keeps the time; the parent's own is the watchdog's, for when it hangs.
        files: tuple[CameraObject, ...] = self._worker.call(
            "capture", timeout_s, timeout_s=timeout_s + 15.0
        )
        return files

    def next_files(self, timeout_s: float) -> tuple[CameraObject, ...]:
        """Return files that were announced since the last call, waiting up to `timeout_s`."""
        deadline = time.monotonic() + timeout_s
        while True:
            left = deadline - time.monotonic()
            files: tuple[CameraObject, ...] = self._worker.call(
                "next_files", max(0.0, min(_EVENT_SLICE_S, left)), timeout_s=10.0
            )
            if files or left <= 0:
                return files

    def download(self, item: CameraObject, target: Path, timeout_s: float = 60.0) -> Download:
        """Write the file's bytes to `target`, which must not exist; the camera keeps its copy."""
        try:
            download: Download = self._worker.call(
                "download", item, str(target), timeout_s=timeout_s
            )
        except BaseException:
            target.unlink(missing_ok=True)
            raise
        return download

    def listing(self) -> tuple[CameraObject, ...]:
        """Return every file on the camera's cards."""
        files: tuple[CameraObject, ...] = self._worker.call("listing", timeout_s=_LISTING_S)
        return files

    def delete(self, item: CameraObject) -> None:
        """Delete the file on the camera."""
        self._worker.call("delete", item, timeout_s=20.0)

    def close(self) -> None:
        """Release the camera and end its process. May be called twice."""
        self._worker.close()
