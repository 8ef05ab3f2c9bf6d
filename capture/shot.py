"""A shot: the photograph, what belongs to it, and what was found."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from pathlib import Path

from capture.findings import Finding
from capture.journal import FileRow
from devices.frames import ExposureSettings


@dataclass(frozen=True, slots=True)
class Shot:
    """One release of the shutter and everything made from it.

    Parameters
    ----------
    shot_id : int
    folder : Path
        The session folder.
    photo : FileRow
        The file that was measured and cut out: the JPEG where there is one, else the RAW.
    files : tuple of FileRow
        Everything that is safe in the folder for this shot, the photo first.
    settings : ExposureSettings
    findings : tuple of Finding, worst first
    problems : tuple of str
        What could not be made, each with its cause; empty when all went well.
    seconds : dict of str to float
        Time of each stage.
    test_pop : bool
        Taken to measure the light of flashes, not to be kept.
    alpha_by : str
        What made alpha where the evidence left it open; empty without a cut-out.
    """

    shot_id: int
    folder: Path
    photo: FileRow
    files: tuple[FileRow, ...]
    settings: ExposureSettings
    findings: tuple[Finding, ...]
    problems: tuple[str, ...] = ()
    seconds: dict[str, float] = field(default_factory=dict)
    test_pop: bool = False
    alpha_by: str = ""

    def path(self, role: str) -> Path | None:
        """Return the newest file of a role (photo, raw, depth, alpha, cutout, report), if any."""
        return next(reversed(self.paths(role)), None)

    def paths(self, role: str) -> tuple[Path, ...]:
        """Return all files of a role, the oldest first: each retouching adds a cut-out."""
        return tuple(self.folder / row.path for row in self.files if row.role == role)

    def as_json(self) -> dict[str, object]:
        """Return the shot as the command prints it."""
        return {
            "id": self.shot_id,
            "path": str(self.folder / self.photo.path),
            "digest": self.photo.digest,
            "test_pop": self.test_pop,
            "settings": asdict(self.settings),
            "findings": [finding.as_json() for finding in self.findings],
            "cutout": _text(self.path("cutout")),
            "alpha": _text(self.path("alpha")),
            "alpha_by": self.alpha_by,
            "depth": _text(self.path("depth")),
            "report": _text(self.path("report")),
            "problems": list(self.problems),
            "seconds": {stage: round(time, 4) for stage, time in self.seconds.items()},
        }


def _text(path: Path | None) -> str | None:
    return None if path is None else str(path)
