"""`mattebox check`: whether the set-up is ready for a cut-out."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from tui.commands.output import data, finding_line, line, talk
from tui.exit_codes import ExitCode

if TYPE_CHECKING:
    from capture.findings import Finding


def run(options: argparse.Namespace) -> ExitCode:
    """Print the findings; the exit code says whether any failed."""
    from capture.findings import is_ready
    from capture.settings import load_profile

    _refuse_what_does_not_fit(options)
    profile = load_profile(options.profile)
    found = _from_image(options, profile) if options.image else _from_camera(options, profile)
    ready = is_ready(found)
    silent = sum(finding.level == "not measured" for finding in found)
    if options.json:
        data(
            {
                "ready": ready,
                "not_measured": silent,
                "findings": [finding.as_json() for finding in found],
            }
        )
    else:
        for finding in found:
            line(finding_line(finding))
        verdict = "ready" if ready else "not ready"
        line(f"{verdict}, {silent} of {len(found)} checks not measured" if silent else verdict)
    return ExitCode.OK if ready else ExitCode.NOT_READY


def _refuse_what_does_not_fit(options: argparse.Namespace) -> None:
    from matting.imaging.errors import SettingsError

    if options.image and options.flash:
        raise SettingsError("--flash", "a photograph holds its flash", "leave it out")
    if options.camera and (options.light or options.ambient or options.patch):
        raise SettingsError(
            "--light, --ambient, --patch",
            "belong to a photograph, not to live view",
            "give --image instead of --camera",
        )


def _from_image(options: argparse.Namespace, profile: object) -> tuple[Finding, ...]:
    from capture.light_aids import LightAids
    from capture.photo_check import check_photo
    from capture.settings import Profile

    assert isinstance(profile, Profile)
    result = check_photo(
        options.image,
        profile,
        options.depth,
        options.depth_scale,
        options.intrinsics,
        options.subject,
        LightAids(dict(options.light), options.ambient, dict(options.patch)),
        options.response,
    )
    for problem in result.problems:
        talk(f"mattebox: {problem}")
    return result.findings


def _from_camera(options: argparse.Namespace, profile: object) -> tuple[Finding, ...]:
    from capture.live_check import check_live
    from capture.response_file import read_response
    from capture.rig import open_rig
    from capture.settings import Profile
    from matting.imaging.curves import SRGB

    assert isinstance(profile, Profile)
    transfer = read_response(options.response) if options.response else SRGB
    rig = open_rig(options.camera, options.depth, options.calibration)
    try:
        report = check_live(rig, profile, flash=options.flash, transfer=transfer)
    finally:
        rig.close()
    if report.depth_note:
        talk(f"mattebox: {report.depth_note}")
    return report.findings
