"""CLMR: the published network and weights' form, against the recipe written out with PyTorch's functions."""

import io
import zipfile

import numpy as np
import pytest
import torch
from models import clmr_model
from rounding import assert_same_to_rounding
from torch.nn import functional

from soundcheck.embedding.families import clmr
from soundcheck.plumbing.errors import SoundcheckError

pytestmark = pytest.mark.usefixtures("torch_on_one_thread")

RNG = np.random.default_rng(0)
WINDOW = 59_049


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    path = tmp_path_factory.mktemp("weights") / "clmr_checkpoint_10000.zip"
    clmr_model.write(path)
    return path


@pytest.fixture(scope="module")
def embedder(archive):
    return load(archive)


def load(path, **more):
    return clmr.load({"family": "clmr", "name": "clmr-v2", "weights": str(path), **more}, "cpu")


def noise(*shape):
    return RNG.standard_normal(shape).astype(np.float32)


def recipe(windows, seed=0):
    """The published network, from its description, with the weights of `clmr_model.encoder`."""
    state = clmr_model.encoder(seed)
    x = torch.from_numpy(windows)[:, None]
    for layer, (_, _, is_pooled) in enumerate(clmr_model.LAYERS):
        convolution, norm = f"sequential.{layer}.0", f"sequential.{layer}.1"
        first = layer == 0
        x = functional.conv1d(
            x,
            state[f"{convolution}.weight"],
            state[f"{convolution}.bias"],
            stride=3 if first else 1,
            padding=0 if first else 1,
        )
        statistics = [state[f"{norm}.{name}"] for name in ("running_mean", "running_var", "weight", "bias")]
        x = functional.batch_norm(x, *statistics).relu()
        if is_pooled:
            x = functional.max_pool1d(x, 3, 3)
    assert x.shape[1:] == (512, 1)
    return x.flatten(1).numpy()


def filled(*windows):
    """A batch of the size that the driver uses, with zeros behind."""
    batch = np.zeros((16, WINDOW), np.float32)
    batch[: len(windows)] = windows
    return batch


@pytest.mark.parametrize("length", [WINDOW, WINDOW - 1, 44_100, 30_000, 441, 4, 1, 0])
def test_embeddings_are_those_of_the_published_network_however_long_the_clip(embedder, length):
    window = noise(WINDOW)
    window[length:] = 0
    (ours,) = embedder.forward(filled(window))[0]
    np.testing.assert_allclose(ours, recipe(window[None])[0], atol=1e-4)
    assert np.abs(ours).max() > 0.1


def test_the_network_for_a_gpu_is_the_published_one_too():
    network = clmr.SampleCNN().eval()
    network.load_state_dict(clmr_model.encoder())
    windows = noise(2, WINDOW)
    ours = clmr._on_gpu(network)(windows)[:, 0]
    np.testing.assert_allclose(ours, recipe(windows), atol=1e-4)


@pytest.mark.rounding
def test_a_window_is_embedded_the_same_to_rounding_whatever_its_place_and_neighbours(embedder):
    windows = 0.1 * noise(16, WINDOW)
    windows[3, 20_000:] = 0
    windows[7, 1:] = 0
    whole = embedder.forward(windows)
    order = RNG.permutation(16)
    assert_same_to_rounding(embedder.forward(windows[order]), whole[order])
    for number in (3, 11):
        assert_same_to_rounding(embedder.forward(filled(windows[number]))[0], whole[number])


def test_windows_lie_end_to_end_and_what_is_left_behind_the_last_whole_one_is_not_used(embedder):
    for length, count in ((WINDOW, 1), (WINDOW + 1, 1), (2 * WINDOW, 2), (150_000, 2), (663_300, 11)):
        clip = noise(length)
        windows = embedder.cut(clip)
        assert windows.shape == (count, WINDOW)
        np.testing.assert_array_equal(windows.ravel(), clip[: count * WINDOW])
        # The published evaluation: all parts but the last, which in these clips is none.
        if length % WINDOW:
            np.testing.assert_array_equal(windows, torch.stack(torch.from_numpy(clip).split(WINDOW)[:-1]))
    for length in (1, 441, WINDOW - 1):
        (window,) = embedder.cut(clip[:length])
        np.testing.assert_array_equal(window, np.pad(clip[:length], (0, WINDOW - length)))


def test_the_last_window_can_be_filled_with_zeros(archive):
    embedder = load(archive, last_window="pad")
    for length, count in ((1, 1), (441, 1), (WINDOW, 1), (WINDOW + 1, 2), (2 * WINDOW, 2), (150_000, 3)):
        clip = noise(length)
        windows = embedder.cut(clip)
        assert windows.shape == (count, WINDOW)
        joined = windows.ravel()
        np.testing.assert_array_equal(joined[:length], clip)
        assert not joined[length:].any()
    assert embedder.facts["last_window"] == "filled up with zeros, of equal weight"
    with pytest.raises(SoundcheckError, match=r"embedder clmr-v2: unknown last_window 'Pad-' .did you mean 'pad'"):
        load(archive, last_window="Pad-")


def test_a_hop_moves_the_windows_and_every_sample_is_heard_where_they_are_filled(archive):
    clip = noise(100_000)
    embedder = load(archive, hop_s=1.0, last_window="pad")
    windows = embedder.cut(clip)
    assert len(windows) == 3
    np.testing.assert_array_equal(windows[1], clip[22_050 : 22_050 + WINDOW])
    np.testing.assert_array_equal(windows[2][: 100_000 - 44_100], clip[44_100:])
    np.testing.assert_array_equal(load(archive, hop_s=1.0).cut(clip), windows[:2])
    assert embedder.window_hop_s == 1.0


def test_rate_dimension_and_times_are_declared(embedder):
    assert (embedder.sample_rate, embedder.dimension) == (22_050, 512)
    assert embedder.forward(embedder.cut(noise(441)).repeat(16, axis=0)).shape == (16, 1, 512)
    assert embedder.window_hop_s == pytest.approx(2.678, abs=1e-3)
    assert embedder.first_s == pytest.approx(1.339, abs=1e-3)


def test_silence_and_offsets_are_finite(embedder):
    embedded = embedder.forward(filled(np.zeros(WINDOW), np.full(WINDOW, 0.5), 1e-6 * noise(WINDOW)))
    assert np.isfinite(embedded).all()


def test_weights_are_read_from_every_form_in_which_they_are_published(archive, embedder, tmp_path):
    window = filled(noise(WINDOW))
    expected = embedder.forward(window)
    lightning = {f"model.{name}": value for name, value in clmr_model.checkpoint().items()}
    torch.save(clmr_model.checkpoint(), tmp_path / "new.pt")
    torch.save(clmr_model.checkpoint(), tmp_path / "old.pt", _use_new_zipfile_serialization=False)
    torch.save({"epoch": 3, "state_dict": lightning}, tmp_path / "lightning.ckpt")
    for name in ("new.pt", "old.pt", "lightning.ckpt"):
        other = load(tmp_path / name)
        np.testing.assert_array_equal(other.forward(window), expected)
        assert other.facts["weights"] != embedder.facts["weights"]
    assert embedder.facts["weights"].startswith("sha256:")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"encoder.sequential.3.1.bias": None}, r"1 missing: sequential\.3\.1\.bias$"),
        ({"encoder.sequential.11.0.bias": torch.zeros(1)}, r"1 unexpected: sequential\.11\.0\.bias$"),
        (
            {"encoder.sequential.0.0.weight": torch.zeros(128, 1, 5)},
            r"another shape: sequential\.0\.0\.weight \(128, 1, 5\) instead of \(128, 1, 3\)$",
        ),
        ({"encoder.sequential.0.0.weight": "words"}, r"1 missing: sequential\.0\.0\.weight$"),
    ],
)
def test_tensors_that_do_not_fit_are_listed(tmp_path, change, message):
    state = clmr_model.checkpoint() | change
    torch.save({key: value for key, value in state.items() if value is not None}, tmp_path / "c.pt")
    with pytest.raises(SoundcheckError, match=rf"^embedder clmr-v2: .*c\.pt does not fit the published .*{message}"):
        load(tmp_path / "c.pt")


@pytest.mark.parametrize("stored", [{"weight": torch.zeros(3)}, {}, torch.zeros(3), {"state_dict": [1]}, {3: 4}])
def test_another_models_checkpoint_is_told(tmp_path, stored):
    torch.save(stored, tmp_path / "c.pt")
    with pytest.raises(SoundcheckError, match=r"c\.pt is not a checkpoint of CLMR: expected tensors such as"):
        load(tmp_path / "c.pt")


def test_a_missing_file_is_told(tmp_path):
    with pytest.raises(SoundcheckError, match=r"^embedder clmr-v2: .*gone\.zip does not exist"):
        load(tmp_path / "gone.zip")


def test_truncated_and_other_files_are_told(archive, tmp_path):
    whole = archive.read_bytes()
    torch.save(clmr_model.checkpoint(), tmp_path / "bare.pt")
    bare = (tmp_path / "bare.pt").read_bytes()
    cases = (b"", b"<html>not found</html>", whole[: len(whole) // 2], bare[: len(bare) // 2], whole[len(whole) // 2 :])
    for content in cases:
        (tmp_path / "weights.zip").write_bytes(content)
        with pytest.raises(SoundcheckError, match=r"weights\.zip is .*damaged") as raised:
            load(tmp_path / "weights.zip")
        assert "\n" not in str(raised.value)


def test_a_flipped_bit_in_the_archive_is_told(archive, tmp_path):
    damaged = bytearray(archive.read_bytes())
    damaged[len(damaged) // 2] ^= 1
    (tmp_path / "weights.zip").write_bytes(damaged)
    with pytest.raises(SoundcheckError, match=r"weights\.zip is damaged"):
        load(tmp_path / "weights.zip")


def test_a_checkpoint_that_would_run_code_is_refused(tmp_path):
    torch.save({"hyper_parameters": io.StringIO, "state_dict": {}}, tmp_path / "c.ckpt")
    with pytest.raises(SoundcheckError, match=r"holds tensors alone.*\['state_dict'\]"):
        load(tmp_path / "c.ckpt")


def test_an_archive_with_several_models_names_them(archive, tmp_path):
    path = tmp_path / "two.zip"
    with zipfile.ZipFile(path, "w") as two:
        two.writestr("a.pt", b"")
        two.writestr("b.pt", b"")
    with pytest.raises(SoundcheckError, match=r"two\.zip holds the checkpoints a\.pt, b\.pt; expected one"):
        load(path)
