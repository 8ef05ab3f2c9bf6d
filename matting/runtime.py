"""Graphs opened and run by ONNX Runtime, with proof of where. The only importer of onnxruntime."""

from __future__ import annotations

import contextlib
import io
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib import import_module, util
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from matting.execution_providers import (
    Choice,
    HardwareKind,
    Placement,
    ProviderDevice,
    choices,
    device_told_by_name,
    proven,
)
from matting.imaging.errors import InferenceError
from matting.provider_options import nvidia_card, provider_options
from matting.runtime_refusals import cannot_open, in_words

#: Modules of plugin providers, each with ``get_library_path()``.
PLUGINS = (
    "onnxruntime_ep_openvino",
    "onnxruntime_qnn",
    "onnxruntime_ep_webgpu",
    "onnxruntime_ep_nv_tensorrt_rtx",
)
#: OpenVINO's device AUTO picks the hardware by itself and says nothing.
_META_DEVICE = "ov_meta_device"
_SILENT_BELOW_FATAL, _WARNINGS = 4, 2
#: Made by NVIDIA's libraries, which are packages of their own.
_NVIDIA = ("CUDAExecutionProvider", "TensorrtExecutionProvider")
#: Where a provider's outputs can stay, as ONNX Runtime calls it; with others they come back.
_MEMORY_OF = {"CUDAExecutionProvider": "cuda", "TensorrtExecutionProvider": "cuda"}

Array = npt.NDArray[Any]


@dataclass(frozen=True, slots=True)
class Port:
    """An input or output of a graph; `shape` holds numbers, and words or None where open."""

    name: str
    shape: tuple[int | str | None, ...]
    type: str


@dataclass(frozen=True, slots=True)
class FoundProviders:
    """Execution providers with their hardware; `remarks` say what cannot be loaded, and why."""

    devices: tuple[ProviderDevice, ...]
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Kept:
    """A graph's output that stayed in the memory of the hardware which made it."""

    _value: Any

    def array(self) -> Array:
        """Return it as an array of this machine's memory."""
        return np.asarray(self._value.numpy())


@dataclass(frozen=True, slots=True, eq=False)
class Graph:
    """An opened network, ready to run.

    Parameters
    ----------
    path : Path
    inputs, outputs : tuple of Port
    placement : Placement
        Where it runs, as the session itself tells.
    """

    path: Path
    inputs: tuple[Port, ...]
    outputs: tuple[Port, ...]
    placement: Placement
    _session: Any

    def run(self, outputs: Sequence[str], feeds: Mapping[str, Array | Kept]) -> tuple[Array, ...]:
        """Return the named outputs.

        Raises
        ------
        InferenceError
            When names, shapes or types are not those of the graph, or it fails on the way.
        """
        return tuple(value.array() for value in self._bound(outputs, (), feeds))

    def run_keeping(
        self, outputs: Sequence[str], kept: Sequence[str], feeds: Mapping[str, Array | Kept]
    ) -> tuple[tuple[Array, ...], tuple[Kept, ...]]:
        """Return the named outputs, and others, which stay where the graph runs.

        What is kept can be given to this graph again, or to another on the same hardware, without
        a way through this machine's memory.

        Raises
        ------
        InferenceError
            As `run`.
        """
        values = self._bound(outputs, kept, feeds)
        return tuple(value.array() for value in values[: len(outputs)]), values[len(outputs) :]

    def _bound(
        self, outputs: Sequence[str], kept: Sequence[str], feeds: Mapping[str, Array | Kept]
    ) -> tuple[Kept, ...]:
        binding = self._session.io_binding()
        try:
            for name, value in feeds.items():
                if isinstance(value, Kept):
                    binding.bind_ortvalue_input(name, value._value)
                else:
                    binding.bind_cpu_input(name, np.asarray(value, order="C"))
            for name in outputs:
                binding.bind_output(name)
            for name in kept:
                binding.bind_output(name, _MEMORY_OF.get(self.placement.provider, "cpu"))
            self._session.run_with_iobinding(binding)
        # What fails while a binding runs has no class of ONNX Runtime's own.
        except (*_runtime_errors(), ValueError, RuntimeError) as error:  # type: ignore[misc]
            raise InferenceError(
                self.path,
                f"does not keep its contract ({in_words(error)})",
                "Correct the contract",
            ) from error
        return tuple(Kept(value) for value in binding.get_outputs())


def find_providers() -> FoundProviders:
    """Return what ONNX Runtime can run on here, plugin providers that are installed among it."""
    devices, remarks = _ep_devices()
    return FoundProviders(tuple(dict.fromkeys(device for device, _ in devices)), remarks)


def open_graph(path: Path, accelerator: str = "auto", content: bytes | None = None) -> Graph:
    """Open a network on the hardware that is asked for.

    Parameters
    ----------
    path : Path
        An ONNX file.
    content : bytes or None
        The file itself, where it was made here and lies nowhere; `path` then names it.
    accelerator : str
        See `matting.execution_providers.choices`.

    Raises
    ------
    InferenceError
        The hardware is not there, does not run the network after all, or the file cannot be run.
    """
    devices, remarks = _ep_devices()
    handles: dict[ProviderDevice, list[Any]] = {}
    for device, handle in devices:
        handles.setdefault(device, []).extend([] if handle is None else [handle])
    failed: list[str] = list(remarks)
    ranked = choices(accelerator, tuple(handles), remarks)
    for choice in ranked:
        try:
            return _opened(path, content, choice, handles[choice.device][:1], failed)
        except InferenceError as error:
            if choice.wanted or choice is ranked[-1]:
                raise
            failed.append(f"{choice.device.name} was tried first: {error.fault}")
    raise AssertionError("there is always a choice")


def _opened(
    path: Path, content: bytes | None, choice: Choice, handles: list[Any], failed: Sequence[str]
) -> Graph:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = _SILENT_BELOW_FATAL
    options.add_session_config_entry("session.record_ep_graph_assignment_info", "1")
    named = {}
    if handles:
        # By name a plugin provider would be left out in silence.
        options.add_provider_for_devices(handles, provider_options(choice.device.provider))
    else:
        provider = choice.device.provider
        named = {"providers": [(provider, provider_options(provider))]}
    try:
        with runtime_silenced():
            # Its own falling back to the processor would hide what failed.
            session = onnxruntime.InferenceSession(
                str(path) if content is None else content, options, enable_fallback=0, **named
            )
    except (*_runtime_errors(), ValueError) as error:  # type: ignore[misc]
        raise cannot_open(path, choice, error) from error
    nodes: Counter[str] = Counter()
    for part in session.get_provider_graph_assignment_info():
        nodes[part.ep_name] += len(part.get_nodes())
    return Graph(
        path,
        tuple(Port(port.name, tuple(port.shape), port.type) for port in session.get_inputs()),
        tuple(Port(port.name, tuple(port.shape), port.type) for port in session.get_outputs()),
        proven(choice, nodes, _hardware_at_input(session), failed),
        session,
    )


def with_fixed_sizes(
    path: Path, shapes: Mapping[str, Sequence[int]], content: bytes | None = None
) -> bytes:
    """Return a network for one size of its inputs, what follows from sizes worked out beforehand.

    Parameters
    ----------
    path : Path
        An ONNX file.
    shapes : mapping of str to sequence of int
        Of inputs, by name.
    content : bytes or None
        The file itself, where it lies nowhere.

    Raises
    ------
    InferenceError
        It cannot be run at that size.
    """
    import onnx

    model = onnx.load_from_string(path.read_bytes() if content is None else content)
    for port in model.graph.input:
        sides = port.type.tensor_type.shape.dim
        for side, length in zip(sides, shapes.get(port.name, ()), strict=False):
            side.dim_value = length
    # Inner shapes that were inferred for open sizes would speak against what is now known.
    del model.graph.value_info[:]
    for port in model.graph.output:
        for side in port.type.tensor_type.shape.dim:
            side.Clear()
    return _folded(path, onnx.shape_inference.infer_shapes(model).SerializeToString())


def _folded(path: Path, content: bytes) -> bytes:
    """Return a graph with all worked out that no input changes, of the same operators."""
    import onnx
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = _SILENT_BELOW_FATAL
    # Of standard operators still: further levels put in the processor's own.
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "folded.onnx"
        options.optimized_model_filepath = str(target)
        try:
            onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
        except (*_runtime_errors(), ValueError) as error:  # type: ignore[misc]
            raise InferenceError(
                path, f"cannot be made for one size ({in_words(error)})", "Export it at that size"
            ) from error
        model = onnx.load(target)
    used = {node.domain for node in model.graph.node}
    kept = [one for one in model.opset_import if one.domain in used]
    del model.opset_import[:]
    model.opset_import.extend(kept)
    return bytes(onnx.shape_inference.infer_shapes(model).SerializeToString())


@contextlib.contextmanager
def runtime_silenced() -> Iterator[None]:
    """Keep ONNX Runtime's own tools from logging to stderr."""
    import logging

    import onnxruntime

    onnxruntime.set_default_logger_severity(_SILENT_BELOW_FATAL)
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(before)
        onnxruntime.set_default_logger_severity(_WARNINGS)


def _hardware_at_input(session: Any) -> HardwareKind | None:
    devices = session.get_input_epdevices()
    kind: HardwareKind | None = devices[0].device.type.name if devices and devices[0] else None
    return kind


@lru_cache(maxsize=1)
def _ep_devices() -> tuple[tuple[tuple[ProviderDevice, Any], ...], tuple[str, ...]]:
    """Return each provider's device with ONNX Runtime's handle of it, and what failed to load."""
    import onnxruntime

    remarks = []
    for module in PLUGINS:
        if util.find_spec(module) is None:
            continue
        try:
            library = import_module(module).get_library_path()
            onnxruntime.register_execution_provider_library(module, library)
        except (*_runtime_errors(), ImportError, OSError, AttributeError) as error:  # type: ignore[misc]
            remarks.append(f"{module}: cannot be loaded ({in_words(error)})")
    missing = _missing_of_nvidia() if _NVIDIA[0] in onnxruntime.get_available_providers() else None
    if missing:
        remarks.append(f"CUDA: cannot be loaded ({missing})")
    found: list[tuple[ProviderDevice, Any]] = []
    for handle in onnxruntime.get_ep_devices():
        if _META_DEVICE not in handle.ep_metadata:
            hardware = _hardware(handle)
            found.append(
                (ProviderDevice(handle.ep_name, handle.device.type.name, hardware), handle)
            )
    listed = {handle.ep_name for handle in onnxruntime.get_ep_devices()}
    for name in onnxruntime.get_available_providers():
        if name not in listed and not (missing and name in _NVIDIA):
            device = device_told_by_name(name)
            if name in _NVIDIA:
                device = replace(device, hardware=nvidia_card() or device.hardware)
            found.append((device, None))
    return tuple(found), tuple(remarks)


def _missing_of_nvidia() -> str | None:
    """Load NVIDIA's libraries, from where pip puts them too; return what is missing, in words."""
    import onnxruntime

    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        onnxruntime.preload_dlls()
    for line in said.getvalue().splitlines():
        if line.startswith("Failed to load"):
            return line.partition(": ")[2]
    return None


def _hardware(handle: Any) -> str:
    """Return the hardware's name as driver or provider tell it."""
    metadata = {**handle.device.metadata, **handle.ep_metadata}
    for key in ("FULL_DEVICE_NAME", "Description"):
        if metadata.get(key):
            return str(metadata[key])
    return str(handle.device.vendor)


def _runtime_errors() -> tuple[type[Exception], ...]:
    """Return the classes that ONNX Runtime raises; they have no common base of their own."""
    from onnxruntime.capi import onnxruntime_pybind11_state as state

    names = (
        "Fail InvalidArgument NoSuchFile NoModel EngineError RuntimeException InvalidProtobuf "
        "NotImplemented InvalidGraph EPFail"
    )
    return tuple(getattr(state, name) for name in names.split() if hasattr(state, name))
