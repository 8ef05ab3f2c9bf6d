"""The `mattebox` command: stdout is data, stderr is talk, exit codes are `tui.exit_codes`.

Only what parsing needs is imported here; each command imports its own work when it runs.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

from matting.imaging.errors import MatteboxError
from tui.exit_codes import ExitCode, code_of

_DESCRIPTION = """\
Checks before the shutter that a subject can be cut out, then cuts it out with measured depth.
Without a command: the app."""

_EPILOG = """\
cameras:  gphoto2:  gphoto2:usb:001,004  gphoto2:ptpip:192.168.1.20  folder:DIR  vusb:DIR
          sim:portrait  sim:product  sim:portrait@PORT
depth:    oak:  file:PATH  sim:portrait  sim:portrait/lidar

exit codes: 0 ok, 2 usage, 3 not ready or not good, 4 unreadable input, 5 inputs do not fit,
6 nothing to cut by, 7 settings, 8 cannot write, 9 missing library, 10 no device, 11 device
refuses, 12 device lost, 13 inference, 14 shot safe but incomplete, 130 interrupted"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code."""
    options = _parser().parse_args(arguments)
    try:
        return int(import_module(f"tui.commands.{options.command or 'app'}").run(options))
    except MatteboxError as error:
        print(f"mattebox: {error}", file=sys.stderr)  # noqa: T201
        return code_of(error)
    except KeyboardInterrupt:
        print("mattebox: interrupted", file=sys.stderr)  # noqa: T201
        return ExitCode.INTERRUPTED
    except BrokenPipeError:
        # The reader of our output has gone; Python would complain again at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ExitCode.OUTPUT


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="mattebox",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version="mattebox 0.1.0")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")

    app = commands.add_parser("app", help="the app (also without a command)")
    _rig_options(app, camera_required=False)
    app.add_argument("--session", type=Path, help="folder for the shots")
    app.add_argument("--model", metavar="FILE", type=Path, help="network, where depth is missing")
    app.add_argument(
        "--box", metavar="X,Y,W,H", type=_box, help="around the subject, percent of the picture"
    )
    _flash_option(app)
    _profile_option(app)

    demo = commands.add_parser("demo", help="the app on the simulated studio; headless in a pipe")
    demo.add_argument(
        "--session", type=Path, default=Path("mattebox-demo"), help="folder for the shots"
    )

    devices = commands.add_parser("devices", help="cameras, depth sensors, execution providers")
    _json_option(devices)

    check = commands.add_parser("check", help="is the set-up ready? exit 0 ready, 3 not ready")
    _set_up_options(check)
    _light_options(check)
    _flash_option(check)
    check.add_argument(
        "--reference", metavar="DIR", type=Path, help="tell what has drifted since it was kept"
    )
    check.add_argument(
        "--keep-reference", metavar="DIR", type=Path, help="keep this set-up as a reference"
    )
    check.add_argument(
        "--report", metavar="HTML", type=Path, help="findings and pictures in one file"
    )

    forecast = commands.add_parser("forecast", help="how will the cut-out come out, and why")
    _set_up_options(forecast)
    forecast.add_argument("--heat", metavar="PNG", type=Path, help="the expected error, drawn")

    calibrate = commands.add_parser("calibrate", help="measure what a camera does")
    subjects = calibrate.add_subparsers(dest="what", metavar="WHAT", required=True)
    response = subjects.add_parser("response", help="of its JPEGs to light, from a bracket")
    response.add_argument("files", metavar="FILE", type=Path, nargs="+", help="one scene")
    response.add_argument("-o", "--output", metavar="JSON", type=Path, required=True)
    _json_option(response)

    shoot = commands.add_parser("shoot", help="release the shutter, ingest, check and cut out")
    _rig_options(shoot, camera_required=True)
    shoot.add_argument("--session", metavar="DIR", type=Path, required=True)
    shoot.add_argument("--count", metavar="N", type=_at_least_one, default=1, help="shots to take")
    _profile_option(shoot)
    shoot.add_argument(
        "--test-pop", action="store_true", help="to measure flashes by: journaled so, not cut out"
    )
    shoot.add_argument("--no-matte", action="store_true", help="do not cut out")
    _json_option(shoot)

    tether = commands.add_parser(
        "tether", help="wait for the body's shutter; ingest, check, cut out"
    )
    _rig_options(tether, camera_required=True)
    tether.add_argument("--session", metavar="DIR", type=Path, required=True)
    tether.add_argument("--backup", metavar="DIR", type=Path, help="second copy, on another disk")
    tether.add_argument(
        "--name",
        metavar="PATTERN",
        help="{counter}_{camera} when left out; see session preview-name",
    )
    _name_options(tether)
    tether.add_argument(
        "--hook", metavar="CMD", help="run for each safe shot; see docs/commands.md"
    )
    kept = tether.add_mutually_exclusive_group()
    kept.add_argument("--keep", action="store_true", help="leave the camera's card alone (default)")
    kept.add_argument(
        "--delete-after-verify",
        action="store_true",
        help="delete on the camera what is safe, in the backup too where there is one",
    )
    _profile_option(tether)
    tether.add_argument("--no-matte", action="store_true", help="do not cut out")
    _json_option(tether)

    session = commands.add_parser("session", help="verify or recover a session's folder; names")
    actions = session.add_subparsers(dest="action", metavar="ACTION", required=True)
    verify = actions.add_parser("verify", help="hash everything again; exit 0 all well, 3 not")
    recover = actions.add_parser("recover", help="take up files that the journal does not know")
    for action in (verify, recover):
        action.add_argument("folder", metavar="DIR", type=Path)
        _json_option(action)
    preview = actions.add_parser("preview-name", help="show what shots would be called")
    preview.add_argument("pattern", metavar="PATTERN")
    preview.add_argument("--session", metavar="NAME", default="session", help="for {session}")
    _name_options(preview)
    setup = commands.add_parser("setup", help="light by light to a recipe that rebuilds the set")
    _rig_options(setup, camera_required=True)
    setup.add_argument("--session", metavar="DIR", type=Path, required=True)
    setup.add_argument("-o", "--output", metavar="JSON", type=Path, required=True)
    setup.add_argument(
        "--lights", metavar="NAME", nargs="+", default=["key", "fill"], help="key among them"
    )
    setup.add_argument("--like", metavar="JSON", type=Path, help="say what differs from a recipe")
    _profile_option(setup)
    _json_option(setup)

    matte = commands.add_parser("matte", help="cut a photograph out")
    matte.add_argument("image", metavar="IMAGE", type=Path)
    matte.add_argument("-o", "--output", metavar="CUTOUT", type=Path, required=True)
    matte.add_argument("--alpha", metavar="FILE", type=Path, help="write the alpha here too")
    matte.add_argument("--trimap", metavar="FILE", type=Path, help="0 out, 255 in, else unknown")
    matte.add_argument("--depth", metavar="FILE", type=Path, help="depth registered to IMAGE")
    _depth_file_options(matte)
    matte.add_argument("--model", metavar="FILE", type=Path, help="a matting network, ONNX")
    _subject_option(matte)
    _method_options(matte)
    _edge_options(matte)
    matte.add_argument(
        "--on",
        metavar="COLOUR|FILE",
        help="write the composite on it (white, #00b140, a picture, gradient): opaque",
    )
    matte.add_argument(
        "--layers", action="store_true", help="each --subject point apart, the nearest first"
    )
    _json_option(matte)

    composite = commands.add_parser("composite", help="put a cut-out on a backdrop")
    composite.add_argument("cutout", metavar="CUTOUT", type=Path)
    composite.add_argument(
        "--on", metavar="COLOUR|IMAGE|gradient", help="white, #00b140, a picture's path, gradient"
    )
    composite.add_argument("-o", "--output", metavar="FILE", type=Path, help="PNG, TIFF or JPEG")
    composite.add_argument(
        "--light-wrap",
        metavar="PERCENT",
        type=float,
        default=0.0,
        help="let the backdrop's light spill round the edge, 0 to 100",
    )
    composite.add_argument(
        "--contact-sheet",
        metavar="FILE",
        type=Path,
        help="on black, white, grey and magenta, with the worst edges at 100 %%",
    )
    _json_option(composite)

    evaluate = commands.add_parser("evaluate", help="SAD, MSE, Grad and Conn against the truth")
    evaluate.add_argument("predicted", metavar="PREDICTED", type=Path)
    evaluate.add_argument("truth", metavar="TRUTH", type=Path)
    evaluate.add_argument("--trimap", metavar="FILE", type=Path, help="judge its unknown part only")
    _json_option(evaluate)

    inspect = commands.add_parser("inspect", help="is a cut-out good? exit 0 yes, 3 not")
    inspect.add_argument("cutout", metavar="CUTOUT", type=Path, help="straight alpha")
    inspect.add_argument("--image", metavar="IMAGE", type=Path, help="the photograph it is from")
    inspect.add_argument("--depth", metavar="FILE", type=Path, help="depth registered to IMAGE")
    _depth_file_options(inspect)
    _subject_option(inspect)
    _json_option(inspect)
    return parser


def _set_up_options(parser: argparse.ArgumentParser) -> None:
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--camera", metavar="ADDRESS", help="look at this camera's live view")
    source.add_argument("--image", metavar="FILE", type=Path, help="look at a photograph")
    parser.add_argument("--depth", metavar="ADDRESS", help="depth sensor, or file:PATH")
    parser.add_argument("--calibration", metavar="FILE", type=Path, help="sensor to camera")
    _depth_file_options(parser)
    _subject_option(parser)
    parser.add_argument("--plate", metavar="FILE", type=Path, help="the set without the subject")
    parser.add_argument(
        "--model", metavar="FILE", type=Path, help="network, where depth is missing"
    )
    parser.add_argument(
        "--box", metavar="X,Y,W,H", type=_box, help="around the subject, percent of the picture"
    )
    _profile_option(parser)
    _json_option(parser)


def _rig_options(parser: argparse.ArgumentParser, camera_required: bool) -> None:
    parser.add_argument("--camera", metavar="ADDRESS", required=camera_required)
    parser.add_argument("--depth", metavar="ADDRESS")
    parser.add_argument("--calibration", metavar="FILE", type=Path, help="sensor to camera")


def _name_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--job", metavar="NAME", default="", help="for {job} in the names")
    parser.add_argument("--subject-name", metavar="NAME", default="", help="for {subject}")


def _depth_file_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--depth-scale",
        metavar="M_PER_UNIT|relative",
        type=_depth_scale,
        help="metres per unit of integer depth; relative: larger is farther, no more",
    )
    parser.add_argument("--intrinsics", metavar="FILE", type=Path, help="JSON or YAML: fx fy cx cy")


def _subject_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--subject",
        metavar="X,Y",
        type=_point,
        nargs="+",
        action=_Subject,
        default="central",
        help="a point on each subject, pixels of the upright picture; or nearest, or all",
    )


def _light_options(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("light")
    group.add_argument(
        "--light",
        metavar="NAME=FILE",
        type=_named_file,
        action="append",
        default=[],
        help="a photograph with that light alone; key and fill give the lighting ratio",
    )
    group.add_argument("--ambient", metavar="FILE", type=Path, help="the same without any light on")
    group.add_argument(
        "--patch",
        metavar="NAME=X,Y,W,H",
        type=_patch,
        action="append",
        default=[],
        help="pixels of IMAGE: lit and shadow side of one material, neutral (a grey card), face",
    )
    group.add_argument(
        "--response", metavar="JSON", type=Path, help="of the camera's JPEGs to light"
    )


def _flash_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--flash", action="store_true", help="flashes light the photograph: live view shows none"
    )


def _method_options(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("what to cut by")
    group.add_argument(
        "--method",
        choices=("depth", "trimap", "chroma", "difference", "grabcut"),
        help="left out: the trimap if there is one, else depth and network",
    )
    group.add_argument("--plate", metavar="FILE", type=Path, help="the set without the subject")
    group.add_argument(
        "--plate-depth", metavar="FILE", type=Path, help="depth of the set without the subject"
    )
    group.add_argument("--hints", metavar="FILE", type=Path, help="strokes: 0 out, 255 in")
    group.add_argument(
        "--provenance", metavar="PNG", type=Path, help="write which evidence decided each pixel"
    )
    group.add_argument(
        "--disagreement", metavar="PNG", type=Path, help="write where the evidence conflicts"
    )
    group.add_argument(
        "--hair-guard",
        metavar="PX",
        type=_not_negative,
        help="how far hair may reach beyond the silhouette, pixels of the depth map",
    )
    group.add_argument(
        "--screen", choices=("green", "blue"), help="chroma: left out, measured in the border"
    )
    group.add_argument(
        "--despill",
        choices=("max", "average"),
        default="max",
        help="chroma: hold the screen's channel to the larger, or the mean, of the others",
    )


def _edge_options(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("the edge")
    numbers = (
        ("--radius", "PX", 0.0, "widen the band that is solved, 0 to 250"),
        ("--smooth", "PERCENT", 0.0, "round bumps off the outline, 0 to 100"),
        ("--feather", "PX", 0.0, "blur the edge, 0 to 250"),
        ("--contrast", "PERCENT", 0.0, "steepen the edge, 0 to 100"),
        ("--shift-edge", "PERCENT", 0.0, "move the edge out, or in if negative, -100 to 100"),
        ("--decontaminate", "PERCENT", 100.0, "take the background out of edge colours, 0 to 100"),
        ("--despeckle", "PX", 0.0, "drop specks and pinholes of a smaller area"),
    )
    for name, unit, default, purpose in numbers:
        group.add_argument(name, metavar=unit, type=float, default=default, help=purpose)
    group.add_argument(
        "--smart-radius", action="store_true", help="less of the radius at hard edges"
    )
    group.add_argument("--contract", action="store_true", help="draw the edge in by one pixel")


def _profile_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--profile",
        metavar="P",
        default="portrait",
        help="portrait, product-white, green-screen, ... (any other name lists them), or TOML",
    )


def _json_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout")


class _Subject(argparse.Action):
    """Collect points; a word stands alone."""

    def __call__(
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


def _depth_scale(text: str) -> float | str:
    try:
        return text if text == "relative" else float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"'{text}' is neither metres per unit, such as 0.001, nor relative"
        ) from None


def _point(text: str) -> tuple[float, float] | str:
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


def _named_file(text: str) -> tuple[str, Path]:
    name, equals, path = text.partition("=")
    if not (name and equals and path):
        raise argparse.ArgumentTypeError(f"'{text}' is not NAME=FILE, such as key=key.dng")
    return name, Path(path)


def _patch(text: str) -> tuple[str, tuple[int, int, int, int]]:
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


def _box(text: str) -> tuple[float, float, float, float]:
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


def _not_negative(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if not 0 <= number < float("inf"):
        raise argparse.ArgumentTypeError(f"'{text}' is not a number from 0 up")
    return number


def _at_least_one(text: str) -> int:
    try:
        number = int(text)
    except ValueError:
        number = 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"'{text}' is not a number of shots from 1 up")
    return number


if __name__ == "__main__":
    sys.exit(main())
