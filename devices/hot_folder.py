"""A folder as a camera: another program (Capture One, Lightroom, a card reader) fills it.

A file counts as complete when its size and time have stayed the same for a while; a JPEG also
when its end is there, or when nobody has written to it for much longer. Its owner's files are
read, never touched.
"""

from __future__ import annotations

import time
from pathlib import Path, PurePosixPath

from devices.errors import (
    DeviceLostError,
    DeviceNotFoundError,
    DeviceTimeoutError,
    TransferError,
    UnsupportedError,
)
from devices.frames import CameraInfo, CameraObject, Download, Frame, Reserves, Setting
from devices.hashed_file import chunks_of, write_hashed
from matting.imaging.jpeg_structure import structure_fault

#: A file is complete when it has not changed for this long.
SETTLED_S = 1.0
#: A JPEG without its end is damaged, rather than on its way, after this long.
ABANDONED_S = 20.0
_LOOK_EVERY_S = 0.2
_PICTURES = {
    ".jpg", ".jpeg", ".tif", ".tiff", ".png", ".heic", ".hif", ".dng", ".cr2", ".cr3", ".nef",
    ".arw", ".raf", ".rw2", ".orf", ".iiq",
}  # fmt: skip

_Look = tuple[int, int]


class HotFolderCamera:
    """Announces pictures that appear in a folder; see `devices.interfaces.Camera`.

    What lies there already when it is opened is not announced.

    Raises
    ------
    DeviceNotFoundError
        When there is no such folder.
    """

    def __init__(self, address: str, folder: Path) -> None:
        if not folder.is_dir():
            raise DeviceNotFoundError(address, "there is no such folder", "make it, or correct it")
        self._address = address
        self._folder = folder
        self._announced = self._looks()
        self._seen: dict[str, tuple[_Look, float]] = {}

    def info(self) -> CameraInfo:
        """Return what the folder is."""
        return CameraInfo(
            self._address, f"folder {self._folder.name}", "", live_view=False, remote_shutter=False
        )

    def reserves(self) -> Reserves:
        """Return nothing: battery and card are the other program's."""
        return Reserves()

    def settings(self) -> dict[str, Setting]:
        """Return no settings: the other program has them."""
        return {}

    def set(self, name: str, value: str) -> Setting:
        """Refuse: the other program has the settings."""
        raise self._not_here(f"{name} cannot be set")

    def drive_focus(self, step: int) -> None:
        """Refuse: the other program has the camera."""
        raise self._not_here("the focus cannot be moved")

    def start_live_view(self) -> None:
        """Refuse: a folder has no live view."""
        raise self._not_here("there is no live view")

    def stop_live_view(self) -> None:
        """Do nothing."""

    def latest_frame(self, newer_than: int = -1, timeout_s: float = 5.0) -> Frame:
        """Refuse: a folder has no live view."""
        raise DeviceTimeoutError(self._address, "a folder has no live view", "look at the shots")

    def capture(self, timeout_s: float = 30.0) -> tuple[CameraObject, ...]:
        """Refuse: the shutter is released in the other program."""
        raise self._not_here("the shutter cannot be released")

    def next_files(self, timeout_s: float) -> tuple[CameraObject, ...]:
        """Return the files of one shot that have become complete, waiting for the first.

        Files belong to one shot when their names differ in the ending alone.
        """
        deadline = time.monotonic() + timeout_s
        while True:
            found = self._completed()
            if found or time.monotonic() >= deadline:
                return found
            time.sleep(min(_LOOK_EVERY_S, max(0.0, deadline - time.monotonic())))

    def download(self, item: CameraObject, target: Path, timeout_s: float = 60.0) -> Download:
        """Copy a picture, hashed as it is read.

        Raises
        ------
        TransferError
            When it is gone, or changes while it is copied; nothing is left at `target`.
        OutputError
            When the target cannot be written.
        """
        source = self._folder / item.name
        try:
            before = self._look(source)
            download = self._copied(source, target)
            unchanged = self._look(source) == before
        except OSError as exc:
            target.unlink(missing_ok=True)
            self._announced.pop(item.name, None)
            fault = (
                "is no longer there" if isinstance(exc, FileNotFoundError) else str(exc.strerror)
            )
            raise TransferError(str(source), fault, "export it again") from exc
        if not unchanged:
            target.unlink(missing_ok=True)
            self._announced.pop(item.name, None)
            raise TransferError(str(source), "changed while it was copied", "it is tried again")
        return download

    def listing(self) -> tuple[CameraObject, ...]:
        """Return all pictures in the folder that are complete."""
        now_s = time.time()
        return tuple(
            self._object(name, look)
            for name, look in sorted(self._looks().items())
            if now_s - look[1] / 1e9 >= ABANDONED_S
            or now_s - look[1] / 1e9 >= self._patience_s(name)
        )

    def delete(self, item: CameraObject) -> None:
        """Refuse: the files are another program's."""
        raise self._not_here("files are not deleted")

    def close(self) -> None:
        """Do nothing."""

    def _completed(self) -> tuple[CameraObject, ...]:
        now, looks = time.monotonic(), self._looks()
        for gone in self._announced.keys() - looks.keys():
            del self._announced[gone]
        ready: list[str] = []
        for name, look in sorted(looks.items()):
            # A file of an old name with another size or time is a new picture.
            if self._announced.get(name) == look:
                continue
            known, since = self._seen.get(name, (None, now))
            if known != look:
                self._seen[name] = (look, now)
            elif (
                look[0] > 0
                and now - since >= SETTLED_S  # only then is it worth reading
                and now - since >= self._patience_s(name)
            ):
                ready.append(name)
        shot = [name for name in ready if Path(name).stem == Path(ready[0]).stem]
        self._announced.update({name: looks[name] for name in shot})
        return tuple(self._object(name, looks[name]) for name in shot)

    def _patience_s(self, name: str) -> float:
        """Return how long the file must have stayed the same."""
        try:
            return SETTLED_S if structure_fault(self._folder / name) is None else ABANDONED_S
        except OSError:
            return ABANDONED_S  # held or renamed by its owner; looked at again

    def _looks(self) -> dict[str, _Look]:
        looks = {}
        try:
            paths = list(self._folder.iterdir())
        except OSError as exc:
            raise DeviceLostError(
                self._address, f"the folder cannot be read ({exc.strerror})",
                "connect its disk again, or choose another folder",
            ) from exc  # fmt: skip
        for path in paths:
            if path.suffix.lower() in _PICTURES and not path.name.startswith((".", "~")):
                try:
                    if path.is_file():
                        looks[path.name] = self._look(path)
                except FileNotFoundError:
                    continue  # renamed between two looks
        return looks

    def _look(self, path: Path) -> _Look:
        state = path.stat()
        return state.st_size, state.st_mtime_ns

    def _object(self, name: str, look: _Look) -> CameraObject:
        folder = PurePosixPath(self._folder.as_posix())
        return CameraObject(folder, name, look[0], made_s=look[1] // 1_000_000_000)

    def _copied(self, source: Path, target: Path) -> Download:
        with source.open("rb", buffering=0) as readable:
            return write_hashed(chunks_of(readable), target)

    def _not_here(self, fault: str) -> UnsupportedError:
        return UnsupportedError(
            self._address,
            f"{fault}: the camera is held by another program",
            "do it there; its pictures are picked up here",
        )
