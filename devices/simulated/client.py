"""The simulated studio as its users hold it: started or joined, shared within a process."""

from __future__ import annotations

import json
import select
import socket
import subprocess
import sys
import threading
import time
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from devices.address import DIALECTS
from devices.errors import DeviceLostError, DeviceNotFoundError
from devices.frames import Calibration, DepthFrame, Extrinsics, Frame, Intrinsics, SensorInfo
from devices.simulated.camera_body import LedgerEntry
from devices.simulated.control import Arrays, Channel
from devices.simulated.depth_models import SENSOR_MODELS

#: A first start compiles the tracer, which takes half a minute on a slow machine.
_START_S = 180.0
#: The truth of a large still under large lamps takes minutes; a depth frame, once its sensor is
#: set up, a moment.
_LONGEST_TRACE_S, _LONGEST_FRAME_S = 300.0, 60.0


@dataclass(frozen=True, slots=True, eq=False)
class Truth:
    """What is true of a still of the simulated studio.

    Parameters
    ----------
    alpha : (H, W) float32, 0 to 1
    foreground : (H, W, 3) float32
        Linear light of the subject times alpha, at f/8, 1/125 s, ISO 100.
    depth_m : (H, W) float32, metres from the camera along its axis, without hairs
    normals : (H, W, 3) float32, unit, towards the camera, in its frame
    solid : (H, W) bool, the subject without hairs
    """

    alpha: npt.NDArray[np.float32]
    foreground: npt.NDArray[np.float32]
    depth_m: npt.NDArray[np.float32]
    normals: npt.NDArray[np.float32]
    solid: npt.NDArray[np.bool_]


class Studio:
    """A running studio; made by `start` or `join`."""

    def __init__(self, port: int, process: subprocess.Popen[bytes] | None) -> None:
        self.port = port
        self._process = process
        self._lock = threading.Lock()
        self._channel = _connect(port, _LONGEST_TRACE_S)
        self._info = self._channel.ask("info")[0]

    @staticmethod
    def start(scene: str, dialect: str = DIALECTS[0]) -> Studio:
        """Start a studio that ends with this process.

        Raises
        ------
        DeviceLostError
            When it does not come up; what it printed stands in the message.
        """
        process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "devices.simulated.studio",
                "--scene",
                scene,
                "--dialect",
                dialect,
                "--with-parent",
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,  # Ctrl-C is not meant for a camera
        )
        assert process.stdout is not None
        ready, _, _ = select.select([process.stdout], [], [], _START_S)
        line = process.stdout.readline() if ready else b""
        if not line:
            process.kill()
            raise DeviceLostError(
                f"sim:{scene}",
                "the simulated studio did not start",
                "run python -m devices.simulated.studio to see why",
            )
        return Studio(json.loads(line)["control"], process)

    @staticmethod
    def join(port: int) -> Studio:
        """Join a studio that runs already, by its control port.

        Raises
        ------
        DeviceNotFoundError
            When nothing listens there.
        """
        return Studio(port, None)

    @property
    def scene(self) -> str:
        """The scene's name."""
        return str(self._info["scene"])

    @property
    def camera_port(self) -> str:
        """The camera's port as libgphoto2 names it."""
        number = self._info["camera_port"]
        return f"ptpip:127.0.0.1:{number}:{number}"

    def calibration(self) -> Calibration:
        """Return where the depth sensor stands, exactly."""
        return Calibration(
            camera=Intrinsics(**self._info["camera"]),
            depth_to_camera=Extrinsics(
                np.array(self._info["rotation"]), np.array(self._info["translation_m"])
            ),
        )

    def truth(
        self, width: int, height: int, aperture_f: float = 8.0, shutter_s: float = 1 / 125
    ) -> Truth:
        """Return what is true of a still of that size, taken with those settings."""
        with self._lock:
            _, arrays = self._channel.ask(
                "truth", width=width, height=height, aperture_f=aperture_f, shutter_s=shutter_s
            )
        return Truth(**arrays)

    def lights(self) -> dict[str, float]:
        """Return each light's illuminance at the subject, on a surface that faces it."""
        with self._lock:
            return dict(self._channel.ask("lights")[0]["illuminance"])

    def set_light(self, name: str, stops: float) -> None:
        """Turn a light up or down, in stops of what it has in the scene."""
        with self._lock:
            self._channel.ask("set_light", name=name, stops=stops)

    def set_strobe(self, name: str, strobe: bool = True) -> None:
        """Let a light be a strobe, which fires in exposures alone, or burn all the time."""
        with self._lock:
            self._channel.ask("set_strobe", name=name, strobe=strobe)

    def set_effect(self, name: str, amount: float) -> None:
        """Switch an effect on, or with amount 0 off; see `devices.simulated.effects`."""
        with self._lock:
            self._channel.ask("set_effect", name=name, amount=amount)

    def press_shutter(self) -> None:
        """Press the button on the camera's body."""
        with self._lock:
            self._channel.ask("press_shutter")

    def ledger(self) -> tuple[LedgerEntry, ...]:
        """Return every file that the camera has announced."""
        with self._lock:
            files = self._channel.ask("ledger")[0]["files"]
        return tuple(LedgerEntry(**entry) for entry in files)

    def set_fault(self, name: str, value: str | int | bool) -> None:
        """Make something go wrong; see `devices.simulated.faults`."""
        with self._lock:
            self._channel.ask("fault", name=name, value=value)

    def processor_seconds(self) -> float:
        """Return the processor time that the studio's process has used."""
        with self._lock:
            return float(self._channel.ask("processor")[0]["seconds"])

    def close(self) -> None:
        """Leave the studio, and end it when it was started here."""
        self._channel.close()
        if self._process is not None:
            assert self._process.stdin is not None
            assert self._process.stdout is not None
            self._process.stdin.close()
            try:
                self._process.wait(5.0)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process.stdout.close()
            self._process = None


class SimulatedDepthSensor:
    """A depth sensor of a studio; see `devices.interfaces.DepthSensor`."""

    def __init__(self, address: str, studio: Studio, kind: str) -> None:
        self._address = address
        self._model = SENSOR_MODELS[kind]
        self._channel = _connect(studio.port, _LONGEST_FRAME_S)
        self._calibration = studio.calibration()
        self._sequence = 0

    def info(self) -> SensorInfo:
        """Return who the sensor is; its calibration is exact."""
        lens = self._model.lens
        return SensorInfo(
            self._address, self._model.model, "simulated", lens.width, lens.height,
            self._calibration,
        )  # fmt: skip

    def read(self, timeout_s: float = 5.0) -> DepthFrame:
        """Return the next depth map."""
        return self._frame(self._channel.ask("depth", kind=self._model.name)[1])

    def _frame(self, arrays: Arrays) -> DepthFrame:
        self._sequence += 1
        return DepthFrame(
            depth_m=arrays["depth_m"],
            confidence=arrays["confidence"],
            intrinsics=self._model.lens,
            noise=self._model.noise,
            sequence=self._sequence,
            time_s=time.monotonic(),
            sensor=self._model.model,
        )

    def close(self) -> None:
        """Leave the studio."""
        self._channel.close()


class SimulatedStereo(SimulatedDepthSensor):
    """One whose left eye's pictures can be had too: while they are, the board is held up."""

    def __init__(self, address: str, studio: Studio) -> None:
        super().__init__(address, studio, "stereo")

    def read_with_colour(self, timeout_s: float = 5.0) -> tuple[DepthFrame, Frame]:
        """Return the next depth map, and the (grey) picture of its moment in its pixels."""
        _, arrays = self._channel.ask("depth", kind=self._model.name, with_picture=True)
        depth = self._frame(arrays)
        rgb = np.repeat(arrays["picture"][..., None], 3, axis=2)
        return depth, Frame(rgb, depth.sequence, depth.time_s)


_shared: dict[str, tuple[Studio, int]] = {}
_sharing = threading.Lock()


def shared_studio(scene: str, port: int | None, dialect: str) -> Studio:
    """Return the studio of a scene (or at a port), started or joined when it is not held yet.

    Camera and depth sensor of one process so stand in one world. Each call wants its own
    `release_studio`.
    """
    key = f"{scene}+{dialect}@{port or ''}"
    with _sharing:
        studio, holders = _shared.get(key) or (
            Studio.join(port) if port else Studio.start(scene, dialect),
            0,
        )
        if studio.scene != scene:
            studio.close()
            raise DeviceNotFoundError(
                f"sim:{scene}@{port}", f"the studio there shows '{studio.scene}'",
                f"use sim:{studio.scene}@{port}",
            )  # fmt: skip
        _shared[key] = (studio, holders + 1)
        return studio


def release_studio(studio: Studio) -> None:
    """Give a shared studio back; the last holder's return closes it."""
    with _sharing:
        for key, (held, holders) in list(_shared.items()):
            if held is studio:
                if holders > 1:
                    _shared[key] = (held, holders - 1)
                else:
                    del _shared[key]
                    held.close()


def _connect(port: int, timeout_s: float) -> Channel:
    try:
        connection = socket.create_connection(("127.0.0.1", port), timeout=5.0)
    except OSError as exc:
        raise DeviceNotFoundError(
            f"sim@{port}",
            "no simulated studio listens there",
            "start one with python -m devices.simulated.studio, or leave the port away",
        ) from exc
    connection.settimeout(timeout_s)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return Channel(connection, f"sim@{port}")
