"""Encoders that see what a feature extractor makes of a clip, against the models and extractors of transformers."""

import functools
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch
from encoders import frames_of, load, noise
from models import audio_encoders
from rounding import assert_same_to_rounding

from soundcheck.audio.preparation import Clip
from soundcheck.embedding import check
from soundcheck.embedding.driver import Model, embed_clips
from soundcheck.embedding.families.support.huggingface import kinds as huggingface_kinds

KINDS = sorted(audio_encoders.FOLDERS)
# The encoder inside of each whole model.
INSIDE = {
    "audio-spectrogram-transformer": "audio_spectrogram_transformer",
    "whisper": "model.encoder",
    "clap": "",
    "clap_audio_model": "",
    "wav2vec2-bert": "",
    "seamless_m4t": "speech_encoder",
    "seamless_m4t_v2": "speech_encoder",
    "speech_to_text": "model.encoder",
    "parakeet_encoder": "",
    "parakeet_ctc": "encoder",
    "lasr_ctc": "encoder",
    "sew": "sew",
    "sew-d": "sew_d",
    "moonshine": "model.encoder",
    "speecht5": "speecht5.encoder",
    "encodec": "encoder",
    "dac": "encoder",
}
VECTORS = ("clap", "clap_audio_model")
# What follows the blocks has another rate or width, so that the layers end with them.
WITHOUT_OUTPUT = {
    "wav2vec2-bert": "encoder.layers",
    "seamless_m4t": "encoder.layers",
    "seamless_m4t_v2": "encoder.layers",
    "sew": "encoder.layers",
    "sew-d": "encoder.encoder.layer",
}
# Clips that are just long enough for so many frames: n samples give the first number, n - 1 the second.
LENGTHS = {
    "audio-spectrogram-transformer": {2800: (1, 1), 4400: (2, 1), 34_800: (21, 20), 164_080: (101, 101)},
    "whisper": {1: (1, 1), 321: (2, 1), 16_001: (51, 50), 48_000: (150, 150)},
    "wav2vec2-bert": {560: (1, 1), 880: (2, 1), 16_240: (50, 49)},
    "speech_to_text": {400: (1, 1), 1040: (2, 1)},
    "parakeet_ctc": {160: (1, 1), 1440: (2, 1)},
    "lasr_ctc": {2320: (1, 1), 2960: (2, 1)},
    "sew": {720: (1, 1), 1360: (2, 1)},
    "moonshine": {895: (1, 1), 1279: (2, 1)},
    "encodec": {1: (1, 1), 321: (2, 1)},
    "dac": {1: (1, 1), 513: (2, 1)},
}


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """A function that gives the folder of a small model of a type, and the whole model of transformers."""
    made = {}

    def get(kind):
        if kind not in made:
            folder = tmp_path_factory.mktemp(kind)
            made[kind] = folder, audio_encoders.write(folder, kind)
        return made[kind]

    return get


def features(folder, kind, samples, rate):
    import transformers

    extractor = getattr(transformers, audio_encoders.FOLDERS[kind].extractor).from_pretrained(folder)
    return extractor(samples, sampling_rate=rate, return_tensors="pt")


@torch.inference_mode()
def published(folder, model, kind, samples, rate):
    """All layers `(layers, tokens, dim)` of one clip alone, as transformers returns them, padding and all."""
    inputs = dict(features(folder, kind, samples, rate))
    encoder = model.get_submodule(INSIDE[kind])
    if kind in ("encodec", "dac"):
        return encoder(inputs["input_values"]).transpose(1, 2).numpy()
    last = []
    if kind in WITHOUT_OUTPUT:
        blocks = encoder.get_submodule(WITHOUT_OUTPUT[kind])
        handle = blocks[-1].register_forward_hook(
            lambda block, arguments, output: last.append(output[0] if isinstance(output, tuple) else output)
        )
    output = encoder(**inputs, output_hidden_states=True, return_dict=True)
    if kind in WITHOUT_OUTPUT:
        handle.remove()
    return torch.cat([*output.hidden_states[:-1], *(last or [output.last_hidden_state])]).numpy()


def layers_of(embedder, frames):
    return frames.reshape(len(frames), embedder.n_layers, -1).transpose(1, 0, 2)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in VECTORS])
def test_all_layers_of_a_clip_are_those_of_transformers_up_to_its_end(small, kind):
    folder, model = small(kind)
    embedder = load(folder)
    clip = noise(2 * embedder.sample_rate + 77)
    expected = published(folder, model, kind, clip, embedder.sample_rate)
    if kind == "audio-spectrogram-transformer":
        # Two tokens, then twelve bands of patches, each with all of its 101 steps.
        expected = expected[:, 2:].reshape(len(expected), 12, 101, -1).mean(axis=1)
    layers = layers_of(embedder, frames_of(embedder, clip))
    assert (layers.shape[0], layers.shape[2]) == (expected.shape[0], expected.shape[2])
    assert 0 <= expected.shape[1] - layers.shape[1] <= 1 or kind in ("audio-spectrogram-transformer", "whisper")
    assert min(np.abs(layer).mean() for layer in expected) > 0.05
    np.testing.assert_allclose(layers, expected[:, : layers.shape[1]], atol=1e-4)


@pytest.mark.parametrize("kind", LENGTHS)
def test_only_frames_of_the_clip_count(small, kind):
    embedder = load(small(kind)[0])
    for n, (whole, one_less) in LENGTHS[kind].items():
        assert len(frames_of(embedder, noise(n))) == whole
        if n > 1:
            assert len(frames_of(embedder, noise(n - 1))) == one_less


@pytest.mark.parametrize("n", [320, 321, 559, 8000, 31_999])
def test_as_many_frames_count_as_transformers_marks_in_its_own_masks(small, n):
    clip = noise(n)
    folder, model = small("whisper")
    import transformers

    extractor = transformers.WhisperFeatureExtractor.from_pretrained(folder)
    mask = extractor(clip, sampling_rate=16_000, return_tensors="pt", return_attention_mask=True).attention_mask
    expected = model.model.encoder._get_feat_extract_output_lengths(mask.sum())
    assert len(frames_of(load(folder), clip)) == int(expected)
    if n >= 560:
        folder, _ = small("wav2vec2-bert")
        mask = features(folder, "wav2vec2-bert", clip, 16_000)["attention_mask"]
        assert len(frames_of(load(folder), clip)) == int(mask.sum())
    folder, model = small("parakeet_ctc")
    mask = features(folder, "parakeet_ctc", clip, 16_000)["attention_mask"]
    expected = model._get_subsampling_output_length(mask.sum(-1))
    assert len(frames_of(load(folder), clip)) == int(expected)


@pytest.mark.parametrize("kind", KINDS)
def test_a_clip_alone_and_among_others_is_the_same_to_the_last_bit(small, kind):
    embedder = load(small(kind)[0])
    rate = embedder.sample_rate
    clips = [noise(round(seconds * rate)) for seconds in (0.31, 1.2, 0.02, 0.7)]
    together = list(embed_clips([Clip(str(i), clip) for i, clip in enumerate(clips)], Model("mine", embedder)))
    for clip, track in zip(clips, together, strict=True):
        (alone,) = embed_clips([Clip("alone", clip)], Model("mine", embedder))
        assert track.left_out is None
        np.testing.assert_array_equal(track.pool.result(), alone.pool.result())


@pytest.mark.rounding
@pytest.mark.parametrize("kind", KINDS)
def test_windows_of_constant_length_share_a_batch_and_do_not_see_each_other_but_for_rounding(small, kind):
    embedder = load(small(kind)[0], window_s=0.3, batch_size=4)
    clips = np.stack([embedder.cut(noise(round(0.3 * embedder.sample_rate)))[0] for _ in range(4)])
    whole = embedder.forward(clips)
    order = [2, 0, 3, 1]
    assert_same_to_rounding(embedder.forward(clips[order]), whole[order])
    filled = np.zeros_like(clips)
    filled[1] = clips[3]
    assert_same_to_rounding(embedder.forward(filled)[1], whole[3])
    alone = frames_of(load(small(kind)[0]), clips[0])
    np.testing.assert_allclose(whole[0], alone, atol=1e-4 * max(1, np.abs(alone).max()))


@pytest.mark.parametrize("kind", KINDS)
def test_silence_and_very_short_clips_have_finite_frames(small, kind):
    embedder = load(small(kind)[0])
    rate = embedder.sample_rate
    for clip in (np.zeros(rate, np.float32), noise(round(0.02 * rate)), noise(1)):
        frames = frames_of(embedder, clip)
        assert len(frames) > 0
        assert np.isfinite(frames).all()


@pytest.mark.parametrize("kind", ["audio-spectrogram-transformer", "whisper", "clap", "wav2vec2-bert"])
def test_every_check_of_an_embedder_passes(small, kind):
    folder, _ = small(kind)
    embedder = load(folder)
    declared = check.Declared(embedder.sample_rate, embedder.dimension)
    outcomes = check.check("mine", lambda device: load(folder), declared, long_s=1.0)
    assert [outcome for outcome in outcomes if outcome.outcome == "failed"] == []
    assert len(outcomes) >= 14


def test_whisper_with_its_published_window_of_30_s(tmp_path):
    model = audio_encoders.write(tmp_path, "whisper", {"chunk_length": 30}, max_source_positions=1500)
    clip = noise(32 * 16_000)
    embedder = load(tmp_path)
    assert [len(piece) for piece in embedder.cut(clip)] == [256_000, 256_000]
    # A clip of GTZAN is one window, unless every frame is asked for.
    assert [len(piece) for piece in embedder.cut(clip[:481_280])] == [480_000]
    assert [len(piece) for piece in load(tmp_path, pooling="none").cut(clip[:481_280])] == [240_640, 240_640]
    frames = frames_of(embedder, clip[:20_000])
    expected = published(tmp_path, model, "whisper", clip[:20_000], 16_000)
    assert (expected.shape[1], len(frames)) == (1500, 63)
    np.testing.assert_allclose(layers_of(embedder, frames), expected[:, :63], atol=1e-4)


def test_a_clip_that_is_longer_than_the_models_window_goes_in_pieces_of_nearly_equal_length(small):
    for kind, seconds, lengths in (
        ("audio-spectrogram-transformer", 12, [96_000, 96_000]),
        ("whisper", 7, [37_334, 37_333, 37_333]),
        ("wav2vec2-bert", 40, [320_000, 320_000]),
        ("wav2vec2-bert", 31, [496_000]),
    ):
        embedder = load(small(kind)[0], longest_s=30)
        clip = noise(round(seconds * embedder.sample_rate))
        pieces = embedder.cut(clip)
        assert [len(piece) for piece in pieces] == lengths
        np.testing.assert_array_equal(np.concatenate(pieces), clip)
    embedder = load(small("whisper")[0])
    clip = noise(5 * 16_000)
    expected = np.concatenate([frames_of(embedder, half) for half in np.split(clip, 2)])
    np.testing.assert_array_equal(frames_of(embedder, clip), expected)
    assert load(small("whisper")[0], longest_s=1).facts["longest_s"] == 1


@pytest.mark.parametrize("kind", VECTORS)
def test_clap_sees_full_windows_of_a_long_clip_and_a_short_one_as_its_extractor_fills_it(small, kind):
    folder, _ = small(kind)
    embedder = load(folder)
    long, short = noise(3 * 48_000), noise(60_000)
    windows = embedder.cut(long)
    for window, start in zip(windows, (0, 48_000), strict=True):
        np.testing.assert_array_equal(window, long[start : start + 96_000])
    assert np.isnan(embedder.first_s)
    expected = np.mean([frames_of(load(folder), window)[0] for window in windows], axis=0)
    np.testing.assert_allclose(frames_of(embedder, long).mean(axis=0), expected, rtol=1e-5, atol=1e-7)
    assert [len(window) for window in load(folder, longest_s=1).cut(long)] == [48_000] * 3
    # More than half a window is not repeated, but followed by silence.
    (window,) = embedder.cut(short)
    np.testing.assert_array_equal(window, short)
    filled = np.pad(short, (0, 36_000))
    for name, values in features(folder, kind, short, 48_000).items():
        np.testing.assert_allclose(values, features(folder, kind, filled, 48_000)[name], atol=1e-5)


def test_no_extractor_cuts_at_random(small):
    for kind in ("clap", "clap_audio_model"):
        embedder = load(small(kind)[0])
        clip = noise(120_000)
        results = []
        for seed in (0, 1):
            np.random.seed(seed)  # noqa: NPY002
            torch.manual_seed(seed)
            results.append(frames_of(embedder, clip))
        np.testing.assert_array_equal(*results)


def test_several_threads_may_run_a_model_at_once(small):
    for kind in ("whisper", "clap", "wav2vec2-bert"):
        run = functools.partial(frames_of, load(small(kind)[0]))
        clips = [noise(4000 + 800 * i) for i in range(6)]
        first = [run(clip) for clip in clips]
        with ThreadPoolExecutor(3) as threads:
            for left, right in zip(first, threads.map(run, clips), strict=True):
                np.testing.assert_array_equal(left, right)


def test_the_tokens_of_ast_are_those_that_its_classifier_reads(small):
    folder, model = small("audio-spectrogram-transformer")
    clip = noise(20_000)
    embedder = load(folder, tokens=["cls", "distillation", "mean"])
    inputs = features(folder, "audio-spectrogram-transformer", clip, 16_000)
    with torch.inference_mode():
        output = model.audio_spectrogram_transformer(**inputs, output_hidden_states=True)
    layers = layers_of(embedder, frames_of(embedder, clip))
    assert layers.shape == (4, 1, 96)
    cls, distillation, mean = np.split(layers[:, 0], 3, axis=1)
    np.testing.assert_allclose((cls[-1] + distillation[-1]) / 2, output.pooler_output[0], atol=1e-5)
    np.testing.assert_allclose(cls[1], output.hidden_states[1][0, 0], atol=1e-5)
    np.testing.assert_allclose(distillation[2], output.hidden_states[2][0, 1], atol=1e-5)
    every = layers_of(embedder, frames_of(load(folder), clip))
    np.testing.assert_allclose(mean, every.mean(axis=1), atol=1e-5)
    times = embedder.forward(clip[None])[1]
    assert times.tolist() == [0.625]


@pytest.mark.parametrize("kind", VECTORS)
@pytest.mark.parametrize("seconds", [0.02, 0.9, 2])
def test_claps_vectors_are_its_audio_embedding_and_what_is_projected(small, kind, seconds):
    folder, model = small(kind)
    clip = noise(round(seconds * 48_000))
    inputs = features(folder, kind, clip, 48_000)
    with torch.inference_mode():
        pooled = model.audio_model(**inputs).pooler_output
        if kind == "clap":
            projected = model.get_audio_features(**inputs).pooler_output
        else:
            projected = model(**inputs).audio_embeds
            projected = projected / projected.norm()
    both = frames_of(load(folder, tokens=["pooled", "projected"]), clip)
    np.testing.assert_allclose(both[:, :64], pooled, atol=1e-5)
    np.testing.assert_allclose(both[:, 64:], projected, atol=1e-5)
    np.testing.assert_array_equal(frames_of(load(folder), clip), both[:, 64:])


def test_frames_are_averaged_and_have_times(small):
    clip = noise(16_000)
    every, averaged = (load(small("whisper")[0], hop_s=hop) for hop in (0, 0.1))
    frames, means = frames_of(every, clip), frames_of(averaged, clip)
    np.testing.assert_allclose(means, frames.reshape(10, 5, -1).mean(axis=1), atol=1e-5)
    assert (every.first_s, every.hop_s, averaged.hop_s) == (0, 0.02, 0.1)
    assert averaged.first_s == pytest.approx(0.04)
    middles = {"audio-spectrogram-transformer": 0.0875, "wav2vec2-bert": 0.0175, "speech_to_text": 0.0125, "dac": 0.016}
    for kind, first_s in middles.items():
        assert load(small(kind)[0]).first_s == pytest.approx(first_s)


def test_every_type_that_is_supported_is_tested_here_or_shares_all_with_one_that_is():
    kinds = huggingface_kinds.KINDS
    assert all(any(kind is kinds[tested] for tested in KINDS) for kind in kinds.values())
