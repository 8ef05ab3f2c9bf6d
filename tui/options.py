"""Options that several commands share, in groups."""

from __future__ import annotations

import argparse
from pathlib import Path

from tui.option_values import (
    Subject,
    above_zero,
    box,
    depth_scale,
    named_file,
    not_negative,
    pair_of_files,
    patch,
    point,
)


def set_up_options(parser: argparse.ArgumentParser) -> None:
    """Add what names a set-up: a camera or a photograph, its depth, its subject."""
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--camera", metavar="ADDRESS", help="look at this camera's live view")
    source.add_argument("--image", metavar="FILE", type=Path, help="look at a photograph")
    parser.add_argument("--depth", metavar="ADDRESS", help="depth sensor, or file:PATH")
    parser.add_argument("--calibration", metavar="FILE", type=Path, help="sensor to camera")
    depth_file_options(parser)
    subject_option(parser)
    parser.add_argument("--plate", metavar="FILE", type=Path, help="the set without the subject")
    network_options(parser)
    parser.add_argument(
        "--box", metavar="X,Y,W,H", type=box, help="around the subject, percent of the picture"
    )
    profile_option(parser)
    json_option(parser)


def rig_options(
    parser: argparse.ArgumentParser, camera_required: bool, several: bool = False
) -> None:
    """Add camera (or `several`, as a list), depth sensor and their calibration."""
    parser.add_argument(
        "--camera",
        metavar="ADDRESS",
        required=camera_required,
        action="append" if several else "store",
        help="may be given more than once; depth is laid on the first" if several else None,
    )
    parser.add_argument("--depth", metavar="ADDRESS")
    parser.add_argument("--calibration", metavar="FILE", type=Path, help="sensor to camera")


def network_options(parser: argparse.ArgumentParser) -> None:
    """Add a network and on what to run it."""
    parser.add_argument(
        "--model",
        metavar="FILE|guided",
        type=Path,
        help="a network, ONNX; guided: the one that is shipped, which takes depth or an empty set",
    )
    parser.add_argument(
        "--accelerator",
        metavar="auto|cpu|gpu|npu|PROVIDER",
        default="auto",
        help="on what the network runs, or without one the matte; auto says what it chose",
    )
    parser.add_argument(
        "--accept-licence", action="store_true", help="use a network that is not for paid work"
    )


def name_options(parser: argparse.ArgumentParser) -> None:
    """Add what tokens of a naming pattern stand for."""
    parser.add_argument("--job", metavar="NAME", default="", help="for {job} in the names")
    parser.add_argument("--subject-name", metavar="NAME", default="", help="for {subject}")


def depth_file_options(parser: argparse.ArgumentParser) -> None:
    """Add what a depth file does not say of itself."""
    parser.add_argument(
        "--depth-scale",
        metavar="M_PER_UNIT|relative",
        type=depth_scale,
        help="metres per unit of integer depth; relative: larger is farther, no more",
    )
    parser.add_argument("--intrinsics", metavar="FILE", type=Path, help="JSON or YAML: fx fy cx cy")


def subject_option(parser: argparse.ArgumentParser) -> None:
    """Add which things are wanted."""
    parser.add_argument(
        "--subject",
        metavar="X,Y",
        type=point,
        nargs="+",
        action=Subject,
        default="central",
        help="a point on each subject, pixels of the upright picture; or nearest, or all",
    )


def light_options(parser: argparse.ArgumentParser) -> None:
    """Add what light is measured by."""
    group = parser.add_argument_group("light")
    group.add_argument(
        "--light",
        metavar="NAME=FILE",
        type=named_file,
        action="append",
        default=[],
        help="a photograph with that light alone; key and fill give the lighting ratio",
    )
    group.add_argument("--ambient", metavar="FILE", type=Path, help="the same without any light on")
    group.add_argument(
        "--patch",
        metavar="NAME=X,Y,W,H",
        type=patch,
        action="append",
        default=[],
        help="pixels of IMAGE: lit and shadow side of one material, neutral (a grey card), face",
    )
    group.add_argument(
        "--again", metavar="FILE", type=Path, help="the same once more: noise from two photographs"
    )
    group.add_argument(
        "--response", metavar="JSON", type=Path, help="of the camera's JPEGs to light"
    )


def flash_option(parser: argparse.ArgumentParser) -> None:
    """Add that flashes will light the photograph."""
    parser.add_argument(
        "--flash", action="store_true", help="flashes light the photograph: live view shows none"
    )


def method_options(parser: argparse.ArgumentParser) -> None:
    """Add what to cut by."""
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
        type=not_negative,
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


def edge_options(parser: argparse.ArgumentParser) -> None:
    """Add the edge tools."""
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


def calibrate_depth_options(parser: argparse.ArgumentParser) -> None:
    """Add the board's pictures or the devices that see it, and what is known of them."""
    parser.add_argument(
        "pairs",
        metavar="PHOTO=PICTURE",
        type=pair_of_files,
        nargs="*",
        help="the board by the camera, and at that moment by the sensor (colour or infrared)",
    )
    parser.add_argument("--camera", metavar="ADDRESS", help="live, in place of pictures")
    parser.add_argument("--depth", metavar="ADDRESS", help="live, with --camera")
    parser.add_argument("-o", "--output", metavar="JSON", type=Path, required=True)
    parser.add_argument(
        "--intrinsics", metavar="FILE", type=Path, help="of the sensor's pictures; live it tells"
    )
    parser.add_argument(
        "--square",
        metavar="MM",
        type=above_zero,
        required=True,
        help="width of a square as measured on the paper, millimetres",
    )
    parser.add_argument("--camera-serial", metavar="S", help="the calibration holds for it alone")
    parser.add_argument("--sensor-serial", metavar="S", help="the calibration holds for it alone")
    parser.add_argument("--focus-distance", metavar="M", type=above_zero, help="to remember it by")
    json_option(parser)


def refine_options(parser: argparse.ArgumentParser) -> None:
    """Add photographs with their depth and the calibration that they set right."""
    parser.add_argument(
        "pairs",
        metavar="PHOTO=DEPTH",
        type=pair_of_files,
        nargs="+",
        help="a photograph, and depth of that moment in the sensor's own pixels",
    )
    parser.add_argument("--calibration", metavar="FILE", type=Path, required=True)
    parser.add_argument("-o", "--output", metavar="JSON", type=Path, required=True)
    depth_file_options(parser)
    json_option(parser)


def profile_option(parser: argparse.ArgumentParser) -> None:
    """Add what is wanted of a set-up."""
    parser.add_argument(
        "--profile",
        metavar="P",
        default="portrait",
        help="portrait, product-white, green-screen, ... (any other name lists them), or TOML",
    )


def capture_target_option(parser: argparse.ArgumentParser) -> None:
    """Add where the camera puts its shots."""
    parser.add_argument(
        "--capture-target",
        choices=["card", "ram"],
        default="card",
        help="where shots go; ram: into the camera's memory alone, unsafe until verified",
    )


def json_option(parser: argparse.ArgumentParser) -> None:
    """Add output for programs."""
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout")
