"""Which part of a picture is seen, and how large: zoom and pan as a value."""

from __future__ import annotations

from dataclasses import dataclass, replace

#: Screen pixels to a pixel of the picture, between the whole picture and the closest look.
_STOPS = (1 / 16, 1 / 12, 1 / 8, 1 / 6, 1 / 4, 1 / 3, 1 / 2, 2 / 3, 1.0, 1.5, 2.0, 3.0, 4.0, 8.0)


@dataclass(frozen=True, slots=True)
class Viewport:
    """A look at a picture.

    Parameters
    ----------
    picture : (width, height)
        In its own pixels.
    canvas : (width, height)
        In screen pixels; two of them are one above the other in a character cell.
    scale : float
        Screen pixels to a pixel of the picture: 1 is 100 %.
    centre : (x, y)
        The picture's point in the middle of the canvas, in its pixels.
    """

    picture: tuple[int, int]
    canvas: tuple[int, int]
    scale: float
    centre: tuple[float, float]

    @staticmethod
    def whole(picture: tuple[int, int], canvas: tuple[int, int]) -> Viewport:
        """Return the look at the whole picture, as large as the canvas allows."""
        scale = min(canvas[0] / picture[0], canvas[1] / picture[1])
        return Viewport(picture, canvas, scale, (picture[0] / 2, picture[1] / 2))

    @property
    def is_whole(self) -> bool:
        """Whether the picture is as large as fits."""
        return self.scale == Viewport.whole(self.picture, self.canvas).scale

    def on(self, canvas: tuple[int, int]) -> Viewport:
        """Return the same look on a canvas of another size; what was whole stays whole."""
        if self.is_whole:
            return Viewport.whole(self.picture, canvas)
        return replace(self, canvas=canvas)._kept_in()

    def at(self, scale: float, about: tuple[float, float] | None = None) -> Viewport:
        """Return the look at another scale; the point under `about`, in screen pixels, stays."""
        x, y = about or (self.canvas[0] / 2, self.canvas[1] / 2)
        fixed_x, fixed_y = self.to_picture(x, y)
        centre = (
            fixed_x + (self.canvas[0] / 2 - x) / scale,
            fixed_y + (self.canvas[1] / 2 - y) / scale,
        )
        return replace(self, scale=scale, centre=centre)._kept_in()

    def stepped(self, steps: int, about: tuple[float, float] | None = None) -> Viewport:
        """Return the look at the next larger (or smaller) of the usual scales.

        The whole picture is the smallest, and 100 % is always among them.
        """
        whole = Viewport.whole(self.picture, self.canvas).scale
        stops = sorted({whole, *(stop for stop in _STOPS if stop > whole)})
        if steps > 0:
            scale = next((stop for stop in stops if stop > self.scale), stops[-1])
        else:
            scale = next((stop for stop in reversed(stops) if stop < self.scale), stops[0])
        return self.at(scale, about)

    def panned(self, right: float, down: float) -> Viewport:
        """Return the look moved over the picture by so many screen pixels."""
        x, y = self.centre
        return replace(self, centre=(x + right / self.scale, y + down / self.scale))._kept_in()

    def centred_on(self, x: float, y: float) -> Viewport:
        """Return the look with that point of the picture in the middle, as far as it can be."""
        return replace(self, centre=(x, y))._kept_in()

    def _kept_in(self) -> Viewport:
        """Return the look with no more beside the picture than there must be."""
        sides = zip(self.picture, self.canvas, self.centre, strict=True)
        x, y = (_kept(side, seen / self.scale, centre) for side, seen, centre in sides)
        return replace(self, centre=(x, y))

    def to_picture(self, x: float, y: float) -> tuple[float, float]:
        """Return the picture's point under a point of the canvas, in screen pixels."""
        return (
            self.centre[0] + (x - self.canvas[0] / 2) / self.scale,
            self.centre[1] + (y - self.canvas[1] / 2) / self.scale,
        )

    def to_canvas(self, x: float, y: float) -> tuple[float, float]:
        """Return where a point of the picture is on the canvas, in screen pixels."""
        return (
            (x - self.centre[0]) * self.scale + self.canvas[0] / 2,
            (y - self.centre[1]) * self.scale + self.canvas[1] / 2,
        )

    @property
    def place(self) -> tuple[int, int, int, int]:
        """The part of the canvas that the picture covers: left, top, right, bottom."""
        left, top = self.to_canvas(0, 0)
        right, bottom = self.to_canvas(*self.picture)
        x0, y0 = max(0, round(left)), max(0, round(top))
        return (
            x0,
            y0,
            max(x0 + 1, min(self.canvas[0], round(right))),
            max(y0 + 1, min(self.canvas[1], round(bottom))),
        )

    @property
    def seen(self) -> tuple[float, float, float, float]:
        """The part of the picture that is seen: left, top, right, bottom, in its pixels."""
        left, top, right, bottom = self.place
        return (*self.to_picture(left, top), *self.to_picture(right, bottom))


def _kept(side: float, seen: float, centre: float) -> float:
    if seen >= side:
        return side / 2
    return min(max(centre, seen / 2), side - seen / 2)
