"""`mattebox session`: is its folder whole, what lacks a row, its report, how shots are named."""

from __future__ import annotations

import argparse
import contextlib
from collections import Counter

from capture.counted import counted
from tui.commands.output import data, line, talk
from tui.exit_codes import ExitCode


def run(options: argparse.Namespace) -> ExitCode:
    """Do what the word after `session` says."""
    actions = {
        "verify": _verify,
        "recover": _recover,
        "report": _report,
        "preview-name": _preview_name,
    }
    return actions[options.action](options)


def _verify(options: argparse.Namespace) -> ExitCode:
    """Hash everything again; exit 0 when all is as the journal says."""
    from capture.verification import open_journal, verify

    with contextlib.closing(open_journal(options.folder)) as journal:
        checked = verify(journal, options.folder)
    wrong = [file for file in checked if file.state != "ok"]
    if options.json:
        data(
            {
                "ok": not wrong,
                "files": [{"path": file.path, "state": file.state} for file in checked],
            }
        )
    else:
        for file in wrong:
            line(f"{file.state:11}{file.path}")
        counts = Counter(file.state for file in checked)
        line(", ".join(f"{count} {state}" for state, count in counts.items()) or "no files")
    return ExitCode.NOT_READY if wrong else ExitCode.OK


def _recover(options: argparse.Namespace) -> ExitCode:
    """Finish what a crash interrupted and take up files without a row; exit 14 if any is left."""
    from capture.disk import held_folder
    from capture.recovery import adopt, unfinished_files
    from capture.verification import open_journal

    with (
        contextlib.closing(open_journal(options.folder)) as journal,
        held_folder(options.folder),
    ):
        rows = adopt(journal, options.folder, talk)
        left = unfinished_files(options.folder)
    if options.json:
        data({"taken_up": [row.path for row in rows], "unfinished": [path.name for path in left]})
    else:
        line(f"{counted(len(rows), 'file')} taken up")
        for path in left:
            line(f"unfinished {path.name}: not whole; kept, since it may be all there is")
    return ExitCode.INCOMPLETE if left else ExitCode.OK


def _report(options: argparse.Namespace) -> ExitCode:
    """Write a page with every shot: its picture, its copies, what would have been better."""
    from capture.session_report import write_session_report
    from capture.verification import open_journal

    with contextlib.closing(open_journal(options.folder)) as journal:
        state = write_session_report(options.output, journal, options.folder)
    shots = counted(len(state.shots), "shot")
    waiting = counted(len(state.waiting), "file waits", "files wait")
    talk(f"mattebox: {shots}, {waiting} on the camera; written to {options.output}")
    return ExitCode.OK


def _preview_name(options: argparse.Namespace) -> ExitCode:
    """Show what a RAW and JPEG pair, and a later shot, would be called."""
    from datetime import datetime
    from pathlib import PurePosixPath

    from capture.naming import Naming, file_name
    from devices.frames import CameraObject

    naming = Naming(options.pattern, options.session, options.job, options.subject_name)
    now = datetime.now()
    for counter, name in ((1, "DSC_0412.JPG"), (1, "DSC_0412.NEF"), (1234, "DSC_0413.JPG")):
        item = CameraObject(PurePosixPath("/DCIM"), name, made_s=round(now.timestamp()))
        line(file_name(naming.stem(counter, item, now), name))
    return ExitCode.OK
