"""Runs the small TensorFlow Lite networks that find faces, landmarks and persons."""

from __future__ import annotations

import functools
import zipfile
from pathlib import Path

import numpy as np
from jaxtyping import Float32

from ..errors import FitError


class Network:
    """One TensorFlow Lite network on one CPU thread.

    Args:
        content: The bytes of a ``.tflite`` file.
    """

    def __init__(self, content: bytes) -> None:
        try:
            from ai_edge_litert.interpreter import Interpreter
        except ImportError as error:
            raise FitError(
                "The package ai-edge-litert, which runs the face networks, is not installed.",
                "Run `python3 vendor_install.py install`.",
            ) from error
        self._interpreter = Interpreter(model_content=content, num_threads=1)
        self._interpreter.allocate_tensors()
        self._input = self._interpreter.get_input_details()[0]["index"]
        self._outputs = [details["index"] for details in self._interpreter.get_output_details()]

    def __call__(self, values: Float32[np.ndarray, "..."]) -> list[np.ndarray]:
        """The outputs, in the file's order, for one input of the network's own shape."""
        self._interpreter.set_tensor(self._input, np.ascontiguousarray(values, dtype=np.float32))
        self._interpreter.invoke()
        return [self._interpreter.get_tensor(index).copy() for index in self._outputs]


@functools.lru_cache(maxsize=8)
def load_network(path: Path, member: str | None = None) -> Network:
    """A network from a ``.tflite`` file, or from inside a ``.task`` bundle (a zip)."""
    if member is None:
        return Network(path.read_bytes())
    with zipfile.ZipFile(path) as bundle:
        return Network(bundle.read(member))
