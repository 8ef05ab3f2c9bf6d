"""The shots of a session as they were before the app was left: from the journal and the reports."""

from __future__ import annotations

import contextlib
import json
import math
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from capture.findings import Finding, worst_first
from capture.journal import FileRow, ShotRow
from capture.journal_file import JOURNAL_NAME
from capture.shot import Shot
from capture.verification import open_journal
from devices.frames import ExposureSettings

_SETTINGS = tuple(field.name for field in fields(ExposureSettings))


def reopened_shots(folder: Path) -> list[Shot]:
    """Return the shots of a session folder, oldest first; none where there is no journal.

    A shot is there once its photograph is safe. What the journal does not know of it, its
    problems and times, its report tells: see `with_report`.

    Raises
    ------
    InputFileError
        When the journal cannot be opened.
    """
    if not (folder / JOURNAL_NAME).exists():
        return []
    with contextlib.closing(open_journal(folder)) as journal:
        rows, files = journal.shots(), journal.files()
    of_shot: dict[int, list[FileRow]] = defaultdict(list)
    for file in files:
        of_shot[file.shot_id].append(file)
    found = (_shot(folder, row, of_shot[row.shot_id]) for row in rows)
    return [shot for shot in found if shot is not None]


def marked_shots(folder: Path) -> frozenset[int]:
    """Return the numbers of a session's shots that are to be taken again.

    Raises
    ------
    InputFileError
        When the journal cannot be opened.
    """
    if not (folder / JOURNAL_NAME).exists():
        return frozenset()
    with contextlib.closing(open_journal(folder)) as journal:
        return journal.reshoots()


def with_report(shot: Shot) -> Shot:
    """Return a reopened shot with what its newest report alone tells.

    A report that cannot be read any more is told among the problems.
    """
    path = shot.path("report")
    if path is None:
        return shot
    try:
        report = json.loads(path.read_text(encoding="utf-8"))
        problems = tuple(str(problem) for problem in report["problems"])
        made_by = str(report.get("alpha_by", ""))
        seconds = {str(stage): float(took) for stage, took in report["seconds"].items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as exc:
        return replace(shot, problems=(f"{path.name} cannot be read ({exc})",))
    return replace(shot, problems=problems, seconds=seconds, alpha_by=made_by)


def _shot(folder: Path, row: ShotRow, files: list[FileRow]) -> Shot | None:
    ordered = sorted(files, key=lambda file: file.role != "photo")
    if not ordered or ordered[0].role not in ("photo", "raw"):
        return None
    settings: dict[str, Any] = row.settings
    return Shot(
        shot_id=row.shot_id,
        folder=folder,
        photo=ordered[0],
        files=tuple(ordered),
        settings=ExposureSettings(**{name: settings.get(name) for name in _SETTINGS}),
        findings=worst_first(tuple(_finding(stored) for stored in row.findings)),
        test_pop=bool(settings.get("test_pop", False)),
    )


def _finding(stored: Mapping[str, Any]) -> Finding:
    """Return a finding as `Finding.as_json` stored it."""
    value, region = stored["value"], stored["region"]
    return Finding(
        **{
            **stored,
            "value": math.nan if value is None else value,
            "region": None if region is None else tuple(region),
        }
    )
