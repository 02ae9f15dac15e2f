"""Multilayer perceptrons of several seeds, side by side in the same tensors, and a step of their training.

A seed's values do not depend on which others lie beside it. The conventions are those of Keras: Glorot-uniform kernels
and zero biases, Adam with epsilon 1e-7, binary cross-entropy as the mean over classes.
"""

import itertools
import math
from dataclasses import dataclass

import numpy as np
import torch

from soundcheck.seeds import seed_for

# Blocks of the parameters begin at multiples of this, so that each seed's values meet the same vector instructions.
_ALIGNMENT = 16
_ADAM_EPSILON = 1e-7
# Beyond it, exp() overflows float32.
_LARGEST_EXPONENT = 80.0


def shapes(sizes: list[int]) -> list[tuple[int, int]]:
    """The shapes of kernel and bias of each layer, in turn."""
    shapes = []
    for inputs, outputs in itertools.pairwise(sizes):
        shapes += [(inputs, outputs), (1, outputs)]
    return shapes


def views(flat: torch.Tensor, shapes: list[tuple[int, int]]) -> list[torch.Tensor]:
    """The parts (n_seeds, *shape) of the flat parameters (n_seeds, n_parameters)."""
    views, start = [], 0
    for shape in shapes:
        size = math.prod(shape)
        views.append(flat[:, start : start + size].view(-1, *shape))
        start += _aligned(size)
    return views


def _aligned(size: int) -> int:
    return -(-size // _ALIGNMENT) * _ALIGNMENT


def initialised(seed: int, shapes: list[tuple[int, int]], output_from_zero: bool = False) -> torch.Tensor:
    """Glorot-uniform kernels and zero biases (n_parameters,), drawn on the CPU whatever the device."""
    generator = torch.Generator().manual_seed(seed_for(seed, "weights"))
    flat = torch.zeros(1, sum(map(_aligned, map(math.prod, shapes))))
    for kernel in views(flat, shapes)[::2]:
        limit = math.sqrt(6 / sum(kernel.shape[1:]))
        kernel[0].uniform_(-limit, limit, generator=generator)
    if output_from_zero:
        kernel.zero_()
    return flat[0]


@dataclass
class Adam:
    """The state of the optimiser: gradients and moments (n_seeds, n_parameters), and the number of steps taken."""

    gradient: torch.Tensor
    moment: torch.Tensor
    square: torch.Tensor
    steps: torch.Tensor

    @staticmethod
    def started(flat: torch.Tensor) -> "Adam":
        return Adam(*(torch.zeros_like(flat) for _ in range(3)), torch.zeros((), device=flat.device))

    def kept(self, places: list[int]) -> "Adam":
        """The state of the seeds at these places alone."""
        return Adam(self.gradient[places], self.moment[places], self.square[places], self.steps)

    def step(self, flat: torch.Tensor, learning_rate: float, penalty: float) -> None:
        """Update the parameters (n_seeds, n_parameters) in place."""
        self.steps += 1
        # What torch.optim.Adam(fused=True) calls: its bookkeeping takes longer than a small network's products.
        # The gradient of the penalty is what torch calls weight decay, twice over.
        torch._fused_adam_(
            [flat], [self.gradient], [self.moment], [self.square], [], [self.steps],
            lr=learning_rate, beta1=0.9, beta2=0.999, weight_decay=2 * penalty, eps=_ADAM_EPSILON,
            amsgrad=False, maximize=False,
        )  # fmt: skip


def forward(views: list[torch.Tensor], x: torch.Tensor) -> tuple[list[torch.Tensor], torch.Tensor]:
    """The inputs of all layers (n_seeds, n_items, in), and the logits (n_seeds, n_items, n_classes)."""
    hidden = [x]
    for kernel, bias in zip(views[:-2:2], views[1:-2:2], strict=True):
        hidden.append(torch.baddbmm(bias, hidden[-1], kernel).relu_())
    return hidden, torch.baddbmm(views[-1], hidden[-1], views[-2])


def backward(views, gradients, hidden, error) -> None:
    """Fill the gradients, given the loss's derivative (n_seeds, n_items, n_classes) by the logits."""
    # By hand, as autograd takes as long again as the products of a small network.
    for layer in reversed(range(len(hidden))):
        torch.bmm(hidden[layer].transpose(1, 2), error, out=gradients[2 * layer])
        torch.sum(error, dim=1, keepdim=True, out=gradients[2 * layer + 1])
        if layer > 0:
            error = torch.bmm(error, views[2 * layer].transpose(1, 2))
            error = torch.ops.aten.threshold_backward(error, hidden[layer], 0)


# Both are given the logits, which they overwrite, and the targets (n_seeds, n_items, n_classes), and return the losses
# summed over the items (n_seeds,) and the derivative of their mean over the items by the logits.
def _softmax_error(logits: torch.Tensor, y: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    log_shares = torch.log_softmax(logits, dim=2)
    losses = -(log_shares * y).sum(dim=(1, 2))
    return losses, log_shares.exp_().sub_(y).div_(y.shape[1])


def _sigmoid_error(logits: torch.Tensor, signs: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    # With a sign of 1 where the class is absent and -1 where it is present, the loss is log(1 + exp(sign * logit)).
    # Not by torch.sigmoid: its last elements take other instructions, so a seed's bits would depend on its place.
    exponentials = logits.mul_(signs).clamp_(max=_LARGEST_EXPONENT).exp_()
    denominators = exponentials + 1
    error = exponentials.div_(denominators).mul_(signs).div_(signs.shape[1] * signs.shape[2])
    return denominators.log_().sum(dim=(1, 2)).div_(signs.shape[2]), error


def _linear_error(outputs: torch.Tensor, y: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    differences = outputs.sub_(y)
    losses = differences.square().sum(dim=(1, 2)).div_(y.shape[2])
    return losses, differences.mul_(2 / (y.shape[1] * y.shape[2]))


ERRORS = {"softmax": _softmax_error, "sigmoid": _sigmoid_error, "linear": _linear_error}


def targets(y: np.ndarray, output_activation: str) -> np.ndarray:
    """What the error functions take for the labels (n, n_classes)."""
    return 1 - 2 * y if output_activation == "sigmoid" else y
