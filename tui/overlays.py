"""What is drawn on the live picture: the silhouette and the places that findings name."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from capture.live import LiveMatte, LiveReport
from capture.metering.zones import ZONE_COLOURS, waveform, zebra, zone_map
from matting.imaging.curves import SRGB
from matting.live_matte import over_backdrop

_SILHOUETTE = (88, 166, 255)
#: What the live cut-out is shown on, in the order of the key.
BACKDROPS = {
    "black": (0, 0, 0),
    "white": (255, 255, 255),
    "green": (0, 177, 64),
    "blue": (0, 71, 187),
}
#: Ways to see a picture's exposure, in the order of the key.
EXPOSURE_VIEWS = ("zones", "zebra", "waveform")
#: Zebra marks what clips; its stripes are this wide, pixels.
_ZEBRA_PERCENT, _STRIPE = 99.0, 4
_WAVEFORM_LEVELS = 128
_PLACE = {"fail": (255, 107, 94), "warn": (242, 184, 75)}


def with_overlays(report: LiveReport, width: int) -> npt.NDArray[np.uint8]:
    """Return the report's frame, `width` pixels wide, with its overlays drawn on it.

    Parameters
    ----------
    report : LiveReport
    width : int
        About the number of pixels that will be seen, so that lines come out one of them wide.

    Returns
    -------
    (h, width, 3) uint8, encoded
    """
    import cv2

    full = report.frame.rgb
    width = min(width, full.shape[1])
    scale = width / full.shape[1]
    picture = cv2.resize(full, (width, round(full.shape[0] * scale)), interpolation=cv2.INTER_AREA)
    if report.silhouette is not None:
        mask = report.silhouette.mask.astype(np.uint8) * 255
        smooth = cv2.resize(mask, picture.shape[1::-1], interpolation=cv2.INTER_LINEAR) > 127
        contours, _ = cv2.findContours(
            smooth.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE
        )
        cv2.drawContours(picture, contours, -1, _SILHOUETTE, 1)
    for finding in report.findings:
        if finding.region and finding.level in _PLACE and "separation" in finding.check:
            x, y, w, h = (round(side * scale) for side in finding.region)
            cv2.rectangle(picture, (x, y), (x + w, y + h), _PLACE[finding.level], 1)
    return np.asarray(picture, np.uint8)


def cut_out_on(
    report: LiveReport, matte: LiveMatte, backdrop: str, width: int
) -> npt.NDArray[np.uint8]:
    """Return the report's frame cut out, `width` pixels wide, on one of `BACKDROPS`.

    Returns
    -------
    (h, width, 3) uint8, encoded
    """
    import cv2

    full = report.frame.rgb
    width = min(width, full.shape[1])
    size = (width, round(full.shape[0] * width / full.shape[1]))
    picture = cv2.resize(full, size, interpolation=cv2.INTER_AREA)
    alpha = cv2.resize(matte.alpha, size, interpolation=cv2.INTER_AREA)
    return over_backdrop(picture, alpha, BACKDROPS[backdrop])


def exposure_view(report: LiveReport, view: str, width: int) -> npt.NDArray[np.uint8]:
    """Return the report's frame as one of `EXPOSURE_VIEWS`, `width` pixels wide.

    Zones are stops from middle grey in false colours, sRGB assumed; zebra stripes what clips; the
    waveform has the picture's left to right across and its signal upwards.

    Returns
    -------
    (h, width, 3) uint8, encoded
    """
    import cv2

    full = report.frame.rgb
    width = min(width, full.shape[1])
    size = (width, round(full.shape[0] * width / full.shape[1]))
    picture = np.asarray(cv2.resize(full, size, interpolation=cv2.INTER_AREA), np.uint8)
    if view == "zones":
        return ZONE_COLOURS[zone_map(SRGB.decode(picture))]
    if view == "zebra":
        rows, columns = np.indices(picture.shape[:2])
        stripes = (rows + columns) // _STRIPE % 2 == 0
        picture[zebra(picture, _ZEBRA_PERCENT) & stripes] = 0
        return picture
    counts = waveform(picture, width, _WAVEFORM_LEVELS)
    # The square root keeps small heaps in sight.
    light = np.sqrt(counts / max(1, counts.max())) * 255
    tall = cv2.resize(light.astype(np.uint8), size, interpolation=cv2.INTER_NEAREST)
    return np.repeat(tall[..., None], 3, axis=2)
