"""libgphoto2's connection to one camera, mapped once to our words; the only importer of gphoto2.

What the library does under faults was found by experiment: after most
errors the connection is out of step, so it is dropped and the next command makes a new one.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from typing import Any

from devices.errors import (
    CaptureError,
    DeviceBusyError,
    DeviceError,
    DeviceLostError,
    DeviceNotFoundError,
    DeviceTimeoutError,
    SettingRefusedError,
    UnsupportedError,
)
from devices.frames import CameraInfo, Reserves, Setting
from devices.gphoto2_config import matching_choice
from devices.gphoto2_focus import focus_choice, focus_number
from devices.gphoto2_vendors import OTHER, vendor_of
from devices.interfaces import SETTING_NAMES, CaptureTarget
from matting.imaging.errors import MissingLibraryError

#: A body that was cut off takes a moment to accept its host again.
_RECONNECT_S = 2.0
#: Nikon's words for where the body's own button records.
_BUTTON_WORDS: dict[CaptureTarget, str] = {"card": "Card", "ram": "SDRAM"}
#: After these the connection's state is unknown: drop it.
BROKEN = {-1, -7, -10, -52, -34, -35}


class Connection:
    """A camera held through libgphoto2: connecting, mapping errors, settings."""

    def __init__(
        self,
        address: str,
        port: str,
        virtual_folder: str | None,
        serial: str,
        capture_target: CaptureTarget,
    ) -> None:
        self._address = address
        self._port = port
        self._serial = serial
        self._target: CaptureTarget = capture_target
        self._virtual = virtual_folder is not None
        self._gp = import_gphoto2(virtual_folder)
        self._words: list[str] = []
        self._context = self._gp.Context()
        self._error_callback = self._context.set_error_func(self._on_error_text, None)
        self._camera: Any = None
        self._vendor = OTHER
        self._widget_of: dict[str, str] = {}
        self._connect()

    def _on_error_text(self, context: Any, text: str | bytes, data: Any = None) -> None:
        words = text.decode(errors="replace") if isinstance(text, bytes) else text
        self._words.append(words.strip())

    # --- connection -------------------------------------------------------------------------

    def _connect(self) -> None:
        """Connect the body that is meant, wherever it is now; the first connection chooses it.

        Raises
        ------
        DeviceError
            When nothing answers, or another body alone.
        """
        others: list[str] = []
        failed: DeviceError | None = None
        for port, model in self._places():
            try:
                camera = self._opened(port, model)
            except DeviceError as exc:
                failed = failed or exc
                continue
            serial = self._text("serialnumber", camera) or ""
            if self._serial in ("", serial):
                self._hold(camera, serial)
                return
            others.append(serial)
            with contextlib.suppress(self._gp.GPhoto2Error):
                camera.exit(self._context)
        if others:
            raise DeviceNotFoundError(
                self._address,
                f"the camera with serial number {self._serial} is meant, but "
                f"{' and '.join(others)} answers",
                "connect that camera again, or begin another session with this one",
            )
        assert failed is not None  # there is always one place
        raise failed

    def _places(self) -> list[tuple[str, str]]:
        """Return where to look, as port and model: a replugged body has another port on USB."""
        if self._port.startswith("ptpip:"):
            return [(self._port, "PTP/IP Camera")]
        if self._port and not self._serial:
            return [(self._port, "")]
        found = [
            (str(port), str(model)) for model, port in self._gp.Camera.autodetect(self._context)
        ]
        if not found:
            raise DeviceNotFoundError(
                self._address,
                "no camera answers on USB",
                "switch it on, set its USB mode to PTP, and check the cable",
            )
        return found if self._serial else found[:1]

    def _opened(self, port: str, model: str) -> Any:
        gp = self._gp
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
        return camera

    def _hold(self, camera: Any, serial: str) -> None:
        self._camera, self._serial = camera, serial
        self._vendor = vendor_of(self._text("manufacturer") or "")
        self._widget_of = {
            name: widget
            for name, row in self._vendor.rows.items()
            if (widget := next((w for w in row.widgets if self._has(w)), None)) is not None
        }
        self._aim()

    def _has(self, widget: str) -> bool:
        try:
            # Of a Canon the library gives no widget, and no error, where the body lacks one.
            return self._camera.get_single_config(widget, self._context) is not None
        except self._gp.GPhoto2Error:
            return False

    def _aim(self) -> None:
        """Set where shots go and read it back: in memory they die with the process."""
        target = self._setting("capture_target")
        words = self._vendor.words_of(self._target)
        word = next((w for w in words if target is not None and w in target.choices), None)
        if word is None and self._target == "ram":
            raise self._vendor.lacks(self._address, "capture_target")
        if target is not None and word is not None and target.value != word:
            self.set("capture_target", word)
        # A host that took shots into RAM leaves the body's own button set to do the same.
        self._aim_button()

    def _aim_button(self) -> None:
        """Let the body's own button record where shots go, where the camera has that choice."""
        name = self._vendor.button_target
        if name is None or self._text(name) is None:
            return
        with self._mapped("setting where the body's own button records"):
            widget = self._camera.get_single_config(name, self._context)
            # Written in any case: for some seconds the library answers from its memory.
            widget.set_value(_BUTTON_WORDS[self._target])
            widget.set_changed(1)
            self._camera.set_single_config(name, widget, self._context)

    def _connected(self) -> Any:
        """Return the camera, connected anew when the last connection was dropped."""
        deadline = time.monotonic() + _RECONNECT_S
        while self._camera is None:
            try:
                self._connect()
            except DeviceNotFoundError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.5)
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
            if exc.code in BROKEN:
                self._drop()
            words = "; ".join(dict.fromkeys(self._words)) or str(exc.string)
            raise error_of(exc.code, self._address, f"{words} (while {doing})", lost) from exc

    # --- settings ---------------------------------------------------------------------------

    def info(self) -> CameraInfo:
        """Return who the camera is."""
        camera = self._connected()
        with self._mapped("reading its abilities"):
            abilities = camera.get_abilities()
            live_view = bool(abilities.operations & self._gp.GP_OPERATION_CAPTURE_PREVIEW)
        return CameraInfo(
            address=self._address,
            model=self._text("cameramodel") or str(abilities.model),
            serial=self._text("serialnumber") or "",
            battery_percent=self._battery_percent(),
            live_view=live_view and not self._virtual,
            maker=self._vendor.name,
            has=tuple(self._widget_of),
        )

    def _battery_percent(self) -> int | None:
        digits = "".join(c for c in self._text("batterylevel") or "" if c.isdigit())
        return int(digits) if digits else None

    def reserves(self) -> Reserves:
        """Return what is left of battery and cards."""
        camera = self._connected()
        cards = []
        try:
            cards = camera.get_storageinfo(self._context)
        except self._gp.GPhoto2Error as exc:
            if exc.code in BROKEN - {-1}:  # -1 is also a camera without a card
                self._drop()
                raise error_of(exc.code, self._address, str(exc.string), DeviceLostError) from exc
        told = self._gp.GP_STORAGEINFO_FREESPACEKBYTES
        free_kb = [int(card.freekbytes) for card in cards if card.fields & told]
        return Reserves(self._battery_percent(), sum(free_kb) * 1024 if free_kb else None)

    def settings(self) -> dict[str, Setting]:
        """Return the settings that this camera has."""
        self._connected()
        read = {name: self._setting(name) for name in SETTING_NAMES}
        return {name: setting for name, setting in read.items() if setting is not None}

    def set(self, name: str, value: str) -> Setting:
        """Write a setting, read it back and return it."""
        camera = self._connected()
        current = self._setting(name)
        if current is None:
            raise self._vendor.lacks(self._address, name)
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
            if exc.code in BROKEN:
                self._drop()
                raise error_of(exc.code, self._address, str(exc.string), DeviceLostError) from exc
            raise SettingRefusedError(
                f"{self._address} {name}", f"the camera refused '{choice}' ({exc.string})", refused
            ) from exc
        read_back = self._setting(name)
        if read_back is None or read_back.value != choice:
            says = "nothing" if read_back is None else f"'{read_back.value}'"
            raise SettingRefusedError(
                f"{self._address} {name}", f"set to '{choice}', the camera says {says}", refused
            )
        if name == "capture_target":
            self._aim_elsewhere(choice)
        return read_back

    def _aim_elsewhere(self, word: str) -> None:
        """Let the body's own button record where its remote release now does."""
        target: CaptureTarget = "ram" if word in self._vendor.words_of("ram") else "card"
        if target != self._target:
            self._target = target
            self._aim_button()

    def drive_focus(self, step: int) -> None:
        """Move the focus by a step; where the lens ends, some bodies refuse and others do not."""
        camera, gp = self._connected(), self._gp
        name = self._widget_of.get("focus_drive")
        if name is None:
            raise self._vendor.lacks(self._address, "focus_drive")
        try:
            widget = camera.get_single_config(name, self._context)
            value: str | float | None
            if widget.get_type() == gp.GP_WIDGET_RANGE:
                low, high, _ = widget.get_range()
                value = focus_number(low, high, step)
            else:
                choices = [str(widget.get_choice(i)) for i in range(widget.count_choices())]
                value = focus_choice(choices, step)
            if value is None:
                raise self._vendor.lacks(self._address, "focus_drive")
            widget.set_value(value)
            widget.set_changed(1)
            camera.set_single_config(name, widget, self._context)
        except gp.GPhoto2Error as exc:
            if exc.code in BROKEN - {-1}:  # -1 is also a lens at its end, or at manual focus
                self._drop()
                raise error_of(exc.code, self._address, str(exc.string), DeviceLostError) from exc
            raise SettingRefusedError(
                f"{self._address} focus",
                f"the lens does not move {'farther' if step > 0 else 'nearer'} ({exc.string})",
                "it may be at its end; else set its switch to AF and have live view on",
            ) from exc

    def _setting(self, name: str) -> Setting | None:
        widget_name = self._widget_of.get(name)
        if widget_name is None or name not in SETTING_NAMES:
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
            raise error_of(exc.code, self._address, str(exc.string), DeviceLostError) from exc

    def _text(self, widget_name: str, camera: Any = None) -> str | None:
        try:
            widget = (camera or self._camera).get_single_config(widget_name, self._context)
        except self._gp.GPhoto2Error:
            return None  # not every camera says
        return None if widget is None else str(widget.get_value())


def import_gphoto2(virtual_folder: str | None) -> Any:
    """Import the library with a configuration of its own; a folder is the virtual camera's."""
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


def error_of(
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
