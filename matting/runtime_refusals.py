"""What ONNX Runtime says of a network that it refuses, put in words, with what to do."""

from __future__ import annotations

import re
from pathlib import Path

from matting.execution_providers import Choice
from matting.imaging.errors import InferenceError

#: What ONNX Runtime says of a file that it refuses, what that means, and what to do.
_REFUSALS = (
    (
        "Protobuf parsing failed|No graph was found|Missing opset",
        "is not a whole ONNX file, but cut short, damaged or of another format",
        "Copy or export it again",
    ),
    (
        "escapes model directory|Absolute path not allowed",
        "keeps numbers in a file outside of its own folder, which is not read",
        "Put that file beside it and export it again, or save all in one file",
    ),
    (
        "External data path does not exist|External data file",
        "lacks the file beside it that holds its numbers",
        "Copy that file too, under its own name",
    ),
    (
        "is not a registered function|No Op registered|custom op",
        "has operators that ONNX Runtime does not know",
        "Export it with standard operators",
    ),
    (
        "ValidateOpsetForDomain|Unsupported model IR version",
        "is of a newer version of ONNX than this ONNX Runtime reads",
        "Export it with an older opset, or update onnxruntime",
    ),
    (
        "byte limit for embedded",
        "declares more numbers than an ONNX file can hold",
        "Export it again",
    ),
    (
        "bad_alloc|Failed to allocate memory|bad allocation",
        "asks for more memory than there is",
        "Use a smaller network",
    ),
)


def cannot_open(path: Path, choice: Choice, error: Exception) -> InferenceError:
    """Return the error of a network that cannot be opened.

    Parameters
    ----------
    path : Path
    choice : Choice
        What it was to run on.
    error : Exception
        What ONNX Runtime raised.
    """
    told = str(error)
    for pattern, fault, remedy in _REFUSALS:
        if re.search(pattern, told):
            return InferenceError(path, f"{fault} (ONNX Runtime: {in_words(error)})", remedy)
    if choice.device.provider == "CPUExecutionProvider":
        return InferenceError(
            path, f"cannot be run ({in_words(error)})", "Export it again, or use another file"
        )
    return InferenceError(
        path,
        f"cannot be loaded by {choice.device.name} ({in_words(error)})",
        "Give --accelerator auto or cpu",
    )


def in_words(error: Exception) -> str:
    """Return what a person may want to know of ONNX Runtime's message: no code, no source line."""
    text = re.sub(r"^Error in execution: ", "", str(error).strip())
    text = re.sub(r"^\[ONNXRuntimeError\] : \d+ : \w+ : ", "", text)
    text = re.sub(r"^Load model from .*? failed:", "", text)
    text = re.sub(r"External data path validation failed .*? Error: (?:\S+:\d+ \w+ )?", "", text)
    text = re.sub(r"/\S+\.(?:cc|h):\d+ (?:.*\) )?", "", text)
    return text.splitlines()[0][:200] if text else type(error).__name__
