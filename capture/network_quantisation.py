"""A network in 8 bits, calibrated and judged on sets of the simulated studio."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from hashlib import sha256
from pathlib import Path

import numpy as np
import numpy.typing as npt

from capture.timing import milliseconds
from devices.simulated.camera_body import ShotSettings
from devices.simulated.world import World
from matting.imaging.atomic import write_atomically
from matting.imaging.errors import InferenceError, OutputError
from matting.inference import Network, NetworkRequest, load_network
from matting.networks import contract_text
from matting.quantisation import quantised
from matting.runners.feeding import picture_batch
from matting.runners.image import image_matte
from matting.runtime import open_graph

Picture = npt.NDArray[np.uint8]

#: On these ranges are learned, at these brightnesses of their codes ...
_LEARNED = ("portrait", "full-length", "product", "fur", "white-on-white")
_BRIGHTNESSES = (0.6, 1.0, 1.3)
#: ... and on these, which calibration never saw, the result is judged.
_JUDGED = ("two-subjects", "clutter", "green-screen")
_SHOT = ShotSettings(
    iso=100, shutter_s=1 / 125, aperture_f=8.0, width=752, height=500, jpeg_quality=95, number=1
)
_TIMED_RUNS = 20


@dataclass(frozen=True, slots=True)
class Quantisation:
    """What 8 bits cost and bring.

    Parameters
    ----------
    iou : float
        Intersection over union of what both call more than half, mean over judged pictures on
        which the network in single precision finds something.
    mean_difference : float
        Of alpha, over all judged pictures.
    pictures : int
        On how many `iou` was measured.
    single_ms, quantised_ms : float
        Median of a run on the processor.
    """

    iou: float
    mean_difference: float
    pictures: int
    single_ms: float
    quantised_ms: float

    def as_json(self) -> dict[str, object]:
        """Return the figures as the command prints them."""
        return asdict(self)


def quantise_network(file: Path, target: Path, least_iou: float) -> Quantisation:
    """Write a network in 8 bits, with its contract beside it.

    Parameters
    ----------
    file : Path
        A network that takes a picture and gives a matte, with a contract.
    target : Path
        Another ONNX file; its contract is the TOML file of that name.
    least_iou : float
        When the two share less, nothing is written.

    Raises
    ------
    InferenceError
        The network is of another kind, cannot be quantised, sees nothing on the rendered sets,
        or loses more than allowed.
    OutputError
        There is a contract of the target's name, or it cannot be written.
    """
    description = target.with_suffix(".toml")
    if description.exists():
        raise OutputError(description, "exists", "Move it away first, or give another name")
    # Measuring is no paid work; the contract beside the result keeps its terms.
    network = load_network(NetworkRequest(file, "cpu", accept_licence=True))
    pictures = list(_pictures(_JUDGED, (1.0,)))
    answers = [image_matte(network, picture) for picture in pictures]
    content = quantised(
        file,
        (
            {network.input_name: picture_batch(network, picture)}
            for picture in _pictures(_LEARNED, _BRIGHTNESSES)
        ),
    )
    with tempfile.TemporaryDirectory() as folder:
        trial = Path(folder) / target.name
        trial.write_bytes(content)
        eight = Network(network.contract, open_graph(trial, "cpu"))
        result = _compared(network, eight, pictures, answers)
    if result.iou < least_iou:
        raise InferenceError(
            file,
            f"loses too much in 8 bits: IoU {result.iou:.3f} with single precision on "
            f"{result.pictures} pictures, less than {least_iou:g}; nothing was written",
            "Keep it as it is, or give a lower --least-iou",
        )
    write_atomically(target, [content])
    write_atomically(description, [contract_text(file, sha256(content).hexdigest()).encode()])
    return result


def _pictures(sets: Sequence[str], brightnesses: Sequence[float]) -> Iterator[Picture]:
    """Yield photographs of simulated sets, and the same brighter and darker."""
    import cv2

    for name in sets:
        coded = np.frombuffer(World(name).photograph(_SHOT), np.uint8)
        picture = cv2.imdecode(coded, cv2.IMREAD_COLOR_RGB)
        for brightness in brightnesses:
            yield np.asarray(cv2.convertScaleAbs(picture, alpha=brightness), np.uint8)


def _compared(
    single: Network,
    eight: Network,
    pictures: Sequence[Picture],
    answers: Sequence[npt.NDArray[np.float32]],
) -> Quantisation:
    shares, differences = [], []
    for picture, expected in zip(pictures, answers, strict=True):
        alpha = image_matte(eight, picture)
        differences.append(float(np.abs(alpha - expected).mean()))
        found, wanted = alpha > 0.5, expected > 0.5
        if wanted.any():
            shares.append(float((found & wanted).sum() / (found | wanted).sum()))
    if not shares:
        raise InferenceError(
            single.graph.path,
            "sees nothing on the rendered sets, so that its loss cannot be told",
            "Keep it as it is",
        )
    return Quantisation(
        iou=float(np.mean(shares)),
        mean_difference=float(np.mean(differences)),
        pictures=len(shares),
        single_ms=_run_ms(single, pictures[0]),
        quantised_ms=_run_ms(eight, pictures[0]),
    )


def _run_ms(network: Network, picture: Picture) -> float:
    feeds = {network.input_name: picture_batch(network, picture)}
    run = partial(network.graph.run, [network.output_name], feeds)
    return float(np.median(milliseconds(run, _TIMED_RUNS)))
