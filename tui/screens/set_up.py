"""The set-up screen: what is connected and what computes, each with what to do where it is not."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Footer, Static

from capture.counted import counted
from capture.inventory import Inventory, take_inventory
from matting.execution_providers import short_name
from matting.imaging.errors import MatteboxError
from tui.kept_state import state_file
from tui.screens.app_of import app_of

if TYPE_CHECKING:
    from capture.accelerator_proof import AcceleratorProof
    from capture.calibration_guide import CalibrationStep
    from capture.rig_state import RigState
    from capture.settings import Profile
    from devices.discovery import FoundDevice
    from tui.app import MatteboxApp


class SetUpScreen(Screen[None]):
    """What this session works with, and what else this machine has."""

    HELP = """
# Set-up

What the session works with, what this machine has, and what could not be looked for, with the
remedy. `u` looks again.

- **Calibration**: what is measured, what no longer holds, and the command that measures it. `c`
  calibrates the depth sensor here, on the printed board; a command wants the devices for itself, so
  leave the app first.
- **What computes**: a graph is loaded on every provider, and asked where its nodes lie.
- `d` writes what whoever helps wants to know into one file: versions, permissions, buses; no
  photograph, serial number or name. `mattebox doctor --camera …` adds ten frames.
"""
    BINDINGS = [  # noqa: RUF012
        Binding("u", "look_again", "Look again"),
        Binding("c", "app.calibrate", "Calibrate"),
        Binding("d", "doctor", "Doctor"),
        Binding("escape,e", "app.pop_screen", "Live"),
    ]
    DEFAULT_CSS = (
        "SetUpScreen VerticalScroll { padding: 1 2; } SetUpScreen Static { height: auto; }"
    )

    def compose(self) -> ComposeResult:
        """Lay the screen out."""
        yield Static(Content.styled(" SET-UP ", "bold $background on $primary"), id="status")
        with VerticalScroll():
            yield Static(id="rig")
            yield Static(id="proofs")
            yield Static("looking …", id="inventory")
        yield Static(id="message")
        yield Footer(compact=True)

    def on_screen_resume(self) -> None:
        """Look what is there now."""
        self.action_look_again()

    def action_look_again(self) -> None:
        """Ask every library again."""
        self.query_one("#inventory", Static).update("looking …")
        self._look_around()

    @property
    def _mattebox(self) -> MatteboxApp:
        return app_of(self)

    @work(thread=True, exclusive=True)
    def _look_around(self) -> None:
        rig = self._rig()
        self.app.call_from_thread(self._show, "#rig", rig)
        from capture.accelerator_proof import accelerator_proofs

        proofs = accelerator_proofs(self._mattebox.network)
        self.app.call_from_thread(self._show, "#proofs", _proven(proofs))
        self.app.call_from_thread(self._show, "#inventory", _told(take_inventory()))

    def action_doctor(self) -> None:
        """Write what whoever helps wants to know."""
        self._examine()

    @work(thread=True, exclusive=True, group="doctor")
    def _examine(self) -> None:
        told = Content("examining this machine …")
        self.app.call_from_thread(self._show, "#message", told)
        path = state_file().with_name(f"doctor-{datetime.now():%Y%m%d-%H%M%S}.zip")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            from capture.doctor import examination_of_machine, write_report

            write_report(path, examination_of_machine(), ())
        except (OSError, MatteboxError) as exc:
            told = Content.styled(f"✖ the report is not written: {exc}", "$error")
        else:
            told = Content(f"a report without photographs, serial numbers or names: {path}")
        self.app.call_from_thread(self._show, "#message", told)

    def _rig(self) -> Content:
        session = self._mattebox.session
        if session is None and self._mattebox.is_connecting:
            return Content.styled("○ connecting …\n", "$quiet")
        if session is None:
            return Content.styled("✖ no camera is connected\n", "$error")
        try:
            return _rig_of(session.rig_state(), self._mattebox.profile, session.folder)
        except MatteboxError as exc:
            return Content.styled(f"✖ {exc}\n", "$error")

    def _show(self, where: str, told: Content) -> None:
        if self.is_mounted:
            self.query_one(where, Static).update(told)


def _rig_of(state: RigState, profile: Profile, folder: Path) -> Content:
    parts: list[tuple[str, str] | str] = [
        ("This session\n", "bold $primary"),
        ("● ", "$success"), f"camera   {state.camera.model}  {state.camera.address}\n",
    ]  # fmt: skip
    stack = f"; a shot's is of {state.depth_frames}" if state.depth_frames else ""
    if state.depth == "none":
        parts.append(("○ depth    no sensor: give one with --depth\n", "$quiet"))
    elif state.depth == "lost":
        parts += [("✖ ", "$error"), f"depth    {state.depth_note}\n"]
    else:
        parts += [("● ", "$success"), f"depth    delivers frames, {state.depth_note}{stack}\n"]
    parts.append(f"● profile  {profile.name}: {profile.description}\n")
    parts.append(f"● folder   {folder}\n")
    if state.calibration:
        parts.append(("\nCalibration\n", "bold $primary"))
    return Content.assemble(*parts, *map(_step, state.calibration))


def _step(step: CalibrationStep) -> Content:
    sign, colour = {"done": ("●", "$success"), "stale": ("✖", "$error"), "open": ("○", "$quiet")}[
        step.stands
    ]
    command = (f"    {step.command}\n", "$primary" if step.stands == "stale" else "$quiet")
    told = Content.assemble((f"{sign} ", colour), f"{step.words}\n")
    return Content.assemble(told, command) if step.command else told


def _proven(proofs: tuple[AcceleratorProof, ...]) -> Content:
    lines = [Content.styled("What computes", "bold $primary")]
    for proof in proofs:
        if proof.placement is None:
            lines.append(Content.assemble(("✖ ", "$error"), f"{proof.asked:12} {proof.fault}"))
            continue
        nodes = proof.placement.nodes_per_provider
        told = ", ".join(
            f"{counted(count, 'node')} on {short_name(name)}" for name, count in nodes.items()
        )
        lines.append(
            Content.assemble(
                ("● ", "$success"),
                f"{proof.asked:12} {told}",
                (f"  {proof.placement.device}", "$quiet"),
            )
        )
    return Content("\n").join(lines)


def _told(found: Inventory) -> Content:
    lines: list[Content] = []
    for title, entries in (
        ("Cameras", found.cameras),
        ("Depth sensors", found.depth_sensors),
        ("Execution providers", found.providers),
    ):
        lines.append(Content.styled(f"\n{title}", "bold $primary"))
        lines += [_entry(entry) for entry in entries if entry.note != "simulated"]
        simulated = [entry.address for entry in entries if entry.note == "simulated"]
        if simulated:
            lines.append(Content.styled(f"  simulated: {'  '.join(simulated)}", "$quiet"))
    if found.remarks:
        lines.append(Content.styled("\nWhat is missing", "bold $warning"))
        lines += [Content(f"▲ {remark}") for remark in found.remarks]
    return Content("\n").join(lines)


def _entry(entry: FoundDevice) -> Content:
    return Content.assemble(f"  {entry.address:32} {entry.model}", (f"  {entry.note}", "$quiet"))
