"""What models return: real numbers of every framework and precision are read, and nothing else is."""

import ml_dtypes
import numpy as np
import pytest
import torch

from soundcheck.embedding.families.support import arrays

NUMBERS = [[0, 1, 2], [3, 0, 5]]
FLOATS = (ml_dtypes.bfloat16, ml_dtypes.float8_e4m3fn, np.float16, np.float32, np.float64, np.longdouble)
WHOLE = (np.int8, np.uint8, np.int16, np.uint16, np.int32, np.uint32, np.int64, np.uint64)


@pytest.mark.parametrize("kind", [*FLOATS, *WHOLE])
def test_numbers_of_numpy_and_its_extensions(kind):
    read = arrays.real(np.array(NUMBERS).astype(kind))
    assert read.dtype == np.float32
    np.testing.assert_array_equal(read, NUMBERS)


@pytest.mark.parametrize(
    "kind", ["float16", "bfloat16", "float32", "float64", "float8_e4m3fn", "uint8", "int16", "int32", "int64"]
)
def test_numbers_of_torch(kind):
    read = arrays.real(torch.tensor(NUMBERS).to(getattr(torch, kind)))
    assert read.dtype == np.float32
    np.testing.assert_array_equal(read, NUMBERS)


def test_true_is_one_in_every_framework():
    for result in (np.array(NUMBERS) > 0, torch.tensor(NUMBERS) > 0, [[False, True, True], [True, False, True]]):
        np.testing.assert_array_equal(arrays.real(result), np.array(NUMBERS) > 0)


def test_tensors_with_a_gradient_sparse_quantized_and_views():
    tensor = torch.tensor(NUMBERS, dtype=torch.float32)
    lazy = torch.complex(torch.zeros(2, 3), -tensor).conj().imag
    quantized = torch.quantize_per_tensor(tensor, 0.5, 0, torch.quint8)
    for result in (tensor.clone().requires_grad_(), tensor.to_sparse(), quantized, tensor.T.contiguous().T, lazy):
        np.testing.assert_array_equal(arrays.real(result), NUMBERS)


def test_lists_of_arrays_and_tensors():
    np.testing.assert_array_equal(arrays.real([np.array(row) for row in NUMBERS]), NUMBERS)
    np.testing.assert_array_equal(arrays.real([torch.tensor(row) for row in NUMBERS]), NUMBERS)


def test_what_is_beyond_float32_is_infinite_and_makes_no_noise():
    assert np.isinf(arrays.real(np.array([1e300]))).all()


@pytest.mark.parametrize(
    ("result", "what"),
    [
        (np.zeros(2, np.complex64), r"an array of complex64, of shape \(2,\)"),
        (torch.zeros(2, dtype=torch.complex128), "an array of complex128"),
        (np.array([1.0, None]), "an array of object"),
        (np.array(["1"]), "an array of <U1"),
        (np.zeros(2, [("a", float)]), "an array of "),
        (np.array(["2020-01-01"], "datetime64[s]"), "an array of datetime64"),
        ([[1, 2], [3]], "rows of different lengths"),
        (None, "NoneType"),
        (1.5, "float"),
        ({"a": 1}, "dict"),
        (torch.zeros(2, device="meta"), "Tensor"),
    ],
)
def test_nothing_else_is_taken_for_numbers(result, what):
    with pytest.raises(arrays.NotReal, match=f"^{what}"):
        arrays.real(result)
