"""From a shot whose files are safe to its depth, measurements, cut-out and report.

Nothing here can lose the photograph; what fails is told in the shot's `problems`.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from capture.calibration_file import lens_change
from capture.cutout_job import write_cutout_of
from capture.depth_export import write_depth_exr
from capture.depth_feed import DepthFeed
from capture.depth_filtering import filtered
from capture.disk import free_path
from capture.examination import Examination, examine, told_by_depth
from capture.ingest import add_own_file
from capture.journal import FileRow, Journal
from capture.live_subject import SubjectAids
from capture.pipeline import CutoutInputs, Stopwatch
from capture.registration import RegisteredDepth
from capture.rig import Rig
from capture.rig_watch import RigAlignment, RigWatch, knock_in_words
from capture.settings import Profile
from capture.shot import Shot
from devices.frames import ExposureSettings
from matting.graph_matte import STILL, GraphMatte, open_graph_matte
from matting.guided_matte import GuidedMatte
from matting.imaging.atomic import write_atomically
from matting.imaging.errors import MatteboxError, MismatchError
from matting.imaging.exif import settings_from_exif
from matting.imaging.files import read_picture
from matting.imaging.pixels import EncodedPicture
from matting.inference import NetworkRequest, load_network
from matting.runners.mattes import matte_of

#: Depth frames that make a shot's depth, unless another number is asked for; all from after the
#: shutter was asked for.
DEPTH_FRAMES = 30


@dataclass(frozen=True, slots=True, eq=False)
class SafeShot:
    """A shot whose files are safe, as it comes from the camera.

    `files` begin with the photograph to look at; `problems` are what ingest has to tell; depth
    belongs to it that was measured after `since_s` (monotonic seconds), if any does; `rig` is
    how live view saw depth lie on the picture.
    """

    shot_id: int
    files: tuple[FileRow, ...]
    problems: tuple[str, ...]
    since_s: float
    with_depth: bool = True
    test_pop: bool = False
    rig: RigAlignment = field(default_factory=RigAlignment)


class Darkroom:
    """Sees the safe shots of one session through.

    Parameters
    ----------
    journal : Journal
    folder : Path
        The session folder.
    rig : Rig
    feed : DepthFeed or None
    matte : bool
        Whether shots are cut out; test pops never are.
    network : NetworkRequest or None
        Tells the subject beside depth, or where depth is missing.
    accelerator : str or None
        Makes alpha by the live graph where there is no network; None leaves it to the solver.
    """

    def __init__(
        self,
        journal: Journal,
        folder: Path,
        rig: Rig,
        feed: DepthFeed | None,
        *,
        matte: bool,
        network: NetworkRequest | None = None,
        accelerator: str | None = None,
    ) -> None:
        self._journal = journal
        self._folder = folder
        self._rig = rig
        self._feed = feed
        self._matte = matte
        self._network = network
        self._accelerator = None if network else accelerator
        self._watch = RigWatch()
        #: So many frames make the depth of a shot.
        self.depth_frames = DEPTH_FRAMES
        #: What the last photograph said against the rig's calibration, in words.
        self.misfit = ""

    def develop(
        self, safe: SafeShot, profile: Profile, exposure: ExposureSettings, watch: Stopwatch
    ) -> Shot:
        """Measure, judge, cut out and report.

        `exposure` is what the camera was set to, for photographs that do not say.
        """
        work = _Work(safe, list(safe.files), list(safe.problems))
        examination = Examination.empty(exposure)
        try:
            with watch.stage("measure"):
                picture = read_picture(self._folder / safe.files[0].path)
            depth = self._depth_of(picture, work, watch)
            with watch.stage("measure"):
                told = told_by_depth(depth)
                examination = examine(
                    picture, told, profile, aids=SubjectAids(network=self._network)
                )
                if examination.subject is not None:
                    moved = self._watch.look(picture.encoded_8bit(), examination.subject)
                    misfit = moved or knock_in_words(safe.rig, picture.width)
                    if misfit:
                        work.problems.append(misfit)
                        self.misfit = misfit
            if depth is not None:
                write_depth_exr(target := self._free(work, "depth.exr"), depth)
                self._keep(work, "depth", target)
            if self._matte and not safe.test_pop:
                self._cut_out(picture, examination, profile, work, watch)
        except MatteboxError as exc:
            work.problems.append(f"shot {safe.shot_id:04d}: {exc}")
        shot = Shot(
            shot_id=safe.shot_id,
            folder=self._folder,
            photo=safe.files[0],
            files=tuple(work.files),
            settings=examination.settings,
            findings=examination.findings,
            problems=(*work.problems, *examination.problems),
            seconds=dict(watch.seconds),
            test_pop=safe.test_pop,
            alpha_by=work.alpha_by,
        )
        try:
            return self._reported(shot, self._free(work, "report.json"))
        except MatteboxError as exc:
            return replace(shot, problems=(*shot.problems, f"no report: {exc}"))

    def _depth_of(
        self, picture: EncodedPicture, work: _Work, watch: Stopwatch
    ) -> RegisteredDepth | None:
        if self._feed is None or not work.safe.with_depth:
            return None
        try:
            with watch.stage("depth"):
                self._must_be_calibrated_lens(picture)
                depth = filtered(self._feed.recent(self.depth_frames, work.safe.since_s))
                return self._rig.register(depth, (picture.height, picture.width))
        except MatteboxError as exc:
            work.problems.append(f"no depth for this shot: {exc}")
            return None

    def _must_be_calibrated_lens(self, picture: EncodedPicture) -> None:
        """Refuse depth for a photograph through another lens or zoom than was calibrated."""
        if self._rig.calibration is None or picture.exif is None:
            return
        photo = settings_from_exif(picture.exif)
        change = lens_change(self._rig.calibration.origin, photo.lens, photo.focal_length_mm)
        self.misfit = change or ""
        if change is not None:
            raise MismatchError(
                "calibration", change, "calibrate at this lens and zoom, or set them as they were"
            )

    def _cut_out(
        self,
        picture: EncodedPicture,
        examination: Examination,
        profile: Profile,
        work: _Work,
        watch: Stopwatch,
    ) -> None:
        by_network, pixel_px = None, 1.0
        graph: GraphMatte | GuidedMatte | None = None
        if self._accelerator is not None:
            graph = open_graph_matte(self._accelerator, STILL)
        if self._network is not None:
            with watch.stage("network"):
                network = load_network(self._network)
                if network.contract.takes_evidence:
                    graph = GuidedMatte(network)
                else:
                    by_network = matte_of(network, picture.encoded_8bit())
                    pixel_px = network.contract.input.size.pixel_of(picture.height, picture.width)
        inputs = CutoutInputs(
            graph=graph,
            subject=examination.subject,
            network_alpha=by_network,
            network_pixel_px=pixel_px,
            hair_guard_percent=profile.hair_guard_percent,
        )
        cutout, alpha = self._free(work, "cutout.png"), self._free(work, "alpha.png")
        work.alpha_by = write_cutout_of(picture, inputs, cutout, alpha, watch)
        self._keep(work, "cutout", cutout)
        self._keep(work, "alpha", alpha)

    def _free(self, work: _Work, ending: str) -> Path:
        return free_path(self._folder, f"{Path(work.safe.files[0].path).stem}_{ending}")

    def _keep(self, work: _Work, role: str, path: Path) -> None:
        row = add_own_file(self._journal, self._folder, work.safe.shot_id, role, path)
        work.files.append(row)

    def _reported(self, shot: Shot, target: Path) -> Shot:
        """Write the shot's report and journal it."""
        write_atomically(target, [json.dumps(shot.as_json(), indent=2).encode()])
        row = add_own_file(self._journal, self._folder, shot.shot_id, "report", target)
        settings = asdict(shot.settings) | {"test_pop": shot.test_pop}
        self._journal.add_result(
            shot.shot_id, settings, [finding.as_json() for finding in shot.findings]
        )
        return replace(shot, files=(*shot.files, row))


@dataclass(slots=True)
class _Work:
    """A shot while it is developed: its files and problems so far."""

    safe: SafeShot
    files: list[FileRow] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    alpha_by: str = ""
