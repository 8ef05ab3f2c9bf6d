"""The camera's settings with the keys that change them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import events
from textual.content import Content
from textual.message import Message
from textual.style import Style
from textual.widgets import Static

if TYPE_CHECKING:
    from devices.frames import Setting

#: Setting, its label, and the keys for the next lower and the next higher choice.
SETTING_KEYS = (
    ("iso", "ISO", "i", "I"),
    ("shutter", "Shutter", "s", "S"),
    ("aperture", "Aperture", "a", "A"),
    ("white_balance", "White bal.", "w", "W"),
    ("image_quality", "Quality", "u", "U"),
    ("capture_target", "Saves to", "v", "V"),
)

#: In place of a setting's name: the lens, which is driven and has no value.
FOCUS = "focus"
#: Key, its sign, which way and how far it drives the lens, in words too.
FOCUS_KEYS = (
    ("comma", ",", -1, "nearer, a touch"),
    ("full_stop", ".", 1, "farther, a touch"),
    ("less_than_sign", "<", -2, "nearer"),
    ("greater_than_sign", ">", 2, "farther"),
    ("left_square_bracket", "[", -3, "nearer, a long way"),
    ("right_square_bracket", "]", 3, "farther, a long way"),
)


def neighbour(setting: Setting, step: int) -> str | None:
    """Return the choice `step` places along, or None at the end of the list.

    Examples
    --------
    >>> neighbour(Setting("iso", "200", ("100", "200", "400")), 1)
    '400'
    """
    if setting.read_only or setting.value not in setting.choices:
        return None
    place = setting.choices.index(setting.value) + step
    return setting.choices[place] if 0 <= place < len(setting.choices) else None


class SettingsPanel(Static):
    """Shows the settings; the keys that change them stand beside each, and take clicks."""

    DEFAULT_CSS = "SettingsPanel { height: auto; }"

    class Asked(Message):
        """A setting's button was clicked."""

        def __init__(self, name: str, step: int) -> None:
            super().__init__()
            self.name, self.step = name, step

    def show(self, settings: dict[str, Setting], *, drives_focus: bool = False) -> None:
        """Show the settings that this camera has."""
        lines = [
            Content.assemble(
                (f"{label:12}", "$quiet"),
                (f"{settings[name].value:<12}", "bold"),
                *(_button(name, key, step) for key, step in ((down, -1), (up, 1))),
            )
            for name, label, down, up in SETTING_KEYS
            if name in settings
        ]
        if drives_focus:
            nearest_first = sorted(FOCUS_KEYS, key=lambda each: each[2])
            buttons = (_button(FOCUS, sign, step) for _, sign, step, _ in nearest_first)
            lines.append(Content.assemble((f"{'Focus':12}", "$quiet"), *buttons))
        self.update(Content("\n").join(lines))

    def on_click(self, event: events.Click) -> None:
        """Ask for the setting whose button was clicked."""
        asked = event.style.meta.get("setting")
        if asked:
            self.post_message(self.Asked(*asked))


def _button(name: str, key: str, step: int) -> Content:
    return Content.styled(f" {key}", "bold $primary").stylize(
        Style.from_meta({"setting": (name, step)})
    )
