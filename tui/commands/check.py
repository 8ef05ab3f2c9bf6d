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

    profile = load_profile(options.profile)
    look = _from_image if options.image else _from_camera
    found, silhouette = look(options, profile)
    ready = is_ready(found)
    silent = sum(finding.level == "not measured" for finding in found)
    if options.json:
        data(
            {
                "ready": ready,
                "not_measured": silent,
                "silhouette": silhouette,
                "findings": [finding.as_json() for finding in found],
            }
        )
    else:
        for finding in found:
            line(finding_line(finding))
        line(f"silhouette by {silhouette}" if silhouette != "none" else "no silhouette is known")
        verdict = "ready" if ready else "not ready"
        line(f"{verdict}, {silent} of {len(found)} checks not measured" if silent else verdict)
    return ExitCode.OK if ready else ExitCode.NOT_READY


def _from_image(options: argparse.Namespace, profile: object) -> tuple[tuple[Finding, ...], str]:
    from capture.photo_check import check_photo, subject_aids
    from capture.settings import Profile

    assert isinstance(profile, Profile)
    result = check_photo(
        options.image,
        profile,
        options.depth,
        options.depth_scale,
        options.intrinsics,
        options.subject,
        subject_aids(options.plate, options.model, options.box),
    )
    for problem in result.problems:
        talk(f"mattebox: {problem}")
    measured = result.measurement
    return result.findings, measured.silhouette_source if measured else "none"


def _from_camera(options: argparse.Namespace, profile: object) -> tuple[tuple[Finding, ...], str]:
    from capture.live_check import check_live
    from capture.photo_check import subject_aids
    from capture.rig import open_rig
    from capture.settings import Profile

    assert isinstance(profile, Profile)
    aids = subject_aids(options.plate, options.model, options.box)
    rig = open_rig(options.camera, options.depth, options.calibration)
    try:
        report = check_live(rig, profile, aids)
    finally:
        rig.close()
    if report.depth_note:
        talk(f"mattebox: {report.depth_note}")
    return report.findings, report.measurement.silhouette_source
