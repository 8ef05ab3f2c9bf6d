"""What a crash left is put right: every frame in the session once, or waiting on its camera.

The journal says of each announced file how far it came. Verified and perhaps named: the file is
found by its hash, under the name that the journal holds or under its temporary one, and finished.
Not verified: it is fetched again, and its temporary files go when that has happened, or when the
camera's card is seen to hold it (`capture.intake`). Temporary files of a frame that was in the
camera's memory only are never removed unless the frame is safe: they may be all there is of it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable
from pathlib import Path

from capture.disk import TEMPORARY_SUFFIX, digest_of, holds
from capture.ingest import journal_as_safe, place, remove_temporaries, temporaries_of
from capture.journal import FileRow, Journal
from capture.journal_arrivals import Arrival
from capture.journal_file import JOURNAL_NAME
from capture.pairs import kind_of
from matting.imaging.atomic import sync_folder
from matting.imaging.errors import OutputError
from matting.imaging.jpeg_structure import structure_fault

_NUMBER = re.compile(r"(\d{4,9})_")
_OWN_ROLES = {
    "_depth.exr": "depth",
    "_cutout.png": "cutout",
    "_alpha.png": "alpha",
    "_report.json": "report",
}
_NOT_COMPARED = "was in the camera's memory, and could not be compared with it after a crash"
#: Beside the journal SQLite keeps, for a moment, what undoes a half-written step.
_JOURNALS = {JOURNAL_NAME, f"{JOURNAL_NAME}-journal"}
#: Ratings and edits, by many programs; never journaled, since they change.
_SIDECAR_SUFFIX = ".xmp"


def finish_arrivals(journal: Journal, folder: Path, camera: str | None = None) -> list[FileRow]:
    """Finish what a crash interrupted after its verification; return what is safe now.

    To be called while the folder is held, and nothing of the `camera`, or of any, is on its way. A
    second call finds nothing to do.

    Raises
    ------
    OutputError
        When the folder or the journal cannot be written.
    """
    finished = []
    try:
        for arrival in journal.waiting(camera):
            if arrival.digest is None:
                continue
            row = _finished(arrival, arrival.digest, journal, folder)
            if row is None:
                journal.set_verified(arrival, None, None)
            else:
                finished.append(row)
                remove_temporaries([arrival], folder)
        _remove_done_temporaries(journal, folder)
    except OSError as exc:
        raise OutputError(
            folder, f"cannot be put right ({exc.strerror})", "free or check the disk"
        ) from exc
    return finished


def _finished(arrival: Arrival, digest: str, journal: Journal, folder: Path) -> FileRow | None:
    """Return the row of an arrival whose verified bytes are found in the folder, None if not."""
    final = folder / str(arrival.target)
    if _holds(final, digest):
        sync_folder(folder)
        return journal_as_safe(final, arrival, digest, journal)
    verified = [path for path in temporaries_of([arrival], folder) if _holds(path, digest)]
    if not verified:
        return None
    if final.is_file() and final.stat().st_size == 0:
        # Our own claim, of a file system without links, that was not renamed over any more.
        os.replace(verified[0], final)
        sync_folder(folder)
        return journal_as_safe(final, arrival, digest, journal)
    return place(verified[0], arrival, digest, journal, folder)


def _holds(path: Path, digest: str) -> bool:
    return path.is_file() and holds(path, digest)


def _remove_done_temporaries(journal: Journal, folder: Path) -> None:
    """Remove temporary files of arrivals that the journal holds as safe."""
    for path in unfinished_files(folder):
        found = re.match(r"\.(\d{4,})-(\d+)-", path.name)
        if found and journal.is_safe(int(found[1]), int(found[2])):
            path.unlink(missing_ok=True)


def unfinished_files(folder: Path) -> list[Path]:
    """Return the temporary files in a session folder, by name."""
    return sorted(folder.glob(f".*{TEMPORARY_SUFFIX}"))


def unknown_files(journal: Journal, folder: Path) -> list[Path]:
    """Return the visible files in a session folder of which the journal knows nothing, by name.

    Sidecars are left out: they belong to whatever program rates the pictures.
    """
    known = {row.path for row in journal.files()} | _JOURNALS
    return sorted(
        path
        for path in folder.iterdir()
        if path.name not in known
        and not path.name.startswith(".")
        and path.suffix.lower() != _SIDECAR_SUFFIX
        and path.is_file()
    )


def highest_number(folder: Path) -> int:
    """Return the highest shot number that a file of the folder bears, 0 for none."""
    numbers = (_NUMBER.match(path.name) for path in folder.iterdir())
    return max((int(found[1]) for found in numbers if found), default=0)


def adopt(journal: Journal, folder: Path, tell: Callable[[str], None]) -> list[FileRow]:
    """Take into the journal what lies in the folder without a row, and return the new rows.

    Files whose names differ in the ending, or in what we put behind (``_cutout``, ``_report``),
    become one shot: that of the number which they bear, else a new one. A temporary file of a
    frame that was in the camera's memory is adopted under its name when it is whole, as far as
    its structure tells; nothing can be compared with the camera any more, which its row says.
    Nothing is renamed otherwise, and nothing is removed.
    """
    rows = finish_arrivals(journal, folder)
    rows += [row for arrival in journal.waiting() for row in _from_memory(arrival, journal, folder)]
    journal.number_after(highest_number(folder))
    of_stem: dict[str, int] = {}
    for path in unknown_files(journal, folder):
        stem, role = _stem_and_role(path.name)
        if stem not in of_stem:
            found = _NUMBER.match(path.name)
            of_stem[stem] = journal.reserve_shot("", int(found[1]) if found else None)
        rows.append(_adopted(path, of_stem[stem], role, journal))
        tell(f"{path.name} taken up as {role} of shot {of_stem[stem]:04d}")
    return rows


def take_up_results(journal: Journal, folder: Path) -> list[FileRow]:
    """Give rows to what was made of a journaled photograph just before a crash."""
    shots = {Path(row.path).stem: row.shot_id for row in journal.files() if row.camera_path}
    rows = []
    for path in unknown_files(journal, folder):
        stem, role = _stem_and_role(path.name)
        if role in _OWN_ROLES.values() and stem in shots:
            rows.append(_adopted(path, shots[stem], role, journal))
    return rows


def _from_memory(arrival: Arrival, journal: Journal, folder: Path) -> Iterable[FileRow]:
    """Yield the row of a frame from the camera's memory whose temporary file is whole."""
    if not arrival.item.in_ram:
        return
    for path in temporaries_of([arrival], folder):
        size = path.stat().st_size
        whole = structure_fault(path, arrival.wanted) is None
        if size and whole and arrival.item.size_bytes in (None, size):
            yield place(path, arrival, digest_of(path), journal, folder, fault=_NOT_COMPARED)
            remove_temporaries([arrival], folder)
            return


def _adopted(path: Path, shot_id: int, role: str, journal: Journal) -> FileRow:
    row = FileRow(
        shot_id, role, path.name, None, path.stat().st_size, digest_of(path), structure_fault(path)
    )
    journal.add_file(row)
    return row


def _stem_and_role(name: str) -> tuple[str, str]:
    for ending, role in _OWN_ROLES.items():
        stem, found, _ = name.partition(ending)
        if found:
            return stem, role
    return Path(name).stem, kind_of(name) or "other"
