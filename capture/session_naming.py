"""What a session calls its shots: kept in its folder, changed between shots, told beforehand."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path, PurePosixPath

from capture.journal import Journal
from capture.naming import Naming, file_name
from devices.frames import CameraObject
from matting.imaging.atomic import write_atomically
from matting.imaging.errors import SettingsError

NAMING_NAME = ".naming.json"
#: Stands for the camera's own name before it has told one.
_EXAMPLE = "DSC_0001.JPG"


@dataclass(frozen=True, slots=True)
class NamingState:
    """How the next shot will be named.

    Parameters
    ----------
    naming : Naming
    next_number : int
    camera_file : str
        What the camera itself will call it if it goes on counting; an example before the first.
    """

    naming: Naming
    next_number: int
    camera_file: str = _EXAMPLE

    def changed(self, pattern: str, job: str, subject: str) -> NamingState:
        """Return the state with another pattern, job and subject.

        Raises
        ------
        SettingsError
            When the pattern cannot name; see `Naming`.
        """
        session = self.naming.session
        return replace(self, naming=Naming(pattern, session, job.strip(), subject.strip()))

    def next_name(self) -> str:
        """Return what the next photograph will be called, if the camera goes on counting."""
        item = CameraObject(PurePosixPath("/"), self.camera_file)
        stem = self.naming.stem(self.next_number, item, datetime.now())
        return file_name(stem, self.camera_file)


def naming_state(journal: Journal, naming: Naming) -> NamingState:
    """Return how the next shot of a session will be named."""
    newest = [row.camera_path for row in journal.files() if row.camera_path]
    after = _counted_on(PurePosixPath(newest[-1]).name) if newest else _EXAMPLE
    return NamingState(naming, journal.next_number(), after)


def _counted_on(name: str) -> str:
    """Return a camera's name of a file with its last number one up, as wide as it was.

    Examples
    --------
    >>> _counted_on("DSC_0099.JPG")
    'DSC_0100.JPG'
    """

    def up(digits: re.Match[str]) -> str:
        return f"{(int(digits[0]) + 1) % 10 ** len(digits[0]):0{len(digits[0])}d}"

    path = PurePosixPath(name)
    return re.sub(r"[0-9]+(?=[^0-9]*$)", up, path.stem, count=1) + path.suffix


def kept_naming(folder: Path, tell: Callable[[str], None]) -> Naming:
    """Return how a session's shots were named last; number and camera's name at first.

    What was kept and cannot be read is told, and counts as nothing kept.
    """
    path, session = folder / NAMING_NAME, folder.absolute().name
    try:
        kept = json.loads(path.read_text("utf-8"))
        pattern, job, subject = (kept[name] for name in ("pattern", "job", "subject"))
        if all(isinstance(each, str) for each in (pattern, job, subject)):
            return Naming(pattern, session, job, subject)
        tell(f"{path} is no naming: shots have number and camera's name")
    except FileNotFoundError:
        pass
    except (OSError, ValueError, TypeError, KeyError, RecursionError, SettingsError) as exc:
        tell(f"{path} is no naming ({exc}): shots have number and camera's name")
    return Naming(session=session)


def keep_naming(folder: Path, naming: Naming) -> None:
    """Keep how a session's shots are named, for when it is opened again.

    Raises
    ------
    OutputError
        When it cannot be written.
    """
    write_atomically(folder / NAMING_NAME, [json.dumps(asdict(naming)).encode()])
