"""The app's own themes. Signs stand beside every colour, so that none is needed to read it."""

from __future__ import annotations

from collections.abc import Mapping

from textual.color import Color
from textual.theme import Theme

#: For a dim studio. Blue instead of green for what is well, so that it parts from red and amber
#: for eyes that see no red or no green.
DIM = Theme(
    "mattebox",
    primary="#58a6ff",
    secondary="#8b949e",
    accent="#f2b84b",
    warning="#f2b84b",
    error="#ff6b5e",
    success="#4fc3b5",
    foreground="#c9d1d9",
    background="#0d1117",
    surface="#11161d",
    panel="#161b22",
    variables={"quiet": "#7d8590", "footer-key-foreground": "#58a6ff"},
)
#: For a bright set and tired eyes: pure colours on black, nothing in grey on grey.
CONTRAST = Theme(
    "mattebox-contrast",
    primary="#7cc4ff",
    secondary="#ffffff",
    accent="#ffd400",
    warning="#ffd400",
    error="#ff5c5c",
    success="#4fffd0",
    foreground="#ffffff",
    background="#000000",
    surface="#000000",
    panel="#1c1c1c",
    variables={"quiet": "#d0d0d0", "footer-key-foreground": "#ffd400"},
)
THEMES = (DIM, CONTRAST)


def rgb_of(variables: Mapping[str, str], name: str) -> tuple[int, int, int]:
    """Return a colour of a theme's variables, for what is drawn pixel by pixel."""
    return Color.parse(variables[name]).rgb
