"""What execution providers are told, and what NVIDIA's driver tells of its cards."""

from __future__ import annotations

import json
from pathlib import Path

#: OpenVINO rounds to bfloat16 or half floats where the hardware is faster by it, which moves alpha
#: by up to a quarter; only this option is heeded, others of the same name are passed over.
_FULL_PRECISION = {"INFERENCE_PRECISION_HINT": "f32"}


def provider_options(provider: str) -> dict[str, str]:
    """Return what a provider is told: full precision, and where to keep what it has compiled.

    Parameters
    ----------
    provider : str
        As ONNX Runtime calls it.

    Notes
    -----
    Providers know what they have kept by the network itself. Where the folder cannot be made they
    compile every time.
    """
    if provider == "CUDAExecutionProvider":
        # TF32 keeps 10 bits of each factor, and a search for the fastest convolution costs the
        # first frame seconds.
        return {"use_tf32": "0", "cudnn_conv_algo_search": "HEURISTIC"}
    if provider == "TensorrtExecutionProvider":
        folder = _folder_of_compiled()
        told = {"trt_engine_cache_enable": "1", "trt_engine_cache_path": str(folder)}
        return told if folder else {}
    if provider == "OpenVINOExecutionProvider":
        folder = _folder_of_compiled()
        kept = {"CACHE_DIR": str(folder)} if folder else {}
        told = _FULL_PRECISION | kept
        return {"load_config": json.dumps({"CPU": told, "GPU": told, "NPU": kept})}
    return {}


def _folder_of_compiled() -> Path | None:
    import platformdirs

    folder = platformdirs.user_cache_path("mattebox") / "compiled"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return None
    return folder


def nvidia_card(folder: Path = Path("/proc/driver/nvidia/gpus")) -> str | None:
    """Return the name of the first card that NVIDIA's driver lists; None where it lists none."""
    for file in sorted(folder.glob("*/information")):
        for line in file.read_text().splitlines():
            key, _, value = line.partition(":")
            if key == "Model":
                return value.strip()
    return None
