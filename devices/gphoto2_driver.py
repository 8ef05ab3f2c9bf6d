"""libgphoto2 as it is, mapped once to our words. Runs in the child; the only importer of gphoto2.

What the library does under faults was found by experiment (docs/libgphoto2-notes.md): after most
errors the connection is out of step, so the driver drops it and the next command makes a new one.
"""

from __future__ import annotations

import atexit
import contextlib
import hashlib
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import PurePosixPath
from typing import Any

from devices.discovery import Discovery, FoundDevice
from devices.errors import (
    CaptureError,
    DeviceBusyError,
    DeviceError,
    DeviceLostError,
    DeviceNotFoundError,
    DeviceTimeoutError,
    SettingRefusedError,
    TransferError,
    UnsupportedError,
)
from devices.frames import CameraInfo, CameraObject, Download, Setting
from devices.gphoto2_config import VENDOR_WIDGETS, matching_choice
from devices.worker import FrameMailbox
from matting.imaging.errors import MissingLibraryError, OutputError

#: Live view is fetched no faster than this, however fast the camera.
_FRAME_INTERVAL_S = 1 / 30
#: A second file of one shot (RAW beside JPEG) comes within this time of the first.
_SECOND_FILE_S = 3.0
_QUIET_S = 0.15
#: Previews without a picture in a row before live view counts as failed (about five seconds).
_EMPTY_PREVIEWS = 150
_RECONNECT_TRIES = 4
#: After these the connection's state is unknown: drop it.
_BROKEN = {-1, -7, -10, -52, -34, -35}


class Gphoto2Driver:
    """One camera. Methods are `devices.interfaces.Camera`'s, run one at a time."""

    def __init__(self, address: str, port: str, virtual_folder: str | None) -> None:
        self._address = address
        self._port = port
        self._gp = _import_gphoto2(virtual_folder)
        self._words: list[str] = []
        self._context = self._gp.Context()
        self._error_callback = self._context.set_error_func(self._on_error_text, None)
        self._camera: Any = None
        self._widget_of: dict[str, str] = {}
        self._live = False
        self._empty = 0
        self._next_frame_at = 0.0
        self._announced: list[CameraObject] = []
        self._connect()

    def _on_error_text(self, context: Any, text: str | bytes, data: Any = None) -> None:
        words = text.decode(errors="replace") if isinstance(text, bytes) else text
        self._words.append(words.strip())

    # --- connection -------------------------------------------------------------------------

    def _connect(self) -> None:
        gp = self._gp
        port, model = self._port, "PTP/IP Camera" if self._port.startswith("ptpip:") else ""
        if not port:
            port, model = self._first_on_usb()
        ports = gp.PortInfoList()
        ports.load()
        camera = gp.Camera()
        with self._mapped("connecting", lost=DeviceNotFoundError):
            camera.set_port_info(ports[ports.lookup_path(port)])
            if model:
                models = gp.CameraAbilitiesList()
                models.load(self._context)
                camera.set_abilities(models[models.lookup_model(model)])
            camera.init(self._context)
        self._camera = camera
        self._widget_of = {
            ours: widget
            for ours, widgets in VENDOR_WIDGETS.items()
            if (widget := next((w for w in widgets if self._has(w)), None)) is not None
        }
        self._keep_shots_on_the_card()

    def _first_on_usb(self) -> tuple[str, str]:
        found = list(self._gp.Camera.autodetect(self._context))
        if not found:
            raise DeviceNotFoundError(
                self._address,
                "no camera answers on USB",
                "switch it on, set its USB mode to PTP, and check the cable",
            )
        model, port = found[0]
        return str(port), str(model)

    def _has(self, widget: str) -> bool:
        try:
            self._camera.get_single_config(widget, self._context)
        except self._gp.GPhoto2Error:
            return False
        return True

    def _keep_shots_on_the_card(self) -> None:
        """Set the card as the target and read it back: shots in RAM die with the process."""
        target = self._setting("capture_target")
        if target is None:
            return
        card = next((c for c in target.choices if "card" in c.lower()), None)
        if card is not None and target.value != card:
            self.set("capture_target", card)

    def _connected(self) -> Any:
        """Return the camera, connected anew when the last connection was dropped."""
        for _ in range(_RECONNECT_TRIES):
            if self._camera is not None:
                return self._camera
            try:
                self._connect()
            except DeviceNotFoundError:
                # A body that was cut off takes a moment to accept its host again.
                time.sleep(0.5)
        if self._camera is None:
            self._connect()
        return self._camera

    def _drop(self) -> None:
        """Let go of a connection that is out of step; its own farewell may fail too."""
        camera, self._camera = self._camera, None
        if camera is not None:
            with contextlib.suppress(self._gp.GPhoto2Error):
                camera.exit(self._context)

    @contextlib.contextmanager
    def _mapped(self, doing: str, lost: type[DeviceError] = DeviceLostError) -> Iterator[None]:
        """Turn the library's errors into ours, with its own words for the cause."""
        self._words.clear()
        try:
            yield
        except self._gp.GPhoto2Error as exc:
            if exc.code in _BROKEN:
                self._drop()
            words = "; ".join(dict.fromkeys(self._words)) or str(exc.string)
            raise _error_of(exc.code, self._address, f"{words} (while {doing})", lost) from exc

    # --- settings ---------------------------------------------------------------------------

    def info(self) -> CameraInfo:
        """Return who the camera is."""
        camera = self._connected()
        with self._mapped("reading its abilities"):
            abilities = camera.get_abilities()
            live_view = bool(abilities.operations & self._gp.GP_OPERATION_CAPTURE_PREVIEW)
        battery = self._text("batterylevel") or ""
        digits = "".join(c for c in battery if c.isdigit())
        return CameraInfo(
            address=self._address,
            model=self._text("cameramodel") or str(abilities.model),
            serial=self._text("serialnumber") or "",
            battery_percent=int(digits) if digits else None,
            live_view=live_view and self._port != "vusb",
        )

    def settings(self) -> dict[str, Setting]:
        """Return the settings that this camera has."""
        self._connected()
        read = {name: self._setting(name) for name in self._widget_of}
        return {name: setting for name, setting in read.items() if setting is not None}

    def set(self, name: str, value: str) -> Setting:
        """Write a setting, read it back and return it."""
        camera = self._connected()
        current = self._setting(name)
        if current is None:
            raise UnsupportedError(
                f"{self._address} {name}", "this camera has none", "set it on it"
            )
        if current.read_only:
            raise SettingRefusedError(
                f"{self._address} {name}", "cannot be set now", "turn the camera's mode dial to M"
            )
        choice = matching_choice(current, value, self._address)
        refused = f"choose one of {', '.join(current.choices)}"
        try:
            widget = camera.get_single_config(self._widget_of[name], self._context)
            widget.set_value(choice)
            widget.set_changed(1)
            camera.set_single_config(self._widget_of[name], widget, self._context)
        except self._gp.GPhoto2Error as exc:
            if exc.code in _BROKEN:
                self._drop()
            raise SettingRefusedError(
                f"{self._address} {name}", f"the camera refused '{choice}' ({exc.string})", refused
            ) from exc
        read_back = self._setting(name)
        if read_back is None or read_back.value != choice:
            says = "nothing" if read_back is None else f"'{read_back.value}'"
            raise SettingRefusedError(
                f"{self._address} {name}", f"set to '{choice}', the camera says {says}", refused
            )
        return read_back

    def _setting(self, name: str) -> Setting | None:
        widget_name = self._widget_of.get(name)
        if widget_name is None:
            return None
        gp = self._gp
        try:
            # Every widget hangs from its root: both must be held while either is used.
            widget = self._connected().get_single_config(widget_name, self._context)
            choices: tuple[str, ...] = ()
            if widget.get_type() in (gp.GP_WIDGET_RADIO, gp.GP_WIDGET_MENU):
                choices = tuple(str(widget.get_choice(i)) for i in range(widget.count_choices()))
            return Setting(name, str(widget.get_value()), choices, bool(widget.get_readonly()))
        except gp.GPhoto2Error as exc:
            if exc.code == -2:
                return None
            raise _error_of(exc.code, self._address, str(exc.string), DeviceLostError) from exc

    def _text(self, widget_name: str) -> str | None:
        try:
            widget = self._camera.get_single_config(widget_name, self._context)
            return str(widget.get_value())
        except self._gp.GPhoto2Error:
            return None  # not every camera says

    # --- live view --------------------------------------------------------------------------

    def start_live_view(self) -> None:
        """Fetch live pictures between other work."""
        self._connected()
        self._live, self._empty = True, 0

    def stop_live_view(self) -> None:
        """Stop fetching live pictures."""
        if not self._live:
            return
        self._live = False
        if self._camera is not None and self._has("viewfinder"):
            with self._mapped("ending live view"):
                widget = self._camera.get_single_config("viewfinder", self._context)
                widget.set_value(0)
                self._camera.set_single_config("viewfinder", widget, self._context)

    def idle(self, mailbox: FrameMailbox) -> float:
        """Fetch a live frame when one is due; return how long a command may be waited for."""
        if not self._live:
            return 0.5
        due = self._next_frame_at - time.monotonic()
        if due > 0:
            return due
        self._next_frame_at = time.monotonic() + _FRAME_INTERVAL_S
        try:
            self._fetch_preview(mailbox)
        except DeviceError as exc:
            self._live = False
            mailbox.fail(exc)
        return 0.0

    def _fetch_preview(self, mailbox: FrameMailbox) -> None:
        import cv2
        import numpy as np

        camera = self._connected()
        with self._mapped("fetching a live picture"):
            preview = self._gp.CameraFile()
            camera.capture_preview(preview, self._context)
            jpeg = np.frombuffer(preview.get_data_and_size(), np.uint8)
        # A busy camera gives success and no bytes.
        bgr = cv2.imdecode(jpeg, cv2.IMREAD_COLOR) if len(jpeg) else None
        if bgr is None:
            self._empty += 1
            if self._empty >= _EMPTY_PREVIEWS:
                raise DeviceTimeoutError(
                    self._address, "live view sends no pictures", "switch the camera off and on"
                )
            return
        self._empty = 0
        mailbox.put(np.ascontiguousarray(bgr[..., ::-1]))

    # --- shots ------------------------------------------------------------------------------

    def capture(self, timeout_s: float) -> tuple[CameraObject, ...]:
        """Release the shutter and return the files that were announced."""
        camera = self._connected()
        deadline = time.monotonic() + timeout_s
        with self._mapped("releasing the shutter"):
            path = camera.capture(self._gp.GP_CAPTURE_IMAGE, self._context)
        first = self._object(path.folder, path.name)
        return self._with_companions(first, deadline)

    def _with_companions(self, first: CameraObject, deadline: float) -> tuple[CameraObject, ...]:
        """Collect the other files of the same shot, which come only as events."""
        quality = self._setting("image_quality")
        pair = quality is not None and "+" in quality.value
        files = [first]
        quiet_until = time.monotonic() + (_SECOND_FILE_S if pair else _QUIET_S)
        while time.monotonic() < min(quiet_until, deadline) and not (pair and len(files) > 1):
            files += [item for item in self._new_files(0.05) if item not in files]
        return tuple(files)

    def next_files(self, timeout_s: float) -> tuple[CameraObject, ...]:
        """Return files that the body announced by itself."""
        deadline = time.monotonic() + timeout_s
        while True:
            files = self._new_files(0.02)
            if files:
                return self._with_companions(files[0], time.monotonic() + 5.0)
            if time.monotonic() >= deadline:
                return ()

    def _new_files(self, timeout_s: float) -> list[CameraObject]:
        gp, camera = self._gp, self._connected()
        found: list[CameraObject] = []
        deadline = time.monotonic() + timeout_s
        while True:
            with self._mapped("waiting for the shutter"):
                kind, detail = camera.wait_for_event(20, self._context)
            if kind == gp.GP_EVENT_FILE_ADDED:
                found.append(self._object(detail.folder, detail.name))
            elif kind == gp.GP_EVENT_TIMEOUT or time.monotonic() >= deadline:
                return found

    def _object(self, folder: str, name: str) -> CameraObject:
        gp = self._gp
        target = self._setting("capture_target")
        in_ram = target is not None and "ram" in target.value.lower()
        try:
            info = self._camera.file_get_info(folder, name, self._context)
            size = int(info.file.size) if info.file.fields & gp.GP_FILE_INFO_SIZE else None
        except gp.GPhoto2Error:
            size = None  # files in the camera's memory have no listing
        return CameraObject(PurePosixPath(folder), name, size or None, in_ram)

    # --- files ------------------------------------------------------------------------------

    def download(self, item: CameraObject, target: str) -> Download:
        """Write a file to `target` and return what arrived."""
        gp = self._gp
        try:
            camera = self._connected()
            file = gp.CameraFile()
            camera.file_get(
                str(item.folder), item.name, gp.GP_FILE_TYPE_NORMAL, file, self._context
            )
            data = file.get_data_and_size()
        except gp.GPhoto2Error as exc:
            if exc.code in _BROKEN:
                self._drop()
            words = "; ".join(dict.fromkeys(self._words)) or str(exc.string)
            raise TransferError(
                f"{self._address} {item.path}",
                f"did not arrive whole ({words})",
                "check the cable and try again: the file is still on the camera",
            ) from exc
        return _written(data, target)

    def listing(self) -> tuple[CameraObject, ...]:
        """Return every file on the cards."""
        self._connected()
        with self._mapped("listing its files"):
            return tuple(self._files_below("/"))

    def _files_below(self, folder: str) -> Iterator[CameraObject]:
        camera = self._camera
        for name, _ in camera.folder_list_files(folder, self._context):
            yield self._object(folder, name)
        for name, _ in camera.folder_list_folders(folder, self._context):
            yield from self._files_below(f"{folder.rstrip('/')}/{name}")

    def delete(self, item: CameraObject) -> None:
        """Delete a file on the camera."""
        camera = self._connected()
        with self._mapped(f"deleting {item.path}"):
            camera.file_delete(str(item.folder), item.name, self._context)

    def close(self) -> None:
        """Release the camera."""
        self._drop()


def find() -> Discovery:
    """Return the cameras that answer on USB; none is opened."""
    found = _import_gphoto2(None).Camera.autodetect()
    return Discovery(
        tuple(
            FoundDevice(f"gphoto2:{found.get_value(i)}", str(found.get_name(i)))
            for i in range(found.count())
        )
    )


def _import_gphoto2(virtual_folder: str | None) -> Any:
    # The library stores its last capture target in the user's configuration, for all programs;
    # ours goes to a folder of its own, so that nothing leaks either way.
    folder = tempfile.mkdtemp(prefix="mattebox-gphoto2-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    os.environ["XDG_CONFIG_HOME"] = folder
    try:
        import gphoto2
    except ImportError as exc:
        raise MissingLibraryError(
            "gphoto2", f"cannot be loaded ({exc})", "install it, or use folder:DIR as the camera"
        ) from exc
    if virtual_folder is not None:
        os.environ["VCAMERADIR"] = virtual_folder
        os.environ["IOLIBS"] = os.environ["IOLIBS"].replace("iolibs", "vusb")
    return gphoto2


def _written(data: Any, target: str) -> Download:
    view = memoryview(data)
    try:
        with open(target, "xb") as file:
            file.write(view)
    except OSError as exc:
        with contextlib.suppress(OSError):
            if not isinstance(exc, FileExistsError):
                os.unlink(target)
        raise OutputError(
            target,
            f"cannot be written ({exc.strerror})",
            "free the disk or choose another folder; the file is still on the camera",
        ) from exc
    return Download(len(view), hashlib.sha256(view).hexdigest())


def _error_of(
    code: int, address: str, words: str, lost: Callable[[str, str, str], DeviceError]
) -> DeviceError:
    """Return the most specific error of ours for a code of the library."""
    if code == -53:
        return DeviceBusyError(
            address,
            "another program holds the camera",
            "close it; on Linux run `gio mount -s gphoto2`, on macOS `killall ptpcamerad`",
        )
    if code == -110:
        return DeviceBusyError(address, f"the camera is busy: {words}", "wait, then try again")
    if code == -6:
        return UnsupportedError(address, f"not possible with this camera: {words}", "use another")
    if "store full" in words.lower():
        return CaptureError(address, "the card is full", "change the card")
    if code == -10:
        return DeviceTimeoutError(address, words, "check power and cable, then try again")
    if code in (-1, -7, -34, -35, -52, -105):
        return lost(address, words, "check power, cable and address, then connect again")
    return CaptureError(address, words, "look at the camera's display, then try again")
