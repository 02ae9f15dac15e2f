import numpy as np
import pytest
from example_probe import fitted, items_of_three_classes

from soundcheck.probing.mlp import model as mlp


def test_standardisation_is_fitted_on_the_training_items_alone():
    X, y, X_val, y_val = items_of_three_classes()
    model, _ = fitted((X, y, X_val + 100, y_val))
    np.testing.assert_allclose(model.mean, X.mean(axis=0), rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(model.scale, X.std(axis=0), rtol=1e-4)
    assert model.facts["standardize"] is True


def test_without_standardisation_the_input_stays_as_it_is():
    model, _ = fitted(standardize=False)
    assert not model.mean.any()
    assert np.array_equal(model.scale, np.ones(13))
    assert model.facts["standardize"] is False


def test_standardised_probes_do_not_see_the_scale_of_a_feature():
    X, y, X_val, y_val = items_of_three_classes()
    scale = np.float32(2.0) ** np.arange(-6, 7)
    model, _ = fitted((X, y, X_val, y_val))
    scaled, _ = fitted((X * scale, y, X_val * scale, y_val))
    np.testing.assert_allclose(mlp.predict(model, X_val), mlp.predict(scaled, X_val * scale), atol=1e-4)


def test_a_feature_that_does_not_vary_is_harmless():
    X, y, X_val, y_val = items_of_three_classes()
    X[:, 3], X_val[:, 3] = 0.1, 0.1
    model, history = fitted((X, y, X_val, y_val))
    assert model.scale[3] == 1
    assert all(np.isfinite(row["val_loss"]) for row in history)


@pytest.mark.parametrize(("wanted", "count"), [(4, 4), (13, 13), (None, None), (0.5, None)])
def test_pca_keeps_the_axes_of_most_variance_of_the_training_items(wanted, count):
    data = items_of_three_classes()
    model, _ = fitted(data, emb_dim_reduction="PCA", pca_components=wanted)
    X = (data[0] - model.mean) / model.scale
    variances = np.linalg.eigvalsh(np.cov(X.T))[::-1]
    projected = X @ model.components.T
    np.testing.assert_allclose(projected.var(axis=0, ddof=1), variances[: len(model.components)], rtol=1e-3)
    shares = np.cumsum(variances) / variances.sum()
    expected = count or int(np.argmax(shares >= (wanted or 0.95))) + 1
    assert model.components.shape == (expected, 13)
    assert model.facts["input_size"] == expected
    assert (model.components[np.arange(expected), np.abs(model.components).argmax(1)] > 0).all()


def test_pca_without_standardisation_centres():
    data = items_of_three_classes()
    model, _ = fitted(data, emb_dim_reduction="PCA", pca_components=3, standardize=False)
    np.testing.assert_allclose(model.mean, data[0].mean(axis=0), rtol=1e-4, atol=1e-5)
    assert np.array_equal(model.scale, np.ones(13))


@pytest.mark.parametrize("wanted", [0, 14, 1.5, -0.2])
def test_an_impossible_number_of_components_is_refused(wanted):
    with pytest.raises(ValueError, match="pca_components"):
        fitted(emb_dim_reduction="PCA", pca_components=wanted)
