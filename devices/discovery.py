"""What is connected: cameras and depth sensors, found without opening any.

Every vendor library is asked in a child process of its own, so that one that is missing, hangs or
ends its process costs a remark, and the rest is found all the same.
"""

from __future__ import annotations

import importlib
import os
import re
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from devices.address import SCENES
from devices.worker import FrameMailbox, Worker
from matting.imaging.errors import MatteboxError, MissingLibraryError

_PROBE_TIMEOUT_S = 8.0

#: Debian's and Ubuntu's package for each system library that Open3D's wheel wants.
SYSTEM_PACKAGES = {
    "libusb-1.0.so.0": "libusb-1.0-0",
    "libGL.so.1": "libgl1",
    "libEGL.so.1": "libegl1",
    "libX11.so.6": "libx11-6",
}


@dataclass(frozen=True, slots=True)
class FoundDevice:
    """A device that can be used.

    Parameters
    ----------
    address : str
        What `--camera` or `--depth` takes.
    model : str
    note : str
        What the person should know: where it is, who holds it, that it is simulated.
    """

    address: str
    model: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Discovery:
    """What was found, and what could not be looked for and why."""

    found: tuple[FoundDevice, ...] = ()
    remarks: tuple[str, ...] = ()

    def __add__(self, other: Discovery) -> Discovery:
        """Return what both found, in this order."""
        return Discovery(self.found + other.found, self.remarks + other.remarks)


def list_cameras() -> Discovery:
    """Return the cameras on USB, then the simulated studio's."""
    return _probe("gphoto2:", "devices.gphoto2_driver:find") + _simulated()


def list_depth_sensors() -> Discovery:
    """Return OAK, RealSense, Azure Kinect and Record3D sensors, then the simulated studio's."""
    probes = {
        "oak:": "devices.oak_driver:find",
        "realsense:": "devices.open3d_driver:find_realsense",
    }
    if sys.platform != "darwin":  # for which there is neither library
        probes["kinect:"] = "devices.open3d_driver:find_kinect"
        probes["record3d:"] = "devices.record3d_driver:find"
    with ThreadPoolExecutor(len(probes)) as threads:
        return sum(threads.map(_probe, probes, probes.values()), Discovery()) + _simulated()


def _simulated() -> Discovery:
    return Discovery(
        tuple(FoundDevice(f"sim:{scene}", f"studio, {scene}", "simulated") for scene in SCENES)
    )


def _probe(subject: str, finder: str) -> Discovery:
    """Run ``module:function`` in a child process; a failure becomes a remark."""
    try:
        worker = Worker("devices.discovery:Probe", {"finder": finder}, subject, _PROBE_TIMEOUT_S)
        try:
            found: Discovery = worker.call("find", timeout_s=_PROBE_TIMEOUT_S)
        finally:
            worker.close()
    except MatteboxError as error:
        return Discovery(remarks=(str(error),))
    return found


class Probe:
    """What runs in a probe's child: a `devices.worker.Driver` that only finds."""

    def __init__(self, finder: str) -> None:
        # Vendor libraries log to stdout, which is for data.
        os.dup2(2, 1)
        module, _, self._function = finder.partition(":")
        self._module = importlib.import_module(module)

    def find(self) -> Discovery:
        """Return what the finder found."""
        found: Discovery = getattr(self._module, self._function)()
        return found

    def idle(self, mailbox: FrameMailbox) -> float:
        """Return how long a command may be waited for."""
        return 1.0

    def close(self) -> None:
        """Nothing was opened."""


def missing_open3d(error: ImportError) -> MissingLibraryError:
    """Return why Open3D cannot be imported, with the system package to install.

    Parameters
    ----------
    error : ImportError
        As the import raised it; its text names the shared library.

    Examples
    --------
    >>> text = "libGL.so.1: cannot open shared object file: No such file or directory"
    >>> missing_open3d(ImportError(text)).remedy
    'install the system package libgl1 (on Debian and Ubuntu: sudo apt install libgl1)'
    """
    if isinstance(error, ModuleNotFoundError):
        return MissingLibraryError(
            "Open3D", "is not installed", "install Mattebox with its dependencies"
        )
    named = re.match(r"(lib[\w.+-]+\.so[\w.]*): cannot open shared object file", str(error))
    if named is None:
        return MissingLibraryError("Open3D", f"cannot be loaded ({error})", "install it again")
    library = named.group(1)
    package = SYSTEM_PACKAGES.get(library)
    return MissingLibraryError(
        "Open3D",
        f"cannot be loaded, because the system library {library} is missing",
        f"install the system package {package} (on Debian and Ubuntu: sudo apt install {package})"
        if package
        else f"install the system package that holds {library}",
    )
