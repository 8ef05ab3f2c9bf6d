"""Compiled loops of the band solver.

Every loop runs in parallel over blocks that the picture alone decides; each block writes its own
cells and its own partial sum, and the sums are added in order: the bits do not depend on the
number of threads. Callers hold `matting.threads.kernel_lock`.
"""

from __future__ import annotations

import numpy as np
from numba import njit, prange

_ROWS_A_TASK = 16


@njit(cache=True, parallel=True, nogil=True)
def assemble(rgb, columns, row_starts, epsilon, stencil):  # type: ignore[no-untyped-def]
    """Fill the upper half of the matting Laplacian over cells.

    Parameters
    ----------
    rgb : (H, W, 3) float32
    columns : (cells,) int32
    row_starts : (H + 5,) int64, first cell of each row from -2 on
    epsilon : float
    stencil : (12, cells) float32, out
        Coupling of each cell with the one at offset (0, 1), (0, 2), (1, -2) .. (1, 2),
        (2, -2) .. (2, 2).
    """
    height, width, _ = rgb.shape
    tasks = (height + _ROWS_A_TASK - 1) // _ROWS_A_TASK
    for task in prange(tasks):
        # Mean and inverse covariance of the windows centred on the last three rows.
        windows = np.empty((3, width, 9), dtype=np.float64)
        present = np.zeros((3, width), dtype=np.uint8)
        for y in range(task * _ROWS_A_TASK - 2, min((task + 1) * _ROWS_A_TASK, height)):
            # Windows of the row below, which pairs of this row and later ones share.
            new = y + 1
            slot = new % 3
            present[slot, :] = 0
            if 1 <= new < height - 1:
                for cell in range(row_starts[new + 2], row_starts[new + 3]):
                    x = columns[cell]
                    if 1 <= x < width - 1:
                        _fit_window(rgb, new, x, epsilon, windows[slot, x])
                        present[slot, x] = 1
            if y < task * _ROWS_A_TASK:
                continue
            for cell in range(row_starts[y + 2], row_starts[y + 3]):
                x = columns[cell]
                if x < 0 or x >= width:
                    continue
                _couple(rgb, y, x, windows, present, stencil[:, cell])


@njit(cache=True, inline="always")
def _fit_window(rgb, y, x, epsilon, out):  # type: ignore[no-untyped-def]
    """Write mean (3) and regularised inverse covariance (6) of a 3 x 3 window."""
    r = g = b = 0.0
    rr = rg = rb = gg = gb = bb = 0.0
    r0, g0, b0 = np.float64(rgb[y, x, 0]), np.float64(rgb[y, x, 1]), np.float64(rgb[y, x, 2])
    for v in range(y - 1, y + 2):
        for u in range(x - 1, x + 2):
            dr, dg, db = rgb[v, u, 0] - r0, rgb[v, u, 1] - g0, rgb[v, u, 2] - b0
            r += dr
            g += dg
            b += db
            rr += dr * dr
            rg += dr * dg
            rb += dr * db
            gg += dg * dg
            gb += dg * db
            bb += db * db
    r, g, b = r / 9, g / 9, b / 9
    rr, gg, bb = (
        rr / 9 - r * r + epsilon / 9,
        gg / 9 - g * g + epsilon / 9,
        bb / 9 - b * b + epsilon / 9,
    )
    rg, rb, gb = rg / 9 - r * g, rb / 9 - r * b, gb / 9 - g * b
    c00, c01, c02 = gg * bb - gb * gb, rb * gb - rg * bb, rg * gb - rb * gg
    scale = 1.0 / (rr * c00 + rg * c01 + rb * c02)
    out[0], out[1], out[2] = r + r0, g + g0, b + b0
    out[3], out[4], out[5] = c00 * scale, c01 * scale, c02 * scale
    out[6], out[7] = (rr * bb - rb * rb) * scale, (rb * rg - rr * gb) * scale
    out[8] = (rr * gg - rg * rg) * scale


@njit(cache=True, inline="always")
def _couple(rgb, y, x, windows, present, out):  # type: ignore[no-untyped-def]
    """Write the couplings of one pixel with the twelve later pixels that share a window."""
    height, width, _ = rgb.shape
    total = np.zeros(12, dtype=np.float64)
    for wy in range(max(y - 1, 1), min(y + 2, height - 1)):
        for wx in range(max(x - 1, 1), min(x + 2, width - 1)):
            if present[wy % 3, wx] == 0:
                continue
            window = windows[wy % 3, wx]
            dr, dg, db = (
                rgb[y, x, 0] - window[0],
                rgb[y, x, 1] - window[1],
                rgb[y, x, 2] - window[2],
            )
            pr = window[3] * dr + window[4] * dg + window[5] * db
            pg = window[4] * dr + window[6] * dg + window[7] * db
            pb = window[5] * dr + window[7] * dg + window[8] * db
            constant = 1.0 - pr * window[0] - pg * window[1] - pb * window[2]
            for v in range(y, wy + 2):
                for u in range(wx - 1, wx + 2):
                    if v == y:
                        if u <= x:
                            continue
                        k = u - x - 1
                    else:
                        k = 5 * (v - y - 1) + (u - x + 2) + 2
                    total[k] += constant + pr * rgb[v, u, 0] + pg * rgb[v, u, 1] + pb * rgb[v, u, 2]
    for k in range(12):
        out[k] = -total[k] / 9.0


@njit(cache=True, parallel=True, nogil=True)
def diagonal(stencil, run_starts, run_lengths, neighbours, blocks, out):  # type: ignore[no-untyped-def]
    """Write minus the row sums, which makes constant alpha cost nothing."""
    for block in prange(blocks.size - 1):
        for run in range(blocks[block], blocks[block + 1]):
            first, length = run_starts[run], run_lengths[run]
            for i in range(length):
                total = 0.0
                for k in range(12):
                    lower = _lower(k, first, neighbours, run) + i
                    total -= np.float64(stencil[k, first + i]) + np.float64(stencil[k, lower])
                out[first + i] = total


@njit(cache=True, inline="always")
def _upper(k, first, neighbours, run):  # type: ignore[no-untyped-def]
    """Return the cell at the k-th offset from a run's first pixel."""
    if k < 2:
        return first + k + 1
    if k < 7:
        return neighbours[run, 3] + k - 4
    return neighbours[run, 4] + k - 9


@njit(cache=True, inline="always")
def _lower(k, first, neighbours, run):  # type: ignore[no-untyped-def]
    """Return the cell at minus the k-th offset from a run's first pixel."""
    if k < 2:
        return first - k - 1
    if k < 7:
        return neighbours[run, 1] + 4 - k
    return neighbours[run, 0] + 9 - k


@njit(cache=True, inline="always")
def _multiply_run(stencil, diagonal, vector, out, first, length, neighbours, run):  # type: ignore[no-untyped-def]
    """Write the matrix times a vector for one run, and return the run's share of v . A v."""
    q = out[first : first + length]
    p = vector[first : first + length]
    d = diagonal[first : first + length]
    for i in range(length):
        q[i] = d[i] * p[i]
    for k in range(12):
        above, below = _lower(k, first, neighbours, run), _upper(k, first, neighbours, run)
        s_above, s_below = stencil[k, above : above + length], stencil[k, first : first + length]
        p_above, p_below = vector[above : above + length], vector[below : below + length]
        for i in range(length):
            q[i] += s_below[i] * p_below[i] + s_above[i] * p_above[i]
    total = 0.0
    for i in range(length):
        total += np.float64(q[i]) * np.float64(p[i])
    return total


@njit(cache=True, parallel=True, nogil=True)
def residual_of(  # type: ignore[no-untyped-def]
    stencil, diagonal, right, x, run_starts, run_lengths, neighbours, blocks, out
):
    """Write ``right - A x`` at the unknown cells."""
    for block in prange(blocks.size - 1):
        for run in range(blocks[block], blocks[block + 1]):
            first, length = run_starts[run], run_lengths[run]
            _multiply_run(stencil, diagonal, x, out, first, length, neighbours, run)
            for c in range(first, first + length):
                out[c] = right[c] - out[c]


@njit(cache=True, parallel=True, nogil=True)
def conjugate_gradients(  # type: ignore[no-untyped-def]
    stencil,
    inverse,
    diagonal,
    x,
    residual,
    direction,
    work,
    run_starts,
    run_lengths,
    neighbours,
    blocks,
    target,
    iterations,
    rho,
):
    """Continue Jacobi-preconditioned conjugate gradients for a number of iterations.

    Parameters
    ----------
    stencil, diagonal : the matrix over cells
    inverse : (cells,) float32, the preconditioner: inverse of the diagonal, or 0
    x, residual, direction : (cells,) float32, in and out; 0 at known cells
    work : (cells,) float32, scratch
    target : float
        Stop when the residual's norm is at most this.
    iterations : int
        At most.
    rho : float
        What the previous call returned; 0 starts afresh from `residual`.

    Returns
    -------
    iterations done, residual's norm, rho
    """
    count = blocks.size - 1
    partial = np.zeros((count, 2), dtype=np.float64)
    norm = np.inf
    turn = np.float32(0.0)
    step = np.float32(0.0)
    for iteration in range(iterations):
        if rho > 0.0:
            # One step along the direction of the last call or round.
            for block in prange(count):
                energy = 0.0
                for run in range(blocks[block], blocks[block + 1]):
                    energy += _multiply_run(
                        stencil,
                        diagonal,
                        direction,
                        work,
                        run_starts[run],
                        run_lengths[run],
                        neighbours,
                        run,
                    )
                partial[block, 0] = energy
            curvature = 0.0
            for block in range(count):
                curvature += partial[block, 0]
            if not curvature > 0.0:
                return iteration, norm, rho
            step = np.float32(rho / curvature)
        for block in prange(count):
            energy = square = 0.0
            for run in range(blocks[block], blocks[block + 1]):
                for c in range(run_starts[run], run_starts[run] + run_lengths[run]):
                    x[c] += step * direction[c]
                    residual[c] -= step * work[c]
                    weight = np.float64(residual[c]) * residual[c]
                    square += weight
                    energy += weight * inverse[c]
            partial[block, 0] = energy
            partial[block, 1] = square
        new_rho = square = 0.0
        for block in range(count):
            new_rho += partial[block, 0]
            square += partial[block, 1]
        norm = np.sqrt(square)
        turn = np.float32(new_rho / rho) if rho > 0.0 else np.float32(0.0)
        rho = new_rho
        if norm <= target:
            return iteration, norm, rho
        for block in prange(count):
            for run in range(blocks[block], blocks[block + 1]):
                for c in range(run_starts[run], run_starts[run] + run_lengths[run]):
                    direction[c] = inverse[c] * residual[c] + turn * direction[c]
    return iterations, norm, rho
