"""What a model returned as an array of real numbers, whatever its framework and its precision."""

import numpy as np


class NotReal(ValueError):
    """What was returned is no array of real numbers; the message says what it is, as in `an array of complex64`."""


def real(result: object) -> np.ndarray:
    """An array, a tensor of torch, TensorFlow or JAX, or nested lists, as float32 of the same shape.

    Half precision, float64, whole numbers and true and false (1 and 0) are read. What is beyond float32 becomes
    infinite.

    Raises:
        NotReal: complex numbers, text, objects, rows of different lengths, or no array at all.
    """
    array = as_array(result)
    with np.errstate(over="ignore"):
        return array.astype(np.float32)


def as_array(result: object) -> np.ndarray:
    """The same, in a kind of number that NumPy has itself.

    Raises:
        NotReal: see `real`.
    """
    if not hasattr(result, "__array__") and not isinstance(result, list | tuple):
        raise NotReal(type(result).__name__)
    try:
        array = np.asarray(_of_torch(result) if hasattr(result, "detach") else result)
    except Exception as error:
        # Of lists, or of an array that is not in the processor's memory.
        what = "rows of different lengths" if isinstance(result, list | tuple) else f"{type(result).__name__} ({error})"
        raise NotReal(what) from error
    if array.dtype.kind == "V" and array.dtype.name.startswith(("bfloat", "float")):
        return array.astype(np.float32)  # kinds of the package ml_dtypes, which JAX and TensorFlow return
    if array.dtype.kind not in "fiub":
        raise NotReal(f"an array of {array.dtype}, of shape {array.shape}")
    return array


def _of_torch(tensor):
    """A tensor as NumPy can take it: dense, in memory, of a precision that it has."""
    import torch

    tensor = tensor.detach()
    if tensor.is_quantized:
        tensor = tensor.dequantize()
    if tensor.layout != torch.strided:
        tensor = tensor.to_dense()
    if tensor.is_floating_point() and tensor.dtype not in (torch.float64, torch.float32, torch.float16):
        tensor = tensor.float()
    return tensor.cpu().resolve_conj().resolve_neg()
