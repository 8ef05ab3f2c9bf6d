"""A person's own command after each shot that is safe, one at a time, beside the shoot."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import threading
from collections.abc import Callable

from capture.shot import Shot


class Hooks:
    """Runs a command line for each shot, in the order of the shots.

    The shot stands in the command's environment, never in the line itself, so that no name of a
    file can be taken for a part of the command: ``MATTEBOX_SHOT`` (its number),
    ``MATTEBOX_PHOTO``, ``MATTEBOX_CUTOUT``, ``MATTEBOX_ALPHA``, ``MATTEBOX_DEPTH``,
    ``MATTEBOX_REPORT`` (paths; empty where there is none), ``MATTEBOX_FILES`` (all paths) and
    ``MATTEBOX_FINDINGS``, both as JSON.

    Parameters
    ----------
    command : str
        For the shell.
    tell : callable of str
        Told when a command ends with another code than 0.
    """

    def __init__(self, command: str, tell: Callable[[str], None]) -> None:
        self._command = command
        self._tell = tell
        self._shots: queue.SimpleQueue[Shot | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="hooks", daemon=True)
        self._thread.start()

    def put(self, shot: Shot) -> None:
        """Run the command for a shot when those before it have ended."""
        self._shots.put(shot)

    def close(self) -> None:
        """Wait for the commands of all shots."""
        self._shots.put(None)
        self._thread.join()

    def _run(self) -> None:
        while (shot := self._shots.get()) is not None:
            ended = subprocess.run(
                self._command,
                shell=True,
                env={**os.environ, **environment(shot)},
                stdin=subprocess.DEVNULL,
                stdout=2,  # a command's own words are talk; stdout is data
                start_new_session=True,  # Ctrl-C ends the shoot, not the command under way
                check=False,
            )
            if ended.returncode:
                self._tell(
                    f"the hook ended with code {ended.returncode} for shot {shot.shot_id:04d}"
                )


def environment(shot: Shot) -> dict[str, str]:
    """Return a shot as environment variables; see `Hooks`."""
    paths = {
        f"MATTEBOX_{role.upper()}": str(shot.path(role) or "")
        for role in ("cutout", "alpha", "depth", "report")
    }
    return {
        "MATTEBOX_SHOT": str(shot.shot_id),
        "MATTEBOX_PHOTO": str(shot.folder / shot.photo.path),
        "MATTEBOX_FILES": json.dumps([str(shot.folder / row.path) for row in shot.files]),
        "MATTEBOX_FINDINGS": json.dumps([finding.as_json() for finding in shot.findings]),
        **paths,
    }
