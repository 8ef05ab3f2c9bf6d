"""Which execution provider is to run a network, and whether it did: decisions, no runtime.

ONNX Runtime gives a graph's nodes to execution providers, and a provider stands before a piece of
hardware. It is generous: a provider that is not there, or whose hardware is not, is left out, and
the processor does the work without a word. So the hardware is chosen here before a session is
made, and what the session says afterwards is held against the choice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from matting.imaging.errors import InferenceError

HardwareKind = Literal["CPU", "GPU", "NPU", "not told"]

#: What stands for a kind of hardware on the command line.
_KIND_OF_WORD: dict[str, HardwareKind] = {"cpu": "CPU", "gpu": "GPU", "npu": "NPU"}
#: From the first choice on. TensorRT comes late: it builds a plan for minutes at the first run.
_PREFERENCE = (
    "CPUExecutionProvider",
    "CUDAExecutionProvider",
    "MIGraphXExecutionProvider",
    "ROCMExecutionProvider",
    "QNNExecutionProvider",
    "OpenVINOExecutionProvider",
    "DmlExecutionProvider",
    "WebGpuExecutionProvider",
    "NvTensorRTRTXExecutionProvider",
    "TensorrtExecutionProvider",
)
#: Providers that stand before one kind of hardware, also where the runtime does not tell it.
_HARDWARE_OF: dict[str, HardwareKind] = {
    "CPUExecutionProvider": "CPU",
    "CUDAExecutionProvider": "GPU",
    "TensorrtExecutionProvider": "GPU",
    "NvTensorRTRTXExecutionProvider": "GPU",
    "MIGraphXExecutionProvider": "GPU",
    "ROCMExecutionProvider": "GPU",
    "DmlExecutionProvider": "GPU",
    "WebGpuExecutionProvider": "GPU",
}
#: Sends pictures to a server.
_NEVER_USED = "AzureExecutionProvider"


@dataclass(frozen=True, slots=True)
class ProviderDevice:
    """An execution provider and the hardware that it stands before.

    Parameters
    ----------
    provider : str
        As ONNX Runtime calls it, such as ``CUDAExecutionProvider``.
    kind : "CPU", "GPU", "NPU" or "not told"
        "not told" where the provider chooses by itself and does not say what.
    hardware : str
        In words.
    """

    provider: str
    kind: HardwareKind
    hardware: str

    @property
    def name(self) -> str:
        """The provider's name as people write it."""
        return short_name(self.provider)

    @property
    def usable(self) -> bool:
        """Whether it may be chosen: not where pictures would leave the machine."""
        return self.provider != _NEVER_USED


@dataclass(frozen=True, slots=True)
class Choice:
    """The hardware to run on, and why, in words; `wanted` when a person named it."""

    device: ProviderDevice
    why: str
    wanted: bool


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a graph really runs.

    Parameters
    ----------
    provider : str
        The provider that holds most of the graph's nodes.
    device : str
        Kind and name of the hardware behind it.
    nodes_per_provider : mapping of str to int
        Every provider that holds nodes, and how many.
    why : str
        Why it was chosen, and what is to be known of it, in words.
    """

    provider: str
    device: str
    nodes_per_provider: Mapping[str, int]
    why: str

    @property
    def in_words(self) -> str:
        """Provider and hardware."""
        return f"{short_name(self.provider)} ({self.device})"

    def as_json(self) -> dict[str, object]:
        """Return the placement as the commands print it."""
        return {
            "provider": self.provider,
            "device": self.device,
            "nodes_per_provider": dict(self.nodes_per_provider),
        }


def short_name(provider: str) -> str:
    """Return a provider's name without what all of them end in."""
    return provider.removesuffix("ExecutionProvider")


def device_told_by_name(provider: str) -> ProviderDevice:
    """Return the device of a provider of which the runtime lists no hardware."""
    kind = _HARDWARE_OF.get(provider, "not told")
    if provider == _NEVER_USED:
        return ProviderDevice(provider, kind, "calls a server, so it is never used")
    return ProviderDevice(
        provider, kind, "chooses by itself and does not tell" if kind == "not told" else kind
    )


def choices(
    accelerator: str, found: Sequence[ProviderDevice], remarks: Sequence[str] = ()
) -> tuple[Choice, ...]:
    """Return what to run on, the best first; of several the next counts if one cannot load.

    Parameters
    ----------
    accelerator : str
        ``auto``, ``cpu``, ``gpu``, ``npu`` or the name of a provider, in any case, with or
        without the ending ``ExecutionProvider``.
    found : sequence of ProviderDevice
        What this machine has.
    remarks : sequence of str
        What could not be loaded, and why, in words.

    Returns
    -------
    tuple of Choice
        One, unless `accelerator` is ``auto``: then every GPU, every NPU and the processor, where
        the hardware is known. Other providers on the processor are not taken unasked: they load
        ten times as long, and a photograph is one run.

    Raises
    ------
    InferenceError
        When there is none of what was asked for.
    """
    usable = sorted((device for device in found if device.usable), key=_rank)
    if accelerator.lower() == "auto":
        return _automatic(usable)
    kind = _KIND_OF_WORD.get(accelerator.lower())
    name = short_name(accelerator).lower()
    if kind is not None:
        fitting = [device for device in usable if device.kind == kind]
    else:
        fitting = [device for device in usable if device.name.lower() == name]
    if not fitting:
        raise _nothing_fits(accelerator, kind, usable, remarks)
    return (Choice(fitting[0], f"asked for as {accelerator}", wanted=True),)


def proven(
    choice: Choice, nodes: Mapping[str, int], ran_on: HardwareKind | None, remarks: Sequence[str]
) -> Placement:
    """Hold what a session says against the choice.

    Parameters
    ----------
    choice : Choice
    nodes : mapping of str to int
        Which provider holds how many of the graph's nodes.
    ran_on : "CPU", "GPU", "NPU" or None
        The hardware that takes the graph's input, where the session tells it.
    remarks : sequence of str
        What was tried before, in words.

    Raises
    ------
    InferenceError
        When the chosen provider does not hold most of the nodes, or runs on other hardware.
    """
    wanted = choice.device
    total, held = sum(nodes.values()), nodes.get(wanted.provider, 0)
    if 2 * held < total or not held:
        holders = ", ".join(f"{short_name(name)} {count}" for name, count in nodes.items())
        raise InferenceError(
            wanted.name,
            f"runs {held} of this network's {total} nodes ({holders})",
            "Its driver or libraries may be missing, or it lacks the network's operators; "
            "see `mattebox devices`, or give --accelerator auto or cpu",
        )
    if ran_on is not None and wanted.kind != "not told" and ran_on != wanted.kind:
        raise InferenceError(
            wanted.name,
            f"was to run on the {wanted.kind} and runs on the {ran_on}",
            "Install the hardware's driver, or give --accelerator auto or cpu",
        )
    elsewhere = total - held
    told = [choice.why] if choice.wanted else [*remarks, choice.why]
    if elsewhere:
        told.append(f"{elsewhere} of {total} nodes are left to other providers")
    device = wanted.hardware if wanted.kind == "not told" else f"{wanted.kind} {wanted.hardware}"
    return Placement(wanted.provider, device, dict(nodes), "; ".join(told))


def _automatic(usable: Sequence[ProviderDevice]) -> tuple[Choice, ...]:
    ranked = [device for kind in ("GPU", "NPU") for device in usable if device.kind == kind]
    chosen = [Choice(device, f"the first {device.kind} found", False) for device in ranked]
    plain = [device for device in usable if device.provider == "CPUExecutionProvider"]
    why = "the processor" if ranked else "no GPU and no NPU was found"
    return (*chosen, *(Choice(device, why, False) for device in plain))


def _rank(device: ProviderDevice) -> tuple[int, int]:
    kinds: tuple[HardwareKind, ...] = ("GPU", "NPU", "CPU", "not told")
    known = device.provider in _PREFERENCE
    preference = _PREFERENCE.index(device.provider) if known else len(_PREFERENCE)
    return preference, kinds.index(device.kind)


def _nothing_fits(
    accelerator: str,
    kind: HardwareKind | None,
    usable: Sequence[ProviderDevice],
    remarks: Sequence[str],
) -> InferenceError:
    there = ", ".join(f"{device.name} ({device.kind})" for device in usable) or "nothing"
    there = "; ".join([there, *remarks])
    if kind is None:
        return InferenceError(
            f"--accelerator {accelerator}",
            f"is no execution provider of this machine, which has {there}",
            "Install the provider's package, or give auto, cpu, gpu, npu or one of these",
        )
    packages = {
        "GPU": "onnxruntime-gpu (NVIDIA), onnxruntime-directml (Windows) or "
        "onnxruntime-ep-openvino (Intel)",
        "NPU": "onnxruntime-qnn (Qualcomm) or onnxruntime-ep-openvino (Intel)",
    }
    return InferenceError(
        f"--accelerator {accelerator}",
        f"no {kind} that a network can run on was found; this machine has {there}",
        f"Install its driver and {packages.get(kind, 'onnxruntime')}, "
        "or give --accelerator auto or cpu",
    )
