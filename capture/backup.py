"""A second copy of every photograph on another disk, made and verified as the first one was."""

from __future__ import annotations

import os
import secrets
import shutil
import threading
from pathlib import Path

from capture.disk import (
    TEMPORARY_SUFFIX,
    holds,
    name_without_replacing,
    numbered_names,
    sync_file,
)
from matting.imaging.atomic import sync_folder
from matting.imaging.errors import OutputError


class Backup:
    """A folder for second copies.

    Parameters
    ----------
    folder : Path
        Made when missing.
    session : Path
        The session folder, which it may not be.

    Raises
    ------
    OutputError
        When it is the session folder itself, or cannot be written.
    """

    def __init__(self, folder: Path, session: Path) -> None:
        self.folder = folder.absolute()
        #: Held by the one of several cameras' threads that makes copies.
        self.writing = threading.Lock()
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            if self.folder.samefile(session):
                raise OutputError(folder, "is the session folder", "choose another with --backup")
            #: Whether one broken disk would take both copies.
            self.on_the_same_disk = self.folder.stat().st_dev == session.stat().st_dev
        except OSError as exc:
            raise OutputError(
                folder, f"cannot be written ({exc.strerror})", "choose another with --backup"
            ) from exc

    def copy(self, original: Path, digest: str) -> Path:
        """Copy a file that is safe and return the copy's path once it is synced and verified.

        A file of that name and content, from before a crash, is taken for the copy.

        Parameters
        ----------
        original : Path
        digest : str
            What its bytes hash to, by the journal.

        Raises
        ------
        OutputError
            When the copy cannot be written, or does not read back as the original should.
        """
        temporary = self.folder / f".{original.stem}-{secrets.token_hex(4)}{TEMPORARY_SUFFIX}"
        try:
            for name in numbered_names(original.name):
                target = self.folder / name
                if os.path.lexists(target):
                    if target.is_file() and holds(target, digest):
                        return target
                    continue
                if not temporary.exists():
                    self._write(original, temporary, digest)
                if name_without_replacing(temporary, target):
                    break
            sync_folder(self.folder)
        except OSError as exc:
            raise OutputError(
                self.folder,
                f"takes no second copy of {original.name} ({exc.strerror})",
                "free or connect the backup's disk; the copy is made up for then",
            ) from exc
        finally:
            temporary.unlink(missing_ok=True)
        return target

    def _write(self, original: Path, temporary: Path, digest: str) -> None:
        with original.open("rb") as source, temporary.open("xb") as copy:
            shutil.copyfileobj(source, copy, 1 << 20)
        sync_file(temporary)
        if not holds(temporary, digest):
            raise OutputError(
                self.folder,
                f"holds something else than {original.name} as it was taken in",
                "check both disks, and run mattebox session verify",
            )
