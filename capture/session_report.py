"""The session's report: one HTML file with a picture of every shot, to keep and to hand on."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import numpy as np
import numpy.typing as npt

from capture.counted import counted
from capture.disk import free_path
from capture.html_report import SIGNS, STYLE, as_text, embedded
from capture.journal import Journal
from capture.session_state import SessionState, ShotLine, session_state
from matting.imaging.atomic import write_atomically
from matting.imaging.errors import MatteboxError, OutputError
from matting.imaging.preview import read_preview

_THUMBNAIL_PX = 360
_COPIES = {0: "waits on the camera", 1: "safe in one copy", 2: "safe in two copies"}


def write_session_report(target: Path, journal: Journal, folder: Path) -> SessionState:
    """Write the report of a session, and return what it tells.

    Raises
    ------
    OutputError
        When the file cannot be written.
    """
    state = session_state(journal, folder)
    fixes = {shot.shot_id: _fixes(shot.findings) for shot in journal.shots()}
    write_atomically(target, [_html(state, fixes, folder).encode("utf-8")])
    return state


def report_beside(journal: Journal, folder: Path) -> Path:
    """Write a session's page into a new folder beside its shots, and return where.

    Raises
    ------
    OutputError
        When it cannot be written.
    """
    reports = free_path(folder, "report")
    try:
        reports.mkdir()
    except OSError as exc:
        raise OutputError(
            reports, f"cannot be made ({exc.strerror})", "free the disk, then try again"
        ) from exc
    target = reports / "session.html"
    write_session_report(target, journal, folder)
    return target


def _fixes(findings: list[dict[str, object]]) -> list[str]:
    return [str(found["fix"]) for found in findings if found.get("level") in ("fail", "warn")]


def _html(state: SessionState, fixes: dict[int, list[str]], folder: Path) -> str:
    made = datetime.now().astimezone().strftime("%Y-%m-%d %H:%M %Z")
    safe = sum(shot.copies > 0 for shot in state.shots)
    parts = [
        "<!doctype html><html lang='en'><meta charset='utf-8'>",
        "<meta name='viewport' content='width=device-width'>",
        f"<title>{as_text(folder.name)} · Mattebox</title><style>{STYLE}</style>",
        f"<h1>{as_text(folder.name)}</h1>",
        f"<p class='sub'>{made} · {counted(len(state.shots), 'shot')}, {safe} safe, of these "
        f"{state.in_one_copy} in one copy only; "
        f"{counted(len(state.waiting), 'file waits', 'files wait')}</p>",
        *(f"<p>waits on the camera: {as_text(place)}</p>" for place in state.waiting),
        "<table><tr><th>shot<th>photograph<th>taken<th>safety<th>what would have been better</tr>",
        *(_row(shot, fixes.get(shot.shot_id, []), folder) for shot in state.shots),
        "</table></html>",
    ]
    return "\n".join(parts)


def _row(shot: ShotLine, fixes: list[str], folder: Path) -> str:
    told = [*shot.problems, *fixes]
    level = shot.verdict.replace(" ", "-")
    return (
        f"<tr class='{level}'><td>{shot.shot_id:04d} {SIGNS[shot.verdict]}"
        f"<td>{_thumbnail(shot, folder)}<div>{as_text(shot.photo)}</div>"
        f"<td>{as_text(shot.taken_at[:19].replace('T', ' '))}<div>{as_text(shot.camera)}</div>"
        f"<td>{_COPIES[shot.copies]}<div>{shot.size_bytes / 1e6:.1f} MB</div>"
        f"<td>{''.join(f'<div>{as_text(line)}</div>' for line in told)}</tr>"
    )


def _thumbnail(shot: ShotLine, folder: Path) -> str:
    if not shot.photo:
        return ""
    try:
        picture = _small(read_preview(folder / shot.photo))
    except MatteboxError as exc:
        return as_text(f"cannot be shown: {exc.fault}")
    return f"<img alt='shot {shot.shot_id:04d}' src='{embedded(picture)}'>"


def _small(picture: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    import cv2

    scale = min(1.0, _THUMBNAIL_PX / max(picture.shape[:2]))
    size = (max(1, round(picture.shape[1] * scale)), max(1, round(picture.shape[0] * scale)))
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)
