"""A PNG of what stands in a tmux pane: ``python -m bench.terminal_picture SESSION PICTURE.png``.

Takes the pane's cells and colours as tmux holds them, and draws them with DejaVu Sans Mono; block
elements are drawn as rectangles, as terminals do.
"""

from __future__ import annotations

import argparse
import subprocess
from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont
from rich.ansi import AnsiDecoder
from rich.color import Color
from rich.style import Style
from rich.text import Text

_CELL = (9, 19)
_FONTS = Path("/usr/share/fonts/truetype/dejavu")
_FOREGROUND, _BACKGROUND = (201, 209, 217), (13, 17, 23)
#: Lower blocks by eighths, U+2581 to U+2588.
_EIGHTHS = {chr(0x2580 + n): n / 8 for n in range(1, 9)}

Rgb = tuple[int, int, int]


def pane_lines(session: str, tmux: Sequence[str] = ("tmux",)) -> list[Text]:
    """Return the lines of a tmux pane with their colours; `tmux` is how its server is called."""
    shown = subprocess.run(
        [*tmux, "capture-pane", "-p", "-e", "-N", "-t", session],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    # One decoder for all lines: tmux says a colour once, and lines go on with it.
    return list(AnsiDecoder().decode(shown.rstrip("\n")))


def draw(lines: list[Text]) -> Image.Image:
    """Draw lines of styled text as a terminal would."""
    width, height = _CELL
    columns = max(line.cell_len for line in lines)
    image = Image.new("RGB", (columns * width, len(lines) * height), _BACKGROUND)
    pen = ImageDraw.Draw(image)
    plain = ImageFont.truetype(str(_FONTS / "DejaVuSansMono.ttf"), 15)
    bold = ImageFont.truetype(str(_FONTS / "DejaVuSansMono-Bold.ttf"), 15)
    for row, line in enumerate(lines):
        styles = [Style()] * len(line.plain)
        for span in line.spans:
            for i in range(span.start, min(span.end, len(styles))):
                styles[i] = styles[i] + (
                    span.style if isinstance(span.style, Style) else Style.parse(span.style)
                )
        for column, (character, style) in enumerate(zip(line.plain, styles, strict=True)):
            front, back = _rgb(style.color, _FOREGROUND), _rgb(style.bgcolor, _BACKGROUND)
            if style.reverse:
                front, back = back, front
            if style.dim:
                front = tuple((f + b) // 2 for f, b in zip(front, back, strict=True))  # type: ignore[assignment]
            x, y = column * width, row * height
            pen.rectangle((x, y, x + width - 1, y + height - 1), fill=back)
            if character == "▀":
                pen.rectangle((x, y, x + width - 1, y + height // 2 - 1), fill=front)
            elif character in _EIGHTHS:
                top = y + height - round(_EIGHTHS[character] * height)
                pen.rectangle((x, top, x + width - 1, y + height - 1), fill=front)
            elif character != " ":
                pen.text((x, y), character, fill=front, font=bold if style.bold else plain)
    return image


def _rgb(colour: Color | None, otherwise: Rgb) -> Rgb:
    if colour is None or colour.is_default:
        return otherwise
    found = colour.get_truecolor()
    return (found.red, found.green, found.blue)


def main() -> None:
    """Draw a pane into a file."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("session", help="tmux session, window or pane")
    parser.add_argument("picture", type=Path)
    options = parser.parse_args()
    draw(pane_lines(options.session)).save(options.picture, optimize=True)


if __name__ == "__main__":
    main()
