"""The unknown band as a compact list of cells, laid out so that a 5 x 5 stencil runs on slices.

A *cell* is an unknown pixel or a pixel at most two rows and two columns from one. Cells are
numbered in raster order; a *run* is a row of unknown pixels without a gap. Because the cells of a
run's neighbouring rows are gap-free too, the neighbours at one offset of all pixels of a run are
one slice of any array over cells, which compilers turn into vector instructions.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

#: How far the closed-form Laplacian couples two pixels: both lie in one 3 x 3 window.
REACH = 2
#: Unknown pixels a block of runs; blocks are the unit of parallel work, fixed by the picture
#: alone, so that sums are added in the same order on any number of threads.
_BLOCK_PIXELS = 4096


@dataclass(frozen=True, slots=True, eq=False)
class BandLayout:
    """Where the cells and runs of an unknown band are.

    Parameters
    ----------
    shape : (H, W)
        Of the picture.
    rows, columns : (cells,) int32
        Of each cell in the picture; outside of it for cells in the margin.
    row_starts : (H + 5,) int64
        First cell of each row, from row -2 on.
    run_starts, run_lengths : (runs,) int64
        First cell and number of pixels.
    neighbours : (runs, 5) int64
        The cell in the run's first column, two rows above it to two rows below.
    blocks : (blocks + 1,) int64
        First run of each block.
    """

    shape: tuple[int, int]
    rows: npt.NDArray[np.int32]
    columns: npt.NDArray[np.int32]
    row_starts: npt.NDArray[np.int64]
    run_starts: npt.NDArray[np.int64]
    run_lengths: npt.NDArray[np.int64]
    neighbours: npt.NDArray[np.int64]
    blocks: npt.NDArray[np.int64]

    @property
    def cells(self) -> int:
        """Number of cells."""
        return len(self.rows)

    @property
    def unknown(self) -> npt.NDArray[np.int64]:
        """Return the cells of the unknown pixels, in raster order."""
        ends = np.cumsum(self.run_lengths)
        within = np.arange(int(ends[-1])) - np.repeat(ends - self.run_lengths, self.run_lengths)
        return np.asarray(np.repeat(self.run_starts, self.run_lengths) + within)

    def gather(self, image: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Return (cells,) float32: the picture's values at the cells, 0 in the margin."""
        height, width = self.shape
        inside = (
            (self.rows >= 0) & (self.rows < height) & (self.columns >= 0) & (self.columns < width)
        )
        values = np.zeros(self.cells, dtype=np.float32)
        values[inside] = image[self.rows[inside], self.columns[inside]]
        return values


def lay_out_band(unknown: npt.NDArray[np.bool_]) -> BandLayout:
    """Lay out the band.

    Parameters
    ----------
    unknown : (H, W) bool, at least one True
    """
    import cv2

    height, width = unknown.shape
    padded = np.pad(unknown, REACH)
    padded_width = width + 2 * REACH
    reach = np.ones((2 * REACH + 1, 2 * REACH + 1), dtype=np.uint8)
    near = cv2.dilate(padded.view(np.uint8), reach)
    cells = np.flatnonzero(near)
    row_starts = np.searchsorted(cells, np.arange(height + 2 * REACH + 1) * padded_width)

    pixels = np.flatnonzero(padded)
    first = np.flatnonzero(np.diff(pixels, prepend=-2) != 1)
    lengths = np.diff(first, append=len(pixels))
    steps = np.arange(-REACH, REACH + 1) * padded_width
    neighbours = np.searchsorted(cells, pixels[first][:, None] + steps)

    pixels_before = np.cumsum(lengths) - lengths
    block_count = 1 + int(pixels_before[-1]) // _BLOCK_PIXELS
    blocks = np.searchsorted(pixels_before, np.arange(block_count) * _BLOCK_PIXELS)
    return BandLayout(
        shape=(height, width),
        rows=(cells // padded_width - REACH).astype(np.int32),
        columns=(cells % padded_width - REACH).astype(np.int32),
        row_starts=row_starts.astype(np.int64),
        run_starts=np.ascontiguousarray(neighbours[:, REACH]).astype(np.int64),
        run_lengths=lengths.astype(np.int64),
        neighbours=neighbours.astype(np.int64),
        blocks=np.append(np.unique(blocks), len(lengths)).astype(np.int64),
    )
