"""Sliders for the edge tools, by keys and mouse."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from textual import events
from textual.content import Content
from textual.message import Message
from textual.widget import Widget

from matting.edge_tools import EdgeTools

_NAME_CELLS, _BAR_CELLS = 13, 19


@dataclass(frozen=True, slots=True)
class Slider:
    """A number of `EdgeTools`: its field, what a retoucher calls it, its range and step."""

    field: str
    label: str
    low: float
    high: float
    step: float
    unit: str


#: In the order in which they act, with Photoshop's names and as far as an edge is moved by hand.
SLIDERS = (
    Slider("despeckle_px", "Despeckle", 0, 1000, 20, "px²"),
    Slider("smooth_percent", "Smooth", 0, 100, 5, "%"),
    Slider("feather_px", "Feather", 0, 20, 0.5, "px"),
    Slider("contrast_percent", "Contrast", 0, 100, 5, "%"),
    Slider("shift_edge_percent", "Shift edge", -100, 100, 5, "%"),
    Slider("decontaminate_percent", "Decontam.", 0, 100, 5, "%"),
)
_NEUTRAL = EdgeTools()


class EdgePanel(Widget):
    """Shows the sliders and what they are set to."""

    DEFAULT_CSS = (
        f"EdgePanel {{ height: {len(SLIDERS) + 1}; margin-bottom: 1; text-wrap: nowrap; }}"
    )

    class Changed(Message):
        """The slider of a field of `EdgeTools` was moved."""

        def __init__(self, field: str) -> None:
            super().__init__()
            self.field = field

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._values: dict[str, float] = {each.field: neutral(each) for each in SLIDERS}
        self._row = 0
        self._held = False
        #: Whether keys go to the sliders; the chosen one is marked then.
        self.active = True

    @property
    def tools(self) -> EdgeTools:
        """What the sliders are set to."""
        values: dict[str, Any] = dict(self._values)
        return EdgeTools(**values)

    def choose(self, step: int) -> None:
        """Go to the next or the last slider."""
        self._row = (self._row + step) % len(SLIDERS)
        self.refresh()

    def move(self, steps: int) -> None:
        """Move the chosen slider."""
        slider = SLIDERS[self._row]
        self._set(self._row, self._values[slider.field] + steps * slider.step)

    def show(self, tools: EdgeTools) -> None:
        """Put all sliders where they do what these tools do."""
        self._values = {each.field: getattr(tools, each.field) for each in SLIDERS}
        self.refresh()

    def _set(self, row: int, value: float) -> None:
        slider = SLIDERS[row]
        self._row = row
        value = round(value / slider.step) * slider.step
        self._values[slider.field] = min(max(value, slider.low), slider.high)
        self.refresh()
        self.post_message(self.Changed(slider.field))

    def render(self) -> Content:
        """Return a line a slider: name, bar, value."""
        told = [Content.styled("EDGE\n", "bold $quiet")]
        for row, slider in enumerate(SLIDERS):
            value = self._values[slider.field]
            chosen = self.active and row == self._row
            changed = value != neutral(slider)
            mark = "▸ " if chosen else "  "
            style = "bold $primary" if chosen else "$foreground"
            told.append(Content.styled(f"{mark}{slider.label:<{_NAME_CELLS - 2}}", style))
            told.append(Content.styled(*_bar(slider, value, changed)))
            shown = f" {value:g} {slider.unit}\n"
            told.append(Content.styled(shown, "bold $accent" if changed else "$quiet"))
        return Content("").join(told)

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Take hold of a slider, there where the pointer is."""
        if 1 <= event.y <= len(SLIDERS) and event.x >= _NAME_CELLS:
            self._held = True
            self._row = event.y - 1
            self.capture_mouse()
            self._follow(event)

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Move it with the pointer."""
        if self._held:
            self._follow(event)

    def on_mouse_up(self, _event: events.MouseUp) -> None:
        """Let go."""
        self._held = False
        self.release_mouse()

    def _follow(self, event: events.MouseEvent) -> None:
        slider = SLIDERS[self._row]
        share = min(max((event.x - _NAME_CELLS) / (_BAR_CELLS - 1), 0.0), 1.0)
        self._set(self._row, slider.low + share * (slider.high - slider.low))


def neutral(slider: Slider) -> float:
    """Return where a slider changes nothing."""
    return float(getattr(_NEUTRAL, slider.field))


def _bar(slider: Slider, value: float, changed: bool) -> tuple[str, str]:
    share = (value - slider.low) / (slider.high - slider.low)
    knob = round(share * (_BAR_CELLS - 1))
    bar = "─" * knob + "●" + "─" * (_BAR_CELLS - 1 - knob)
    return bar, "$accent" if changed else "$quiet 60%"
