"""Multilayer perceptrons of several seeds, side by side in the same tensors, and a step of their training.

A seed's values do not depend on which others lie beside it. Kernels of a library may round otherwise where a matrix
begins at another alignment, or for the last elements of an array, which fill no vector: every seed's block therefore
begins at a multiple of 64 bytes and ends at one, so that it goes the same way at any place.

The conventions are those of Keras: Glorot-uniform kernels and zero biases, Adam with epsilon 1e-7, binary cross-entropy
as the mean over classes.
"""

import itertools
import math
from dataclasses import dataclass

import numpy as np
import torch

from soundcheck.seeds import seed_for

# In float32: the 64 bytes of a cache line and of the widest vector, to which MKL asks matrices to be aligned for
# results that are always the same.
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


def sizes(shapes: list[tuple[int, int]]) -> list[int]:
    """The sizes of the layers, from the input to the output, of which `shapes` are those of kernels and biases."""
    return [shapes[0][0], *(outputs for _, outputs in shapes[::2])]


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


@dataclass
class Workspace:
    """The memory of a step: blocks (n_seeds, n_rows, width) of items `(n_items, width)`, each seed's aligned.

    `inputs` and `targets` are filled with a batch; `hidden` holds the outputs of all layers, the logits last, and
    `errors` the loss's derivatives by them. Rows beyond the items are never part of a sum.
    """

    n_items: int
    inputs: torch.Tensor
    targets: torch.Tensor
    hidden: list[torch.Tensor]
    errors: list[torch.Tensor]

    @staticmethod
    def for_batches(n_seeds: int, n_items: int, sizes: list[int], device: torch.device | str = "cpu") -> "Workspace":
        """For batches of `n_items` items, through layers of these sizes from the input to the output."""
        blocks = [_block(n_seeds, n_items, width, device) for width in (*sizes, *sizes[1:], sizes[-1])]
        n = len(sizes)
        return Workspace(n_items, blocks[0], blocks[-1], blocks[1:n], blocks[n:-1])

    @staticmethod
    def for_one(X: torch.Tensor, targets: torch.Tensor, sizes: list[int]) -> "Workspace":
        """For the items (n_items, dim) themselves and one seed, which is never trained on them."""
        hidden = [X.new_empty(1, len(X), width) for width in sizes[1:]]
        return Workspace(len(X), X[None], targets[None], hidden, [torch.empty_like(hidden[-1])])

    def fill(self, X: torch.Tensor, targets: torch.Tensor, items: torch.Tensor) -> None:
        """Gather a batch: the rows `items` (n_seeds, n_items) of X (n, dim) and of the targets (n, n_classes)."""
        for part, block in ((X, self.inputs), (targets, self.targets)):
            n_spare = block.shape[1] - self.n_items
            rows = torch.cat([items, items[:, :1].expand(-1, n_spare)], dim=1) if n_spare else items
            torch.index_select(part, 0, rows.reshape(-1), out=block.view(-1, block.shape[2]))

    def items(self, block: torch.Tensor) -> torch.Tensor:
        """The rows of a block that are items, (n_seeds, n_items, width)."""
        return block[:, : self.n_items]


def _block(n_seeds: int, n_items: int, width: int, device: torch.device | str) -> torch.Tensor:
    """Zeros (n_seeds, n_rows, width), of which every seed's begin aligned."""
    multiple = _ALIGNMENT // math.gcd(width, _ALIGNMENT)
    return torch.zeros(n_seeds, -(-n_items // multiple) * multiple, width, device=device)


def forward(layers: list[torch.Tensor], space: Workspace) -> torch.Tensor:
    """Fill the outputs of all layers, given their kernels and biases in turn; returns the block of the logits."""
    outputs = space.inputs
    for kernel, bias, block in zip(layers[::2], layers[1::2], space.hidden, strict=True):
        torch.baddbmm(bias, space.items(outputs), kernel, out=space.items(block))
        outputs = block
        if block is not space.hidden[-1]:
            block.relu_()
    return outputs


def backward(layers: list[torch.Tensor], gradients: list[torch.Tensor], space: Workspace) -> None:
    """Fill the gradients, given the derivative of the loss by the logits as the last of the errors."""
    # By hand, as autograd takes as long again as the products of a small network.
    inputs = [space.inputs, *space.hidden[:-1]]
    for layer in reversed(range(len(inputs))):
        error = space.items(space.errors[layer])
        torch.bmm(space.items(inputs[layer]).mT, error, out=gradients[2 * layer])
        torch.sum(error, dim=1, keepdim=True, out=gradients[2 * layer + 1])
        if layer > 0:
            below = space.errors[layer - 1]
            torch.bmm(error, layers[2 * layer].mT, out=space.items(below))
            torch.ops.aten.threshold_backward(below, inputs[layer], 0, grad_input=below)


# Each takes a workspace with logits, which it may overwrite, and targets; returns the losses summed over the items
# (n_seeds,), and fills the last of the errors with the derivative of their mean over the items by the logits.
def _softmax_error(space: Workspace) -> torch.Tensor:
    error = torch.log_softmax(space.hidden[-1], 2, out=space.errors[-1])
    losses = space.items(error * space.targets).sum(dim=(1, 2)).neg_()
    error.exp_().sub_(space.targets).div_(space.n_items)
    return losses


def _sigmoid_error(space: Workspace) -> torch.Tensor:
    # With a sign of 1 where the class is absent and -1 where it is present, the loss is log(1 + exp(sign * logit)).
    # Not by torch.sigmoid: it treats its last elements otherwise, whatever their number.
    signs = space.targets
    exponentials = space.hidden[-1].mul_(signs).clamp_(max=_LARGEST_EXPONENT).exp_()
    denominators = exponentials + 1
    torch.div(exponentials, denominators, out=space.errors[-1]).mul_(signs).div_(space.n_items * signs.shape[2])
    return space.items(denominators.log_()).sum(dim=(1, 2)).div_(signs.shape[2])


def _linear_error(space: Workspace) -> torch.Tensor:
    n_targets = space.targets.shape[2]
    differences = torch.sub(space.hidden[-1], space.targets, out=space.errors[-1])
    losses = space.items(differences.square()).sum(dim=(1, 2)).div_(n_targets)
    differences.mul_(2 / (space.n_items * n_targets))
    return losses


ERRORS = {"softmax": _softmax_error, "sigmoid": _sigmoid_error, "linear": _linear_error}


def targets(y: np.ndarray, output_activation: str) -> np.ndarray:
    """What the error functions take for the labels (n, n_classes)."""
    return 1 - 2 * y if output_activation == "sigmoid" else y
