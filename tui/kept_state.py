"""What the app remembers from one start to the next: devices, profile, theme, how one looks."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path

from tui.live_marks import MARKS
from tui.live_picture import Look
from tui.live_views import CUT_OUT_VIEWS, VIEWS

SIMULATED = "sim:portrait"
#: A cut-out costs processor time, which nobody asked for at the start.
_VIEWS_AT_START = set(VIEWS) - set(CUT_OUT_VIEWS)


@dataclass(frozen=True, slots=True)
class KeptState:
    """Empty strings where nothing is known yet."""

    camera: str = ""
    depth: str = ""
    profile: str = ""
    theme: str = ""
    look: Look = field(default_factory=Look)
    calibration: str = ""

    def calibration_of(self, camera: str, depth: str | None) -> Path | None:
        """Return the calibration that these two were used with the last time, if it is there."""
        path = Path(self.calibration)
        same = (camera, depth) == (self.camera, self.depth)
        return path if self.calibration and same and path.is_file() else None

    @property
    def addresses(self) -> tuple[str, str]:
        """Camera and depth sensor to offer; the simulated studio at the first start."""
        return (self.camera, self.depth) if self.camera else (SIMULATED, SIMULATED)


def state_file() -> Path:
    """Return where the user's state is kept."""
    import platformdirs

    return platformdirs.user_state_path("mattebox") / "app.json"


def read_state(path: Path) -> KeptState:
    """Return what was kept; what is missing, of another version or damaged is as at first."""
    try:
        found = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError, RecursionError):
        return KeptState()
    if not isinstance(found, dict):
        return KeptState()
    texts = {
        name: value
        for name in ("camera", "depth", "calibration", "profile", "theme")
        if isinstance(value := found.get(name), str)
    }
    view, marks = found.get("view"), found.get("marks")
    look = Look(
        view if isinstance(view, str) and view in _VIEWS_AT_START else Look().view,
        frozenset(marks) & frozenset(MARKS)
        if isinstance(marks, list) and all(isinstance(mark, str) for mark in marks)
        else Look().marks,
    )
    return KeptState(**texts, look=look)


def write_state(path: Path, state: KeptState) -> None:
    """Keep the state, whole or not at all.

    Raises
    ------
    OSError
        When it cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    kept = {
        "camera": state.camera,
        "depth": state.depth,
        "calibration": state.calibration,
        "profile": state.profile,
        "theme": state.theme,
        "view": state.look.view,
        "marks": sorted(state.look.marks),
    }
    temporary = path.with_suffix(".new")
    temporary.write_text(json.dumps(kept, indent=1), "utf-8")
    temporary.replace(path)
