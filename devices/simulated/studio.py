"""The simulated studio as a process: camera, depth sensors, lights and truth of one world.

``python -m devices.simulated.studio --scene portrait`` prints one JSON line with its two ports,
``camera`` (PTP/IP) and ``control``, and runs until it is interrupted.
"""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import json
import os
import socket
import sys
import threading
import time
from typing import Any

from devices.address import DIALECTS, SCENES
from devices.errors import DeviceLostError
from devices.simulated.camera_body import CameraBody
from devices.simulated.control import Arrays, Channel
from devices.simulated.depth_models import SENSOR_MODELS
from devices.simulated.faults import Faults
from devices.simulated.ptpip_server import Dialect, PtpIpServer
from devices.simulated.world import World, processor_seconds
from matting.imaging.errors import MatteboxError

Answer = tuple[dict[str, Any], Arrays]


class StudioProcess:
    """Answers the control port's requests; every `do_NAME` method is one."""

    def __init__(self, scene: str, dialect: Dialect) -> None:
        self.world = World(scene)
        self.body = CameraBody(
            self.world.photograph, self.world.live_picture, Faults(), self.world.drive_focus
        )
        self.camera = PtpIpServer(self.body, dialect)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.control_port: int = self._listener.getsockname()[1]

    def serve(self) -> None:
        """Accept clients for ever."""
        while True:
            connection, _ = self._listener.accept()
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            channel = Channel(connection, "studio's client")
            threading.Thread(target=self._converse, args=(channel,), daemon=True).start()

    def _converse(self, channel: Channel) -> None:
        with contextlib.closing(channel), contextlib.suppress(DeviceLostError):
            while True:
                request, _ = channel.receive()
                request.pop("arrays")
                try:
                    head, arrays = getattr(self, f"do_{request.pop('do')}")(**request)
                except MatteboxError as exc:
                    channel.send(
                        {
                            "ok": False,
                            "subject": exc.subject,
                            "fault": exc.fault,
                            "remedy": exc.remedy,
                        }
                    )
                else:
                    channel.send({"ok": True, **head}, arrays)

    def do_info(self) -> Answer:
        """Tell the scene, the camera's port and where a depth sensor stands."""
        scene = self.world.scene
        pose = scene.sensor_to_camera
        head = {
            "scene": scene.name,
            "camera_port": self.camera.port,
            "camera": dataclasses.asdict(scene.camera),
            "rotation": pose.rotation.tolist(),
            "translation_m": pose.translation_m.tolist(),
        }
        return head, {}

    def do_depth(self, kind: str, with_picture: bool = False) -> Answer:
        """Wait for the sensor's next frame and return it, with its own camera's picture."""
        sensor = self.world.sensor(kind)
        period = 1.0 / SENSOR_MODELS[kind].frames_per_s
        time.sleep(period - time.monotonic() % period)
        depth, confidence = sensor.read()
        arrays: Arrays = {"depth_m": depth, "confidence": confidence}
        if with_picture:
            arrays["picture"] = self.world.sensor_picture(kind)
        return {}, arrays

    def do_lights(self) -> Answer:
        """Tell each light's illuminance at the subject."""
        return {"illuminance": self.world.illuminances()}, {}

    def do_set_light(self, name: str, stops: float) -> Answer:
        """Turn a light up or down."""
        self.world.set_light(name, stops)
        return {}, {}

    def do_set_strobe(self, name: str, strobe: bool) -> Answer:
        """Let a light be a strobe or burn all the time."""
        self.world.set_strobe(name, strobe)
        return {}, {}

    def do_set_effect(self, name: str, amount: float) -> Answer:
        """Switch an effect on or off."""
        self.world.set_effect(name, amount)
        return {}, {}

    def do_truth(self, width: int, height: int, aperture_f: float, shutter_s: float) -> Answer:
        """Return the truth about a still."""
        return {}, self.world.truth(width, height, aperture_f, shutter_s)

    def do_press_shutter(self) -> Answer:
        """Press the button on the camera's body."""
        return {"response": int(self.body.press_shutter())}, {}

    def do_ledger(self) -> Answer:
        """Tell every file that the camera has announced."""
        with self.body.lock:
            return {"files": [dataclasses.asdict(entry) for entry in self.body.ledger]}, {}

    def do_fault(self, name: str, value: Any) -> Answer:
        """Make something go wrong; see `devices.simulated.faults`."""
        self.body.faults.script(name, value)
        return {}, {}

    def do_processor(self) -> Answer:
        """Tell the processor time used so far, seconds."""
        return {"seconds": processor_seconds()}, {}


def _end_with_parent() -> None:
    """End this process when the pipe from its parent closes, however the parent ended."""

    def watch() -> None:
        while os.read(sys.stdin.fileno(), 4096):
            pass
        os._exit(0)

    threading.Thread(target=watch, name="parent", daemon=True).start()


def main() -> None:
    """Run a studio until its parent ends, or for ever."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--scene", choices=SCENES, default="portrait")
    parser.add_argument("--dialect", choices=DIALECTS, default=DIALECTS[0])
    parser.add_argument("--with-parent", action="store_true", help="end when stdin closes")
    options = parser.parse_args()
    if options.with_parent:
        _end_with_parent()
    studio = StudioProcess(options.scene, options.dialect)
    ports = {"control": studio.control_port, "camera": studio.camera.port}
    sys.stdout.write(json.dumps(ports) + "\n")
    sys.stdout.flush()
    with contextlib.suppress(KeyboardInterrupt):
        studio.serve()


if __name__ == "__main__":
    main()
