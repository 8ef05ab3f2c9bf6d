"""`mattebox evaluate`: how far an alpha is from the truth."""

from __future__ import annotations

import argparse

from tui.commands.output import data, line
from tui.exit_codes import ExitCode


def run(options: argparse.Namespace) -> ExitCode:
    """Print the four errors of a predicted alpha."""
    from matting.imaging.files import read_alpha, read_mask
    from matting.metrics import evaluate

    trimap = read_mask(options.trimap) if options.trimap else None
    errors = evaluate(read_alpha(options.predicted), read_alpha(options.truth), trimap)
    if options.json:
        data(
            {
                "sad": errors.sad,
                "mse": errors.mse,
                "grad": errors.grad,
                "conn": errors.conn,
                "pixels": errors.pixels,
                "protocol": errors.protocol,
            }
        )
    else:
        line(f"SAD  {errors.sad:.4f}")
        line(f"MSE  {errors.mse:.6f}")
        line(f"Grad {errors.grad:.4f}")
        line(f"Conn {errors.conn:.4f}")
        line(f"over {errors.pixels} pixels; {errors.protocol}")
    return ExitCode.OK
