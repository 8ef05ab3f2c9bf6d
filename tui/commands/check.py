"""`mattebox check`: whether the set-up is ready for a cut-out."""

from __future__ import annotations

import argparse
from dataclasses import replace
from typing import TYPE_CHECKING

from tui.commands.output import data, finding_line, line, talk
from tui.exit_codes import ExitCode
from tui.network_choice import network_of, ready_to_tell, tell_idle_accelerator

if TYPE_CHECKING:
    from capture.html_report import ReportedSetUp
    from capture.reference import Reference
    from capture.settings import Profile


def run(options: argparse.Namespace) -> ExitCode:
    """Print the findings; the exit code says whether any failed."""
    from capture.findings import is_ready, worst_first
    from capture.settings import load_profile

    _refuse_what_does_not_fit(options)
    profile = load_profile(options.profile)
    tell_idle_accelerator(options)
    network = ready_to_tell(options)
    if options.image:
        checked, now = _from_image(options, profile)
    else:
        checked, now = _from_camera(options, profile)
    if options.reference:
        from capture.reference import drift_findings, drift_since, read_reference

        drifted = drift_findings(drift_since(read_reference(options.reference), now))
        checked = replace(checked, findings=worst_first((*checked.findings, *drifted)))
    if options.keep_reference:
        from capture.reference import keep_reference

        keep_reference(options.keep_reference, now)
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
                **(network.graph.placement.as_json() if network else {}),
            }
        )
    else:
        for finding in found:
            line(finding_line(finding))
        known = checked.silhouette_source
        line(f"silhouette by {known}" if known != "none" else "no silhouette is known")
        verdict = "ready" if ready else "not ready"
        line(f"{verdict}, {silent} of {len(found)} checks not measured" if silent else verdict)
    return ExitCode.OK if ready else ExitCode.NOT_READY


def _refuse_what_does_not_fit(options: argparse.Namespace) -> None:
    from matting.imaging.errors import SettingsError

    if options.image and options.flash:
        raise SettingsError("--flash", "a photograph holds its flash", "leave it out")
    if options.camera and (options.light or options.ambient or options.patch or options.again):
        raise SettingsError(
            "--light, --ambient, --patch, --again",
            "belong to a photograph, not to live view",
            "give --image instead of --camera",
        )


def _from_image(options: argparse.Namespace, profile: Profile) -> tuple[ReportedSetUp, Reference]:
    from capture.html_report import ReportedSetUp
    from capture.light_aids import LightAids
    from capture.photo_check import check_photo, subject_aids
    from capture.reference import Reference

    light_aids = LightAids(dict(options.light), options.ambient, dict(options.patch), options.again)
    picture, result = check_photo(
        options.image,
        profile,
        options.depth,
        options.depth_scale,
        options.intrinsics,
        options.subject,
        light_aids,
        options.response,
        subject_aids(options.plate, network_of(options), options.box),
    )
    measured = result.measurement
    assert measured is not None  # a photograph that cannot be read has raised
    shown = picture.encoded_8bit()
    checked = ReportedSetUp(
        title=options.image.name,
        picture=shown,
        findings=result.findings,
        profile=profile.name,
        silhouette_source=measured.silhouette_source,
        forecast=measured.forecast,
        notes=result.problems,
    )
    silhouette = result.subject.subject if result.subject else None
    return checked, Reference(shown, silhouette, result.settings)


def _from_camera(options: argparse.Namespace, profile: Profile) -> tuple[ReportedSetUp, Reference]:
    from capture.html_report import ReportedSetUp
    from capture.live_check import check_live
    from capture.photo_check import subject_aids
    from capture.reference import Reference
    from capture.response_file import read_response
    from capture.rig import open_rig
    from matting.imaging.curves import SRGB

    transfer = read_response(options.response) if options.response else SRGB
    aids = subject_aids(options.plate, network_of(options), options.box)
    rig = open_rig(options.camera, options.depth, options.calibration)
    try:
        title = f"{rig.camera.info().model}, live view"
        report = check_live(rig, profile, aids, flash=options.flash, transfer=transfer)
    finally:
        rig.close()
    checked = ReportedSetUp(
        title=title,
        picture=report.frame.rgb,
        findings=report.findings,
        profile=profile.name,
        silhouette_source=report.measurement.silhouette_source,
        forecast=report.measurement.forecast,
        notes=[report.depth_note] if report.depth_note else [],
    )
    silhouette = report.silhouette.mask if report.silhouette else None
    return checked, Reference(report.frame.rgb, silhouette, report.measurement.settings)
