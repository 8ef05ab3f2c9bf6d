"""The end that nobody asked for: devices released, a report written, and what is safe in words."""

from __future__ import annotations

import contextlib
import platform
import sys
import threading
import traceback
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from capture.counted import counted
from matting.imaging.atomic import write_atomically
from matting.imaging.errors import MatteboxError
from tui.messages import ThreadFailed

if TYPE_CHECKING:
    from tui.app import MatteboxApp


@contextlib.contextmanager
def faults_of_threads(app: MatteboxApp) -> Iterator[None]:
    """Have a thread's unexpected end be the app's: else live view stands still without a word."""
    before = threading.excepthook

    def told(fault: threading.ExceptHookArgs) -> None:
        if not (isinstance(fault.exc_value, Exception) and app.post_message(_failed(fault))):
            before(fault)

    threading.excepthook = told
    try:
        yield
    finally:
        threading.excepthook = before


def _failed(fault: threading.ExceptHookArgs) -> ThreadFailed:
    assert isinstance(fault.exc_value, Exception)
    return ThreadFailed(fault.exc_value)


def leave_after(error: Exception, app: MatteboxApp, reports: Path) -> Iterator[str]:
    """Release the devices, write a report, and yield line by line what the person should know.

    Parameters
    ----------
    error : Exception
        What ended the app, whose screen is closed already.
    app : MatteboxApp
    reports : Path
        The folder that the report is written into; made when missing.
    """
    yield f"mattebox: ended by a fault of its own: {_in_short(error)}"
    faults = [error]
    try:
        app.release()
    except Exception as second:  # noqa: BLE001 - told beside the first, which it must not hide
        faults.append(second)
        yield f"and the devices could not be released: {_in_short(second)}"
    yield what_is_safe(app.session_folder, hosted=app.is_joined)
    text = report_of(faults, app.told)
    path = reports / f"crash-{datetime.now():%Y%m%d-%H%M%S}.txt"
    try:
        reports.mkdir(parents=True, exist_ok=True)
        write_atomically(path, [text.encode()])
    except (OSError, MatteboxError) as second:
        yield f"the report cannot be written ({second}); it reads:\n{text}"
    else:
        yield f"a report for whoever mends it, without photographs: {path}"


def _in_short(error: Exception) -> str:
    words = str(error).strip().partition("\n")[0]
    return f"{type(error).__name__}: {words}".rstrip(": ")


def what_is_safe(folder: Path, *, hosted: bool) -> str:
    """Return in words how many of a session's shots are safe, and where.

    Parameters
    ----------
    folder : Path
    hosted : bool
        Whether a host keeps the session, and goes on.
    """
    from capture.session_state import session_state
    from capture.verification import open_journal

    if not folder.is_dir():
        return "no session had begun; nothing was shot"
    try:
        with contextlib.closing(open_journal(folder)) as journal:
            state = session_state(journal, folder)
    except MatteboxError as error:
        return f"the session's journal cannot be read: {error}"
    safe = sum(shot.copies > 0 for shot in state.shots)
    told = f"the session is safe: {counted(safe, 'shot')} in {folder}"
    if state.waiting:
        waiting = counted(len(state.waiting), "more waits", "more wait")
        told += f"; {waiting} on the camera, to be fetched by the next start"
    return told + ("; its host goes on" if hosted else "")


def report_of(faults: list[Exception], told: list[str]) -> str:
    """Return what helps to mend faults: where they arose, on what, after what; no variables."""
    from capture.doctor import library_versions

    versions = library_versions()
    lines = [
        f"Mattebox crash report, {datetime.now().astimezone().isoformat(timespec='seconds')}",
        f"Python {platform.python_version()} on {platform.platform()}",
        "  ".join(f"{name} {version}" for name, version in versions.items() if version),
        f"command: {' '.join(sys.argv[1:])}",
    ]
    for fault in faults:
        lines += ["", "".join(traceback.format_exception(fault)).rstrip()]
    return "\n".join([*lines, "", "What the app had told:", *told]) + "\n"
