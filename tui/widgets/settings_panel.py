"""The camera's settings with the keys that change them."""

from __future__ import annotations

from rich.text import Text
from textual.widgets import Static

from devices.frames import Setting

#: Setting, its label, and the keys for the next lower and the next higher choice.
SETTING_KEYS = (
    ("iso", "ISO", "i", "I"),
    ("shutter", "Shutter", "s", "S"),
    ("aperture", "Aperture", "a", "A"),
    ("white_balance", "White balance", "w", "W"),
    ("image_quality", "Quality", "u", "U"),
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
    """Shows the settings; which keys change them stands beside each."""

    DEFAULT_CSS = "SettingsPanel { height: auto; }"

    def show(self, settings: dict[str, Setting]) -> None:
        """Show the settings that this camera has."""
        text = Text()
        for name, label, down, up in SETTING_KEYS:
            if name in settings:
                text.append(f"{label:14}", style="#7d8590")
                text.append(f"{settings[name].value:<12}", style="bold #e6edf3")
                text.append(f" {down} {up}\n", style="#58a6ff")
        text.rstrip()
        self.update(text)
