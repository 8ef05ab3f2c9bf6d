"""Exposure and focus of an OAK: from its address to the message that real depthai carries."""

import json
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.address import parse_depth_address
from devices.errors import AddressError
from devices.oak_control import OakControl, oak_parts
from tui.cli import main
from tui.exit_codes import ExitCode


@given(
    st.sampled_from(["", "184430A1", "1.2.1", "192.168.1.20"]),
    st.floats(0.001, 33.0),
    st.integers(100, 1600),
    st.integers(0, 255),
)
def test_what_the_address_says_is_what_is_set(device_id, exposure_ms, iso, focus) -> None:
    value = f"{device_id},focus={focus},exposure={exposure_ms!r},iso={iso}"
    text = f"oak:{value}"
    assert parse_depth_address(text).value == value
    assert oak_parts(text, value) == (device_id, OakControl(exposure_ms, iso, focus))


def test_an_address_without_settings_leaves_all_to_the_device() -> None:
    assert oak_parts("oak:184430A1", "184430A1") == ("184430A1", OakControl())


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ("gain=3", "sets 'gain'"),
        ("exposure=8", "one of exposure and ISO"),
        ("iso=200", "one of exposure and ISO"),
        ("exposure=fast,iso=200", "exposure to 'fast'"),
        ("exposure=8,iso=50", "iso to '50'"),
        ("focus=256", "focus to '256'"),
        ("focus=nan", "focus to 'nan'"),
    ],
)
def test_what_cannot_be_set_is_refused_with_the_form_before_anything_is_opened(
    settings, words, capsys
) -> None:
    with pytest.raises(AddressError, match=words) as refused:
        parse_depth_address(f"oak:,{settings}")
    assert "focus=0-255" in refused.value.remedy
    options = ["shoot", "--camera", "gphoto2:", "--depth", f"oak:,{settings}", "--session", "x"]
    assert main(options) == ExitCode.DEVICE_NOT_FOUND
    assert words in capsys.readouterr().err


#: Cameras want a device, so stand-ins hold the queues: real ones, of a node on the host that tells
#: what it is sent.
_CARRIED = """
import json
from devices.oak_control import OakControl, control_queues
from devices.oak_driver import import_depthai
dai = import_depthai()

class Told(dai.node.ThreadedHostNode):
    def __init__(self):
        super().__init__()
        self.inputControl = self.createInput()
        self.heard = self.createOutput()

    def run(self):
        self.heard.send(self.inputControl.get())

SOCKETS = dai.CameraBoardSocket
pipeline = dai.Pipeline(False)
cameras = {name: pipeline.create(Told) for name in ("CAM_A", "CAM_B", "CAM_C")}
for name, node in cameras.items():
    node.getBoardSocket = lambda name=name: getattr(SOCKETS, name)
dai.node.Camera = Told
answers = {name: node.heard.createOutputQueue() for name, node in cameras.items()}
told = control_queues(dai, pipeline, OakControl(8.0, 200, 130))
nothing = control_queues(dai, pipeline, OakControl())
pairless = control_queues(dai, pipeline, OakControl(focus=130))
pipeline.start()
for queue, message in told:
    queue.send(message)
heard = {}
for name, queue in answers.items():
    message = queue.get()
    heard[name] = [
        message.getExposureTime().total_seconds(), message.getSensitivity(),
        message.getLensPosition(),
    ]
print(json.dumps([heard, len(nothing), len(pairless)]))
pipeline.stop()
"""


def test_depthai_carries_exposure_to_all_cameras_and_focus_to_colour_alone() -> None:
    done = subprocess.run(
        [sys.executable, "-c", _CARRIED], capture_output=True, text=True, timeout=60, check=True
    )
    heard, nothing, pairless = json.loads(done.stdout.splitlines()[-1])
    assert {name: told[:2] for name, told in heard.items()} == {
        name: [0.008, 200] for name in ("CAM_A", "CAM_B", "CAM_C")
    }
    assert heard["CAM_A"][2] == 130
    assert heard["CAM_B"][2] == heard["CAM_C"][2] == 0
    assert (nothing, pairless) == (0, 1)
