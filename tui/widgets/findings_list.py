"""The findings beside the picture, worst first, each with its fix."""

from __future__ import annotations

from rich.text import Text
from textual.widgets import Static

from capture.findings import Finding

#: A sign for each level as well as a colour, for eyes and terminals that see no colour.
LEVEL_SIGNS = {
    "fail": ("✖", "bold #ff6b5e"),
    "warn": ("▲", "bold #f2b84b"),
    "not measured": ("○", "#7d8590"),
    "ok": ("●", "#5fbf77"),
}


def findings_text(findings: tuple[Finding, ...]) -> Text:
    """Return the findings as styled text, a line each and the fix below it.

    Of more than two that were not measured the names alone are told, so that they do not push
    what can be mended off the screen.
    """
    silent = [finding for finding in findings if finding.level == "not measured"]
    together = silent if len(silent) > 2 else []
    text = Text()
    for finding in findings:
        if finding in together:
            continue
        sign, style = LEVEL_SIGNS[finding.level]
        name = finding.check.replace("_", " ")
        text.append(f"{sign} ", style=style)
        text.append(name, style="bold" if finding.level in ("fail", "warn") else "")
        if finding.shown:
            text.append(f"  {finding.shown}", style="#c9d1d9")
        text.append("\n")
        if finding.level in ("fail", "warn"):
            text.append(f"  → {finding.fix}\n", style=style.replace("bold ", ""))
        elif finding.level == "not measured":
            text.append(f"  {finding.fix}\n", style="#7d8590")
    if together:
        sign, style = LEVEL_SIGNS["not measured"]
        names = ", ".join(finding.check.replace("_", " ") for finding in together)
        text.append(f"{sign} not measured: {names}\n", style=style)
    return text


class FindingsList(Static):
    """Shows findings; the heading says how many stand in the way."""

    DEFAULT_CSS = "FindingsList { height: auto; }"

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__("nothing measured yet …", id=id)
        self._shown: tuple[object, ...] = ()

    def show(self, findings: tuple[Finding, ...]) -> None:
        """Show the findings; the widget is left alone when their text has not changed."""
        lines = tuple((f.check, f.level, f.shown, f.fix) for f in findings)
        if lines != self._shown:
            self._shown = lines
            self.update(findings_text(findings))
