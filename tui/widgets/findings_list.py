"""The findings beside the picture, worst first, each with its fix."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import events
from textual.content import Content
from textual.message import Message
from textual.style import Style
from textual.widgets import Static

if TYPE_CHECKING:
    from capture.findings import Finding

#: A sign for each level as well as a colour, for eyes and terminals that see no colour.
LEVEL_SIGNS = {
    "fail": ("✖", "$error"),
    "warn": ("▲", "$warning"),
    "not measured": ("○", "$quiet"),
    "ok": ("●", "$success"),
}


def told_apart(findings: tuple[Finding, ...]) -> tuple[tuple[Finding, ...], tuple[Finding, ...]]:
    """Return the findings that are told one by one, and those of which the names alone are.

    Of more than two that were not measured the names alone are told, so that they do not push
    what can be mended off the screen.
    """
    silent = tuple(finding for finding in findings if finding.level == "not measured")
    together = silent if len(silent) > 2 else ()
    return tuple(finding for finding in findings if finding not in together), together


def findings_content(findings: tuple[Finding, ...], chosen: str = "") -> Content:
    """Return the findings as styled text, a line each and the fix below it.

    Each bears the name of its check for clicks; `chosen` is the check that keys have chosen.
    """
    single, together = told_apart(findings)
    lines = [_line(finding, finding.check == chosen) for finding in single]
    if together:
        sign, colour = LEVEL_SIGNS["not measured"]
        names = ", ".join(finding.check.replace("_", " ") for finding in together)
        lines.append(Content.styled(f"{sign} not measured: {names}", colour))
    return Content("\n").join(lines)


def _line(finding: Finding, chosen: bool) -> Content:
    sign, colour = LEVEL_SIGNS[finding.level]
    pressing = finding.level in ("fail", "warn")
    name = finding.check.replace("_", " ")
    parts: list[tuple[str, str] | str] = [
        (f"{'▸' if chosen else sign} ", f"bold {colour}"),
        (name, "bold" + (" reverse" if chosen else "") if pressing or chosen else ""),
    ]
    if finding.shown:
        parts.append(f"  {finding.shown}")
    if pressing:
        parts.append((f"\n  → {finding.fix}", colour))
    elif finding.level == "not measured":
        parts.append((f"\n  {finding.fix}", "$quiet"))
    return Content.assemble(*parts).stylize(Style.from_meta({"check": finding.check}))


class FindingsList(Static):
    """Shows findings; a click on one, or `enter` on the chosen one, asks for its reason."""

    DEFAULT_CSS = "FindingsList { height: auto; }"

    class Asked(Message):
        """A finding was clicked."""

        def __init__(self, check: str) -> None:
            super().__init__()
            self.check = check

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__("nothing measured yet …", id=id)
        self._findings: tuple[Finding, ...] = ()
        self._lines: tuple[object, ...] = ()
        self.chosen = ""

    def show(self, findings: tuple[Finding, ...]) -> None:
        """Show the findings; the widget is left alone when their text has not changed."""
        self._findings = findings
        lines = (*((f.check, f.level, f.shown, f.fix) for f in findings), self.chosen)
        if lines != self._lines:
            self._lines = lines
            told = findings_content(findings, self.chosen)
            # To lay the screen out anew takes longer than all else that a frame asks for.
            width, height = self.size
            same = bool(width) and told.get_height({}, width) == height
            self.update(told, layout=not same)

    def choose(self, step: int) -> None:
        """Choose the finding `step` places further down; before the first and after the last none.

        A chosen finding stays chosen where the order changes.
        """
        single, _ = told_apart(self._findings)
        names = ["", *(finding.check for finding in single)]
        place = names.index(self.chosen) if self.chosen in names else 0
        self.chosen = names[(place + step) % len(names)]
        self.show(self._findings)

    def on_click(self, event: events.Click) -> None:
        """Ask for the reason of what was clicked."""
        check = event.style.meta.get("check")
        if check:
            self.post_message(self.Asked(check))

    def finding(self, check: str) -> Finding | None:
        """Return the finding of a check, if it is shown."""
        return next((finding for finding in self._findings if finding.check == check), None)
