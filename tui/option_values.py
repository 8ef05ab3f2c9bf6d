"""How the words after an option become values; what cannot be understood is told by argparse."""

from __future__ import annotations

import argparse
from pathlib import Path


class Subject(argparse.Action):
    """Collect points; a word stands alone."""

    def __call__(  # noqa: D102
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: object,
        option_string: str | None = None,
    ) -> None:
        assert isinstance(values, list)
        before = getattr(namespace, self.dest)
        given = [*(() if before == self.default else before), *values]
        words = [value for value in given if isinstance(value, str)]
        if words and len(given) > 1:
            parser.error(f"argument --subject: '{words[0]}' stands alone, without points")
        setattr(namespace, self.dest, words[0] if words else tuple(given))


def depth_scale(text: str) -> float | str:
    """Return metres per unit, or "relative"."""
    try:
        return text if text == "relative" else float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"'{text}' is neither metres per unit, such as 0.001, nor relative"
        ) from None


def point(text: str) -> tuple[float, float] | str:
    """Return X,Y as two numbers, or a word that chooses subjects."""
    if text in ("central", "nearest", "all"):
        return text
    x, comma, y = text.partition(",")
    try:
        if comma:
            return float(x), float(y)
    except ValueError:
        pass
    raise argparse.ArgumentTypeError(
        f"'{text}' is not X,Y in pixels, such as 490,343, nor nearest or all"
    )


def assignment(text: str) -> tuple[str, str]:
    """Return NAME=VALUE as a pair."""
    name, _, value = text.partition("=")
    if not (name and value):
        raise argparse.ArgumentTypeError(f"'{text}' is not NAME=VALUE, such as iso=100")
    return name, value


def named_file(text: str) -> tuple[str, Path]:
    """Return NAME=FILE as a pair."""
    name, equals, path = text.partition("=")
    if not (name and equals and path):
        raise argparse.ArgumentTypeError(f"'{text}' is not NAME=FILE, such as key=key.dng")
    return name, Path(path)


def pair_of_files(text: str) -> tuple[Path, Path]:
    """Return PHOTO=PICTURE as two paths."""
    first, equals, second = text.partition("=")
    if not (first and equals and second):
        raise argparse.ArgumentTypeError(f"'{text}' is not PHOTO=PICTURE, such as 1.jpg=ir1.png")
    return Path(first), Path(second)


def patch(text: str) -> tuple[str, tuple[int, int, int, int]]:
    """Return NAME=X,Y,W,H as a name and a box in pixels."""
    name, _, box = text.partition("=")
    try:
        x, y, width, height = (int(part) for part in box.split(","))
    except ValueError:
        x = y = width = height = 0
    if not (name and width > 0 and height > 0):
        raise argparse.ArgumentTypeError(
            f"'{text}' is not NAME=X,Y,W,H in whole pixels, such as neutral=900,400,60,60"
        )
    return name, (x, y, width, height)


def box(text: str) -> tuple[float, float, float, float]:
    """Return x, y, width and height as shares of the picture's sides."""
    try:
        x, y, width, height = (float(part) / 100 for part in text.split(","))
    except ValueError:
        x = y = width = height = -1.0
    if not (x >= 0 and 0 < width <= 1 - x and y >= 0 and 0 < height <= 1 - y):
        raise argparse.ArgumentTypeError(
            f"'{text}' is not X,Y,W,H within the picture in percent, such as 25,10,50,90"
        )
    return x, y, width, height


def not_negative(text: str) -> float:
    """Return a number of 0 or more."""
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if not 0 <= number < float("inf"):
        raise argparse.ArgumentTypeError(f"'{text}' is not a number from 0 up")
    return number


def above_zero(text: str) -> float:
    """Return a number above 0."""
    number = not_negative(text)
    if number == 0:
        raise argparse.ArgumentTypeError(f"'{text}' is not above 0")
    return number


def at_least_one(text: str) -> int:
    """Return a whole number of 1 or more."""
    try:
        number = int(text)
    except ValueError:
        number = 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"'{text}' is not a number of shots from 1 up")
    return number


def frame_size(text: str) -> tuple[int, int]:
    """Return width and height of WxH, pixels."""
    width, _, height = text.partition("x")
    if not (width.isdecimal() and height.isdecimal() and int(width) and int(height)):
        raise argparse.ArgumentTypeError(f"{text!r} is no size; give WIDTHxHEIGHT, as 1024x680")
    return int(width), int(height)
