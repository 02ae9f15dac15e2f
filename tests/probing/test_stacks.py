import numpy as np
import pytest
import torch
from example_probe import fitted, items_of_three_classes

from soundcheck.probing.mlp import stacks


@pytest.mark.parametrize("activation", ["softmax", "sigmoid"])
def test_one_step_is_that_of_autograd_with_the_penalty_on_kernels_and_biases(activation):
    """Against torch's own network, losses and optimiser, over two epochs of one batch each."""
    X, y, X_val, y_val = items_of_three_classes(n=50)
    parameters = {"hidden_units": [8, 6], "output_activation": activation, "batch_size": 50, "seeds": [3], "epochs": 2}
    model, history = fitted((X, y, X_val, y_val), weight_decay=0.01, **parameters)
    X, X_val = (torch.from_numpy((part - model.mean) / model.scale) for part in (X, X_val))
    y, y_val = torch.from_numpy(y), torch.from_numpy(y_val)
    shapes = stacks.shapes([13, 8, 6, 3])
    weights = [part[0].clone().requires_grad_() for part in stacks.views(stacks.initialised(3, shapes)[None], shapes)]
    optimizer = torch.optim.Adam(weights, lr=1e-2, eps=1e-7)

    def losses(X, y):
        logits = (((X @ weights[0] + weights[1]).relu() @ weights[2] + weights[3]).relu()) @ weights[4] + weights[5]
        if activation == "softmax":
            data_loss = torch.nn.functional.cross_entropy(logits, y)
        else:
            data_loss = torch.nn.functional.binary_cross_entropy_with_logits(logits, y)
        return data_loss, 0.01 * sum(w.square().sum() for w in weights)

    for row in history:
        optimizer.zero_grad()
        data_loss, penalty = losses(X, y)
        (data_loss + penalty).backward()
        optimizer.step()
        with torch.no_grad():
            assert row["val_loss"] == pytest.approx(float(sum(losses(X_val, y_val))), rel=1e-4)
            assert row["train_loss"] == pytest.approx(float(data_loss + losses(X, y)[1]), rel=1e-4)
    assert model.facts["best_epoch"] == [2]
    for i in range(3):
        np.testing.assert_allclose(model.kernels[i][0], weights[2 * i].detach(), rtol=1e-3, atol=1e-5)
        np.testing.assert_allclose(model.biases[i][0], weights[2 * i + 1].detach()[0], rtol=1e-3, atol=1e-5)


def test_kernels_start_glorot_uniform_and_biases_at_zero():
    shapes = stacks.shapes([200, 100, 10])
    views = stacks.views(stacks.initialised(0, shapes)[None], shapes)
    limit = np.sqrt(6 / 300)
    assert float(views[0].abs().max()) == pytest.approx(limit, rel=1e-3)
    assert float(views[0].std()) == pytest.approx(limit / np.sqrt(3), rel=0.02)
    assert not views[1].any()
    assert not views[3].any()
