"""Pictures in memory, which say how their numbers become light."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from matting.imaging.curves import Transfer


@dataclass(frozen=True, slots=True, eq=False)
class EncodedPicture:
    """A picture as its file has it, turned upright.

    Parameters
    ----------
    codes : (H, W, 3) uint8 or uint16, encoded RGB code values, upright, read-only
    transfer : Transfer
        How the codes become linear light.
    path : Path
        Where it was read from.
    icc : bytes or None
        The file's colour profile, to be kept.
    exif : bytes or None
        The file's EXIF as a TIFF block without the "Exif" header, orientation set to 1 because
        the codes are upright.
    dpi : (x, y) or None
        Pixels per inch.
    warnings : tuple of str
        What about the file could not be honoured, in words for the person.
    """

    codes: npt.NDArray[np.uint8] | npt.NDArray[np.uint16]
    transfer: Transfer
    path: Path
    icc: bytes | None = None
    exif: bytes | None = None
    dpi: tuple[float, float] | None = None
    warnings: tuple[str, ...] = field(default=())

    def __post_init__(self) -> None:
        if self.codes.ndim != 3 or self.codes.shape[2] != 3:
            raise ValueError(f"codes have shape {self.codes.shape}, not (H, W, 3)")
        if self.codes.dtype not in (np.uint8, np.uint16):
            raise ValueError(f"codes are {self.codes.dtype}, not uint8 or uint16")
        view = self.codes.view()
        view.flags.writeable = False
        object.__setattr__(self, "codes", view)

    @property
    def bit_depth(self) -> int:
        """8 or 16."""
        return self.codes.dtype.itemsize * 8

    @property
    def height(self) -> int:
        """Rows."""
        return int(self.codes.shape[0])

    @property
    def width(self) -> int:
        """Columns."""
        return int(self.codes.shape[1])

    def linear(self) -> npt.NDArray[np.float32]:
        """Return (H, W, 3) float32, linear light in the picture's own primaries, 1 = white."""
        return self.transfer.decode(self.codes)

    def encoded(self) -> npt.NDArray[np.float32]:
        """Return (H, W, 3) float32, the encoded values scaled to 0 to 1."""
        return self.codes.astype(np.float32) / np.float32((1 << self.bit_depth) - 1)

    def encoded_8bit(self) -> npt.NDArray[np.uint8]:
        """Return (H, W, 3) uint8, the encoded values, rounded if the picture has 16 bits."""
        if self.codes.dtype == np.uint8:
            return np.asarray(self.codes, dtype=np.uint8)
        rounded = (self.codes.astype(np.uint32) * 255 + 32767) // 65535
        return rounded.astype(np.uint8)
