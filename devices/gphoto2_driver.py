"""What a camera does, through libgphoto2: live view, shots, files. Runs in the child process."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from devices.discovery import Discovery, FoundDevice
from devices.errors import DeviceError, DeviceLostError, TransferError, UnsupportedError
from devices.frames import CameraObject, Download
from devices.gphoto2_connection import BROKEN, Connection, import_gphoto2
from devices.gphoto2_vendors import vendor_of
from devices.hashed_file import in_chunks, write_hashed
from devices.interfaces import CaptureTarget
from devices.worker import FrameMailbox

#: Live view is fetched no faster than this, however fast the camera.
_FRAME_INTERVAL_S = 1 / 30
#: Before the shutter is released, events are taken in until there are none, or for this long.
_DRAIN_S = 1.0
_HEAR_S = 0.02
#: For so long after a release its file may be announced once more; later that name is another's.
_ECHO_S = 3.0
#: Previews without a picture in a row before live view counts as failed (about five seconds).
_EMPTY_PREVIEWS = 150


class Gphoto2Driver(Connection):
    """One camera. Methods are `devices.interfaces.Camera`'s, run one at a time."""

    def __init__(
        self,
        address: str,
        port: str,
        virtual_folder: str | None,
        serial: str,
        capture_target: CaptureTarget,
    ) -> None:
        super().__init__(address, port, virtual_folder, serial, capture_target)
        self._live = False
        self._empty = 0
        self._next_frame_at = 0.0
        #: Announced, and not yet given to whoever asks for files.
        self._pending: list[CameraObject] = []
        #: Folder and name of a shot that was returned, which may be announced until then.
        self._captured: tuple[str, str] | None = None
        self._echo_until_s = 0.0
        #: Frames that are on no card, until they are safe elsewhere.
        self._in_memory: dict[str, bytes] = {}
        self._memory_frames = 0
        self._body_checked = False

    # --- live view --------------------------------------------------------------------------

    def start_live_view(self) -> None:
        """Fetch live pictures between other work, after a first one now, which may take long."""
        if self._virtual:
            raise UnsupportedError(
                self._address, "the virtual camera has no live view", "shoot without it"
            )
        if not self._live:
            self._preview()
        self._live, self._empty, self._body_checked = True, 0, False

    def stop_live_view(self) -> None:
        """Stop fetching live pictures."""
        if not self._live:
            return
        self._live = False
        switch = self._vendor.live_view_switch
        if self._camera is not None and switch is not None and self._has(switch):
            with self._mapped("ending live view"):
                widget = self._camera.get_single_config(switch, self._context)
                widget.set_value(0)
                self._camera.set_single_config(switch, widget, self._context)

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

        jpeg = np.frombuffer(self._preview(), np.uint8)
        # A busy camera gives success and no bytes.
        bgr = cv2.imdecode(jpeg, cv2.IMREAD_COLOR) if len(jpeg) else None
        if bgr is None:
            self._empty += 1
            if self._empty >= _EMPTY_PREVIEWS:
                raise DeviceLostError(
                    self._address, "live view sends no pictures", "switch the camera off and on"
                )
            return
        self._empty = 0
        if not self._body_checked:
            # Live view sets the body's own button to record into memory, which holds one frame.
            self._body_checked = True
            self._aim_button()
        mailbox.put(np.ascontiguousarray(bgr[..., ::-1]))

    def _preview(self) -> bytes:
        camera = self._connected()
        with self._mapped("fetching a live picture"):
            preview = self._gp.CameraFile()
            camera.capture_preview(preview, self._context)
            return bytes(preview.get_data_and_size())

    # --- shots ------------------------------------------------------------------------------

    def capture(self, timeout_s: float) -> tuple[CameraObject, ...]:
        """Release the shutter and return the first file of the shot; others come as events."""
        camera = self._connected()
        # What the body's own button made before is another shot's.
        self._hear(_DRAIN_S)
        with self._mapped("releasing the shutter"):
            path = camera.capture(self._gp.GP_CAPTURE_IMAGE, self._context)
        self._captured = (path.folder, path.name)
        self._echo_until_s = time.monotonic() + _ECHO_S
        return (self._object(path.folder, path.name),)

    def next_files(self, timeout_s: float) -> tuple[CameraObject, ...]:
        """Return the files that were announced since the last call, waiting for the first."""
        deadline = time.monotonic() + timeout_s
        while True:
            self._hear(_HEAR_S)
            if self._pending or time.monotonic() >= deadline:
                files, self._pending = tuple(self._pending), []
                return files

    def _hear(self, timeout_s: float) -> None:
        """Take in events until there are none, or for so long."""
        gp, camera = self._gp, self._connected()
        deadline = time.monotonic() + timeout_s
        while True:
            with self._mapped("waiting for the shutter"):
                kind, detail = camera.wait_for_event(20, self._context)
            if kind == gp.GP_EVENT_FILE_ADDED:
                echo = time.monotonic() < self._echo_until_s
                if echo and (detail.folder, detail.name) == self._captured:
                    self._captured = None
                else:
                    self._pending.append(self._object(detail.folder, detail.name))
            if kind == gp.GP_EVENT_TIMEOUT or time.monotonic() >= deadline:
                return

    def _object(self, folder: str, name: str) -> CameraObject:
        gp = self._gp
        if folder == "/":  # what lies on a card lies in a store
            return self._taken_out_of_memory(name)
        with self._mapped(f"asking about {name}"):
            told = self._camera.file_get_info(folder, name, self._context).file
        return CameraObject(
            PurePosixPath(folder),
            name,
            size_bytes=int(told.size) or None if told.fields & gp.GP_FILE_INFO_SIZE else None,
            made_s=int(told.mtime) or None if told.fields & gp.GP_FILE_INFO_MTIME else None,
        )

    def _taken_out_of_memory(self, name: str) -> CameraObject:
        """Hold a frame that is on no card.

        The library has fetched it already, and forgets it when it is asked anything about it, or
        when two more have come. Its names begin anew with each connection; ours count on.
        """
        with self._mapped(f"taking {name} out of the camera's memory"):
            file = self._gp.CameraFile()
            self._camera.file_get("/", name, self._gp.GP_FILE_TYPE_NORMAL, file, self._context)
            data = bytes(file.get_data_and_size())
        ours = f"capt{self._memory_frames:04d}{PurePosixPath(name).suffix}"
        self._memory_frames += 1
        self._in_memory[ours] = data
        return CameraObject(PurePosixPath("/"), ours, size_bytes=len(data), in_ram=True)

    def _drop(self) -> None:
        super()._drop()
        self._captured = None

    # --- files ------------------------------------------------------------------------------

    def download(self, item: CameraObject, target: str) -> Download:
        """Write a file to `target` and return what arrived."""
        if item.in_ram:
            if item.name not in self._in_memory:
                raise TransferError(
                    f"{self._address} {item.path}",
                    "was in the camera's memory, which was lost",
                    "take the shot again; without --capture-target ram it stays on the card",
                )
            return write_hashed(in_chunks(memoryview(self._in_memory[item.name])), Path(target))
        gp = self._gp
        try:
            camera = self._connected()
            file = gp.CameraFile()
            camera.file_get(
                str(item.folder), item.name, gp.GP_FILE_TYPE_NORMAL, file, self._context
            )
            data = file.get_data_and_size()
        except gp.GPhoto2Error as exc:
            if exc.code in BROKEN:
                self._drop()
            words = "; ".join(dict.fromkeys(self._words)) or str(exc.string)
            raise TransferError(
                f"{self._address} {item.path}",
                f"did not arrive whole ({words})",
                "check the cable and try again: it is still on the camera",
            ) from exc
        return write_hashed(in_chunks(memoryview(data)), Path(target))

    def listing(self) -> tuple[CameraObject, ...]:
        """Return every file on the cards, as it is now.

        The library remembers what it saw, also of files that have gone and whose name another
        frame bears now; a new connection sees afresh. What it heard before is taken down first.
        """
        self._hear(_HEAR_S)
        self._drop()
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
        """Delete a file on the camera, or let go of one that was in its memory."""
        if item.in_ram:
            self._in_memory.pop(item.name, None)
            return
        camera = self._connected()
        with self._mapped(f"deleting {item.path}"):
            camera.file_delete(str(item.folder), item.name, self._context)

    def close(self) -> None:
        """Release the camera."""
        self._drop()


def find() -> Discovery:
    """Return the cameras that answer on USB; none is opened."""
    found = import_gphoto2(None).Camera.autodetect()
    return Discovery(
        tuple(
            FoundDevice(
                f"gphoto2:{found.get_value(i)}",
                str(found.get_name(i)),
                f"wants on the body: {vendor_of(str(found.get_name(i))).on_the_body}",
            )
            for i in range(found.count())
        )
    )
