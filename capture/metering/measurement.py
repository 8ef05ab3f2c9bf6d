"""Everything that is measured on one picture, live or after the shot, before any judgement."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from capture.metering.backdrop_choice import BackdropChoice, backdrop_choice
from capture.metering.backdrop_surface import Backdrop, backdrop_surface
from capture.metering.background import white_share
from capture.metering.exposure import Clipping, RegionExposure, clipping, region_exposure
from capture.metering.fine_patterns import FinePatterns, fine_patterns
from capture.metering.flyaway import flyaway_share
from capture.metering.framing import Framing
from capture.metering.glints import Glints, glints
from capture.metering.plane_of_focus import FocusedLens, PlaneOfFocus, plane_of_focus
from capture.metering.rim import Rim, rim
from capture.metering.separation import EdgePiece, separation
from capture.metering.sharpness import SharpEdges, edges_along
from capture.metering.subject_light import SubjectLight, subject_light
from capture.metering.texture import backdrop_texture_stops
from capture.silhouette import Silhouette, SubjectSpace, analysis_size
from matting.imaging.curves import SRGB, Transfer

if TYPE_CHECKING:
    from capture.forecasting.forecast import Forecast
    from capture.metering.lighting_ratio import LightingRatio
    from capture.metering.noise import Noise
    from capture.metering.patches import NeutralPatch
    from capture.metering.single_lights import SingleLights
    from devices.frames import ExposureSettings
    from matting.imaging.quality_of_file import StoredAs


@dataclass(frozen=True, slots=True)
class Measurement:
    """What was measured; None or NaN says that it was not.

    Parameters
    ----------
    size : (width, height) of the picture
    preview : bool, whether the photograph itself will be larger
    settings : ExposureSettings
    clipping : Clipping
        On the subject where a silhouette is known, else on the whole picture.
    silhouette_source : str
        What the silhouette is known by, such as "depth"; "none" when there is none.
    framing : Framing or None
        In pixels of the picture.
    edge : tuple of EdgePiece
        In pixels of the picture.
    edge_width_px : float
    plane_of_focus : PlaneOfFocus or None
    background_white : float, share
    space : SubjectSpace
    lighting : LightingRatio or None
    forecast : Forecast or None
        Of the cut-out; its places are in pixels of its own reduced frame.
    exposure : mapping of region ("subject", "background", "edge") to RegionExposure
        Empty without a silhouette.
    light : SubjectLight or None
        Pixels of its boxes are those of the picture.
    single_lights : SingleLights or None
    neutral : NeutralPatch or None
    light_unseen : str
        Why the picture does not show the light of the photograph; empty where it does. Nothing
        of light is measured then.
    rim : Rim or None, in pixels of the picture
    backdrop : Backdrop or None, in pixels of the picture
    choice : BackdropChoice or None
    glints : Glints or None, in pixels of the picture
    texture_stops : float
        Of the backdrop.
    flyaway_share : float
        Loose hair's coverage over the subject's.
    patterns : FinePatterns or None, in pixels of the picture; only of a photograph
    motion_widths_per_s : float
        How fast the subject moves across the picture; only between live frames.
    stored : StoredAs or None, of a file
    noise : Noise or None, of a file in which no compression hides it
    """

    size: tuple[int, int]
    preview: bool
    settings: ExposureSettings
    clipping: Clipping
    silhouette_source: str
    framing: Framing | None
    edge: tuple[EdgePiece, ...]
    edge_width_px: float
    background_white: float
    space: SubjectSpace
    lighting: LightingRatio | None
    forecast: Forecast | None = None
    exposure: Mapping[str, RegionExposure] = field(default_factory=dict)
    light: SubjectLight | None = None
    single_lights: SingleLights | None = None
    neutral: NeutralPatch | None = None
    light_unseen: str = ""
    rim: Rim | None = None
    backdrop: Backdrop | None = None
    choice: BackdropChoice | None = None
    glints: Glints | None = None
    texture_stops: float = math.nan
    flyaway_share: float = math.nan
    patterns: FinePatterns | None = None
    motion_widths_per_s: float = math.nan
    stored: StoredAs | None = None
    noise: Noise | None = None
    plane_of_focus: PlaneOfFocus | None = None


def measure(
    codes: npt.NDArray[Any],
    settings: ExposureSettings,
    silhouette: Silhouette | None,
    lighting: LightingRatio | None = None,
    transfer: Transfer = SRGB,
    with_surfaces: bool = True,
    with_light: bool = True,
    preview: bool = False,
    forecast: Forecast | None = None,
    reduced: npt.NDArray[Any] | None = None,
) -> Measurement:
    """Measure one picture.

    Parameters
    ----------
    codes : (H, W, 3) uint8 or uint16, encoded, upright
    settings : ExposureSettings
    silhouette : Silhouette or None
        Of the subject, on a picture of this size.
    lighting : LightingRatio or None
        Measured apart (`capture.metering.lighting`), since it wants several depth frames.
    transfer : Transfer
        How the codes become light.
    with_surfaces : bool
        Focus, rim, backdrop, glints and levels, which live view has no time for on every frame.
    with_light : bool
        Light on the subject's surface, the backdrop's texture and loose hair, which take longest.
    preview : bool
        The picture is a live view's, smaller than the photograph will be.
    forecast : Forecast or None
        Made apart (`capture.forecasting`), since it takes a trial matte.
    reduced : (h, w, 3) uint8 or uint16, or None
        The picture at the size at which light is measured, when it is at hand.
    """
    import cv2

    height, width = codes.shape[:2]
    size = silhouette.size if silhouette else analysis_size((width, height))
    small = codes if reduced is None else reduced
    if small.shape[1] != size[0]:
        small = cv2.resize(codes, size, interpolation=cv2.INTER_AREA)
    if silhouette is None:
        return Measurement(
            size=(width, height),
            preview=preview,
            settings=settings,
            clipping=clipping(small),
            silhouette_source="none",
            framing=None,
            edge=(),
            edge_width_px=math.nan,
            background_white=math.nan,
            space=SubjectSpace(),
            lighting=lighting,
            forecast=forecast,
        )
    enlarged = width / size[0]
    whole, rings = silhouette.framing, silhouette.rings
    ring_light = transfer.decode(small.reshape(-1, 3)[rings.pixels])
    edge = separation(ring_light, rings)
    measured = Measurement(
        size=(width, height),
        preview=preview,
        settings=settings,
        clipping=clipping(small, silhouette.inside),
        silhouette_source=silhouette.source,
        framing=_scaled_framing(whole, enlarged) if whole else None,
        edge=tuple(_scaled_piece(piece, enlarged) for piece in edge),
        edge_width_px=math.nan,
        background_white=math.nan,
        space=silhouette.space,
        lighting=lighting,
        forecast=forecast,
        patterns=None if preview else fine_patterns(codes[..., 1], silhouette.inside),
    )
    if with_surfaces:
        measured = _with_surfaces(measured, codes, small, ring_light, edge, silhouette, transfer)
    if with_light:
        linear = transfer.decode(small)
        measured = replace(
            measured,
            light=_light_on_subject(linear, silhouette, enlarged),
            texture_stops=backdrop_texture_stops(linear, silhouette.backdrop),
            flyaway_share=flyaway_share(linear, silhouette.inside, silhouette.backdrop),
        )
    return measured


def carried(measured: Measurement, earlier: Measurement) -> Measurement:
    """Return a measurement with what it left out taken from an earlier one.

    See `measure`: `with_surfaces` and `with_light`.
    """
    names = [
        name
        for kinds, present in (
            (SURFACES, bool(measured.exposure)),
            (LIGHT, measured.light is not None),
        )
        for name in kinds
        if not present
    ]
    return replace(measured, **{name: getattr(earlier, name) for name in names})


#: What `measure` finds out with `with_surfaces`, and with `with_light`.
SURFACES = (
    "edge_width_px",
    "plane_of_focus",
    "background_white",
    "exposure",
    "rim",
    "backdrop",
    "glints",
    "choice",
)
LIGHT = ("light", "texture_stops", "flyaway_share")


def _with_surfaces(
    measured: Measurement,
    codes: npt.NDArray[Any],
    small: npt.NDArray[Any],
    ring_light: npt.NDArray[np.float32],
    edge: tuple[EdgePiece, ...],
    silhouette: Silhouette,
    transfer: Transfer,
) -> Measurement:
    import cv2

    enlarged = codes.shape[1] / small.shape[1]
    centres = [_centre(box, enlarged) for box in silhouette.rings.boxes]
    core_light = transfer.decode(small.reshape(-1, 3)[silhouette.core.pixels])
    # Averaged as codes: within a cell of one surface that is its mean light to 0.02 stop.
    cells = silhouette.grid.subject.shape[::-1]
    cell_light = transfer.decode(cv2.resize(small, cells, interpolation=cv2.INTER_AREA))
    backdrop = backdrop_surface(cell_light, silhouette.grid)
    edges = edges_along(codes, silhouette.mask, centres)
    return replace(
        measured,
        edge_width_px=edges.typical_width_px(),
        plane_of_focus=_plane_of_focus(edges, measured, silhouette),
        background_white=white_share(small, silhouette.background),
        exposure=_exposure_by_region(small, ring_light, silhouette, transfer),
        rim=_scaled_rim(rim(ring_light, silhouette.rings, core_light, silhouette.core), enlarged),
        backdrop=_scaled_backdrop(backdrop, enlarged) if backdrop else None,
        glints=_scaled_glints(glints(_eight_bits(small), silhouette.inside), enlarged),
        choice=backdrop_choice(
            np.array([piece.inside for piece in edge]),
            np.array([piece.delta_e for piece in edge]),
        ),
    )


def _plane_of_focus(
    edges: SharpEdges, measured: Measurement, silhouette: Silhouette
) -> PlaneOfFocus | None:
    extent, settings = measured.space.extent, measured.settings
    focal_mm, aperture_f = settings.focal_length_mm, settings.aperture_f
    if silhouette.subject_m is None or extent is None or not focal_mm or not aperture_f:
        return None
    height, width = silhouette.subject_m.shape
    scale = np.array([width, height]) / measured.size
    x, y = np.minimum(edges.xy * scale, (width - 1, height - 1)).astype(np.intp).T
    lens = FocusedLens(focal_mm / 1000, extent.focal_widths * measured.size[0], aperture_f)
    return plane_of_focus(edges, silhouette.subject_m[y, x], lens)


def without_light(measurement: Measurement, cause: str) -> Measurement:
    """Return the measurement of a picture that does not show the photograph's light.

    Live view holds no flash, and its gain may follow the light: what it shows of light is not the
    photograph's. Geometry, settings and focus stay.
    """
    unknown = Clipping(math.nan, math.nan)
    return replace(
        measurement, clipping=unknown, edge=(), background_white=math.nan, lighting=None,
        forecast=None, exposure={}, light=None, single_lights=None, neutral=None, rim=None,
        backdrop=None, glints=None, choice=None, texture_stops=math.nan, flyaway_share=math.nan,
        noise=None, light_unseen=cause,
    )  # fmt: skip


def _exposure_by_region(
    small: npt.NDArray[Any],
    ring_light: npt.NDArray[np.float32],
    silhouette: Silhouette,
    transfer: Transfer,
) -> dict[str, RegionExposure]:
    # One pixel of sixteen tells levels as well, and a frame has no time for all.
    thin = (slice(None, None, 4), slice(None, None, 4))
    codes = np.ascontiguousarray(small[thin])
    light = transfer.decode(codes)
    inside, behind = silhouette.inside[thin], silhouette.background[thin]
    ring_codes = small.reshape(-1, 3)[silhouette.rings.pixels]
    return {
        "subject": region_exposure(codes[inside], light[inside]),
        "background": region_exposure(codes[behind], light[behind]),
        "edge": region_exposure(ring_codes, ring_light),
    }


def _light_on_subject(
    linear: npt.NDArray[np.float32], silhouette: Silhouette, enlarged: float
) -> SubjectLight:
    light = subject_light(linear, silhouette.inside, silhouette.subject_m)
    spots, shadow = light.hot_spots, light.hard_shadow
    if spots is not None and spots.box is not None:
        light = replace(light, hot_spots=replace(spots, box=_scaled_box(spots.box, enlarged)))
    if shadow is not None and shadow.box is not None:
        light = replace(light, hard_shadow=replace(shadow, box=_scaled_box(shadow.box, enlarged)))
    return light


def _centre(box: tuple[int, int, int, int], factor: float) -> tuple[float, float]:
    x, y, width, height = box
    return (x + width / 2) * factor, (y + height / 2) * factor


def _scaled_box(box: tuple[int, int, int, int], factor: float) -> tuple[int, int, int, int]:
    x, y, width, height = (round(side * factor) for side in box)
    return x, y, width, height


def _scaled_piece(piece: EdgePiece, factor: float) -> EdgePiece:
    return replace(piece, box=_scaled_box(piece.box, factor))


def _eight_bits(codes: npt.NDArray[Any]) -> npt.NDArray[np.uint8]:
    return codes if codes.dtype == np.uint8 else (codes >> 8).astype(np.uint8)


def _scaled_glints(found: Glints | None, factor: float) -> Glints | None:
    if found is None or found.box is None:
        return found
    return replace(found, box=_scaled_box(found.box, factor))


def _scaled_rim(rim_: Rim, factor: float) -> Rim:
    return replace(rim_, box=_scaled_box(rim_.box, factor) if rim_.box else None)


def _scaled_backdrop(backdrop: Backdrop, factor: float) -> Backdrop:
    def scaled(box: tuple[int, int, int, int] | None) -> tuple[int, int, int, int] | None:
        return _scaled_box(box, factor) if box else None

    return replace(
        backdrop,
        shadow_box=scaled(backdrop.shadow_box),
        hot_box=scaled(backdrop.hot_box),
        same_hue_box=scaled(backdrop.same_hue_box),
    )


def _scaled_framing(framing_: Framing, factor: float) -> Framing:
    return Framing(
        framing_.margins, framing_.cut, framing_.share, _scaled_box(framing_.box, factor)
    )
