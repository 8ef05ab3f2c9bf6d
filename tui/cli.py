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
from tui.option_values import assignment, at_least_one, box, frame_size, not_negative
from tui.options import (
    calibrate_depth_options,
    capture_target_option,
    depth_file_options,
    edge_options,
    flash_option,
    json_option,
    light_options,
    method_options,
    name_options,
    network_options,
    profile_option,
    refine_options,
    rig_options,
    set_up_options,
    subject_option,
)

_DESCRIPTION = """\
Checks before the shutter that a subject can be cut out, then cuts it out with measured depth.
Without a command: the app."""

_EPILOG = """\
cameras:  gphoto2:  gphoto2:usb:001,004  gphoto2:ptpip:192.168.1.20  folder:DIR  vusb:DIR
          sim:portrait  sim:product  sim:portrait@PORT  replay:MCAP
depth:    oak:  record3d:  realsense:  kinect:  file:PATH  replay:MCAP  sim:portrait
          sim:portrait/lidar

exit codes: 0 ok, 2 usage, 3 not ready or not good, 4 unreadable input, 5 inputs do not fit,
6 nothing to cut by, 7 settings, 8 cannot write, 9 missing library, 10 no device, 11 device
refuses, 12 device lost, 13 inference, 14 shot safe but incomplete, 130 interrupted"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code."""
    options = command_parser().parse_args(arguments)
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


def command_parser() -> argparse.ArgumentParser:
    """Return the parser of the whole command line."""
    parser = argparse.ArgumentParser(
        prog="mattebox",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version="mattebox 0.1.0")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")

    app = commands.add_parser("app", help="the app (also without a command)")
    rig_options(app, camera_required=False)
    app.add_argument("--session", type=Path, help="folder for the shots")
    app.add_argument("--join", metavar="DIR", type=Path, help="the session that a host keeps there")
    app.add_argument("--watch", action="store_true", help="of a joined session change nothing")
    network_options(app)
    app.add_argument(
        "--box", metavar="X,Y,W,H", type=box, help="around the subject, percent of the picture"
    )
    flash_option(app)
    profile_option(app)

    demo = commands.add_parser("demo", help="the app on the simulated studio; headless in a pipe")
    demo.add_argument(
        "--session", type=Path, default=Path("mattebox-demo"), help="folder for the shots"
    )

    devices = commands.add_parser("devices", help="cameras, depth sensors, execution providers")
    json_option(devices)

    networks = commands.add_parser("networks", help="which are known, from whom; add your own")
    json_option(networks)
    kinds = networks.add_subparsers(dest="action", metavar="ACTION")
    known = kinds.add_parser("check", help="is this file known by its hash? exit 0 yes, 3 no")
    known.add_argument("file", metavar="FILE", type=Path)
    json_option(known)
    added = kinds.add_parser("add", help="look into an unknown file and propose its contract")
    added.add_argument("file", metavar="FILE", type=Path)
    added.add_argument("--as", dest="network", metavar="NAME", help="it is this known network")

    live = kinds.add_parser("live", help="write the live matte as an ONNX graph, without weights")
    live.add_argument("-o", "--output", metavar="FILE", type=Path, required=True)
    live.add_argument(
        "--size", metavar="WxH", type=frame_size, default=(1024, 680), help="of the frames"
    )
    live.add_argument("--plate", action="store_true", help="it also takes a frame of the empty set")
    live.add_argument(
        "--grid",
        metavar="WxH",
        type=frame_size,
        help="of the depth map: a graph for these sizes alone, which an OAK's converter wants",
    )
    live.add_argument("--half", action="store_true", help="half precision at the frame's size")

    archive = kinds.add_parser("archive", help="write a network as an archive for a Luxonis OAK")
    archive.add_argument("file", metavar="FILE", type=Path)
    archive.add_argument("-o", "--output", metavar="FILE.tar.xz", type=Path, required=True)

    eight = kinds.add_parser("quantise", help="write a network in 8 bits, and what that costs")
    eight.add_argument("file", metavar="FILE", type=Path)
    eight.add_argument("-o", "--output", metavar="FILE", type=Path, required=True)
    eight.add_argument(
        "--least-iou",
        metavar="SHARE",
        type=float,
        default=0.95,
        help="refuse when its mattes and those in single precision share less",
    )
    json_option(eight)

    bench = commands.add_parser("bench", help="how fast networks run here, on all there is")
    bench.add_argument("files", metavar="FILE", type=Path, nargs="+", help="networks, ONNX")
    bench.add_argument(
        "--accelerator", metavar="cpu|gpu|npu|PROVIDER", help="this alone; left out, all there are"
    )
    bench.add_argument(
        "--size", metavar="WxH", type=frame_size, default=(1024, 680), help="of the frame"
    )
    bench.add_argument("--runs", metavar="N", type=at_least_one, default=50, help="after the first")
    json_option(bench)

    check = commands.add_parser("check", help="is the set-up ready? exit 0 ready, 3 not ready")
    set_up_options(check)
    light_options(check)
    flash_option(check)
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
    set_up_options(forecast)
    forecast.add_argument("--heat", metavar="PNG", type=Path, help="the expected error, drawn")

    calibrate = commands.add_parser("calibrate", help="measure what a camera or sensor does")
    subjects = calibrate.add_subparsers(dest="what", metavar="WHAT", required=True)
    response = subjects.add_parser("response", help="of its JPEGs to light, from a bracket")
    response.add_argument("files", metavar="FILE", type=Path, nargs="+", help="one scene")
    response.add_argument("-o", "--output", metavar="JSON", type=Path, required=True)
    json_option(response)
    depth = subjects.add_parser("depth", help="where a depth sensor stands, by the board")
    calibrate_depth_options(depth)

    refine = subjects.add_parser("refine", help="a knocked calibration, without the board")
    refine_options(refine)

    noise = subjects.add_parser("noise", help="a depth sensor's, from the empty set")
    rig_options(noise, camera_required=True)
    noise.add_argument("-o", "--output", metavar="JSON", type=Path, required=True)
    json_option(noise)

    depth_map = commands.add_parser("depth", help="a depth file as point cloud, EXR or PNG")
    depth_map.add_argument("map", metavar="FILE", type=Path)
    depth_map.add_argument("-o", "--output", metavar="FILE", type=Path, required=True)
    depth_file_options(depth_map)
    json_option(depth_map)

    doctor = commands.add_parser("doctor", help="versions, permissions, buses, a sample of frames")
    rig_options(doctor, camera_required=False)
    doctor.add_argument("-o", "--output", metavar="ZIP", type=Path, help="to attach to a report")

    board = commands.add_parser("board", help="the calibration board as a PDF to print")
    board.add_argument("-o", "--output", metavar="PDF", type=Path, required=True)
    board.add_argument("--paper", choices=("a3", "a4", "letter"), default="a3")

    settings = commands.add_parser("set", help="write the camera's settings, or list them")
    settings.add_argument("--camera", metavar="ADDRESS", required=True)
    settings.add_argument(
        "settings",
        metavar="NAME=VALUE",
        type=assignment,
        nargs="*",
        help="such as iso=100; none lists all and their values",
    )
    json_option(settings)

    shoot = commands.add_parser("shoot", help="release the shutter, ingest, check and cut out")
    rig_options(shoot, camera_required=True)
    shoot.add_argument("--session", metavar="DIR", type=Path, required=True)
    shoot.add_argument("--count", metavar="N", type=at_least_one, default=1, help="shots to take")
    capture_target_option(shoot)
    profile_option(shoot)
    shoot.add_argument(
        "--test-pop", action="store_true", help="to measure flashes by: journaled so, not cut out"
    )
    network_options(shoot)
    shoot.add_argument("--no-matte", action="store_true", help="do not cut out")
    json_option(shoot)

    record = commands.add_parser("record", help="live frames and depth into one MCAP file")
    rig_options(record, camera_required=True)
    record.add_argument("-o", "--output", metavar="MCAP", type=Path, required=True)
    record.add_argument("--seconds", metavar="N", type=not_negative, help="stop after so long")
    record.add_argument(
        "--frames", metavar="N", type=at_least_one, help="stop after so many live frames"
    )
    json_option(record)

    tether = commands.add_parser(
        "tether", help="wait for the body's shutter; ingest, check, cut out"
    )
    rig_options(tether, camera_required=True, several=True)
    tether.add_argument("--session", metavar="DIR", type=Path, required=True)
    tether.add_argument("--backup", metavar="DIR", type=Path, help="second copy, on another disk")
    tether.add_argument(
        "--name",
        metavar="PATTERN",
        help="{counter}_{camera} when left out; see session preview-name",
    )
    name_options(tether)
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
    capture_target_option(tether)
    profile_option(tether)
    network_options(tether)
    tether.add_argument("--no-matte", action="store_true", help="do not cut out")
    json_option(tether)

    host = commands.add_parser("host", help="keep a session that screens join and leave")
    serve = commands.add_parser("serve", help="the app in a browser; joins or keeps a host")
    for hosting in (host, serve):
        rig_options(hosting, camera_required=hosting is host)
        hosting.add_argument("--session", metavar="DIR", type=Path, required=True)
        hosting.add_argument("--backup", metavar="DIR", type=Path, help="second copy")
        network_options(hosting)
        flash_option(hosting)
        profile_option(hosting)
    serve.add_argument(
        "--bind", metavar="ADDRESS", default="127.0.0.1", help="this machine's, in the studio"
    )
    serve.add_argument("--port", metavar="N", type=at_least_one, default=8000)
    serve.add_argument("--control", action="store_true", help="viewers may change everything")

    session = commands.add_parser("session", help="verify or recover a session's folder; names")
    actions = session.add_subparsers(dest="action", metavar="ACTION", required=True)
    verify = actions.add_parser("verify", help="hash everything again; exit 0 all well, 3 not")
    recover = actions.add_parser("recover", help="take up files that the journal does not know")
    for action in (verify, recover):
        action.add_argument("folder", metavar="DIR", type=Path)
        json_option(action)
    report = actions.add_parser("report", help="a page with every shot, its copies, its findings")
    report.add_argument("folder", metavar="DIR", type=Path)
    report.add_argument("-o", "--output", metavar="HTML", type=Path, required=True)
    preview = actions.add_parser("preview-name", help="show what shots would be called")
    preview.add_argument("pattern", metavar="PATTERN")
    preview.add_argument("--session", metavar="NAME", default="session", help="for {session}")
    name_options(preview)
    setup = commands.add_parser("setup", help="light by light to a recipe that rebuilds the set")
    rig_options(setup, camera_required=True)
    setup.add_argument("--session", metavar="DIR", type=Path, required=True)
    setup.add_argument("-o", "--output", metavar="JSON", type=Path, required=True)
    setup.add_argument(
        "--lights", metavar="NAME", nargs="+", default=["key", "fill"], help="key among them"
    )
    setup.add_argument("--like", metavar="JSON", type=Path, help="say what differs from a recipe")
    profile_option(setup)
    json_option(setup)

    matte = commands.add_parser("matte", help="cut a photograph out")
    matte.add_argument("image", metavar="IMAGE", type=Path)
    matte.add_argument("-o", "--output", metavar="CUTOUT", type=Path, required=True)
    matte.add_argument("--alpha", metavar="FILE", type=Path, help="write the alpha here too")
    matte.add_argument("--trimap", metavar="FILE", type=Path, help="0 out, 255 in, else unknown")
    matte.add_argument("--depth", metavar="FILE", type=Path, help="depth registered to IMAGE")
    depth_file_options(matte)
    network_options(matte)
    subject_option(matte)
    method_options(matte)
    edge_options(matte)
    matte.add_argument(
        "--on",
        metavar="COLOUR|FILE",
        help="write the composite on it (white, #00b140, a picture, gradient): opaque",
    )
    matte.add_argument(
        "--layers", action="store_true", help="each --subject point apart, the nearest first"
    )
    json_option(matte)

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
    json_option(composite)

    evaluate = commands.add_parser("evaluate", help="SAD, MSE, Grad and Conn against the truth")
    evaluate.add_argument("predicted", metavar="PREDICTED", type=Path)
    evaluate.add_argument("truth", metavar="TRUTH", type=Path)
    evaluate.add_argument("--trimap", metavar="FILE", type=Path, help="judge its unknown part only")
    json_option(evaluate)

    inspect = commands.add_parser("inspect", help="is a cut-out good? exit 0 yes, 3 not")
    inspect.add_argument("cutout", metavar="CUTOUT", type=Path, help="straight alpha")
    inspect.add_argument("--image", metavar="IMAGE", type=Path, help="the photograph it is from")
    inspect.add_argument("--depth", metavar="FILE", type=Path, help="depth registered to IMAGE")
    depth_file_options(inspect)
    subject_option(inspect)
    json_option(inspect)
    return parser


if __name__ == "__main__":
    sys.exit(main())
