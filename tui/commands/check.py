"""`mattebox check`: whether the set-up is ready for a cut-out."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from tui.commands.output import data, finding_line, line, talk
from tui.exit_codes import ExitCode

if TYPE_CHECKING:
    from capture.html_report import ReportedSetUp
    from capture.settings import Profile


def run(options: argparse.Namespace) -> ExitCode:
    """Print the findings; the exit code says whether any failed."""
    from capture.findings import is_ready
    from capture.settings import load_profile

    profile = load_profile(options.profile)
    checked = _from_image(options, profile) if options.image else _from_camera(options, profile)
    for note in checked.notes:
        talk(f"mattebox: {note}")
    if options.report:
        from capture.html_report import write_report

        write_report(options.report, checked)
    found = tuple(checked.findings)
    ready = is_ready(found)
    silent = sum(finding.level == "not measured" for finding in found)
    if options.json:
        data(
            {
                "ready": ready,
                "not_measured": silent,
                "silhouette": checked.silhouette_source,
                "findings": [finding.as_json() for finding in found],
            }
        )
    else:
        for finding in found:
            line(finding_line(finding))
        verdict = "ready" if ready else "not ready"
        line(f"{verdict}, {silent} of {len(found)} checks not measured" if silent else verdict)
    return ExitCode.OK if ready else ExitCode.NOT_READY


def _from_image(options: argparse.Namespace, profile: Profile) -> ReportedSetUp:
    from capture.html_report import ReportedSetUp
    from capture.photo_check import check_photo
    from matting.imaging.files import read_picture

    result = check_photo(
        options.image,
        profile,
        options.depth,
        options.depth_scale,
        options.intrinsics,
        options.subject,
    )
    measured = result.measurement
    assert measured is not None  # a photograph that cannot be read has raised
    return ReportedSetUp(
        title=options.image.name,
        picture=read_picture(options.image).encoded_8bit(),
        findings=result.findings,
        profile=profile.name,
        silhouette_source=measured.silhouette_source,
        forecast=measured.forecast,
        notes=result.problems,
    )


def _from_camera(options: argparse.Namespace, profile: Profile) -> ReportedSetUp:
    from capture.html_report import ReportedSetUp
    from capture.live_check import check_live
    from capture.rig import open_rig

    rig = open_rig(options.camera, options.depth, options.calibration)
    try:
        title = f"{rig.camera.info().model}, live view"
        report = check_live(rig, profile)
    finally:
        rig.close()
    return ReportedSetUp(
        title=title,
        picture=report.frame.rgb,
        findings=report.findings,
        profile=profile.name,
        silhouette_source=report.measurement.silhouette_source,
        forecast=report.measurement.forecast,
        notes=[report.depth_note] if report.depth_note else [],
    )
