"""Loading an embedder: what its entry declares must be what the model does."""

import pytest

from soundcheck.embedding import families
from soundcheck.plumbing.errors import SoundcheckError

MFCC = {"family": "handcrafted", "name": "mine", "features": "mfcc"}


def test_the_rate_of_an_entry_must_be_that_of_the_model():
    assert families.load(MFCC | {"sample_rate": 22_050}, "cpu").sample_rate == 22_050
    message = "^embedder mine: its entry says sample_rate 44100, but the model takes audio at 22050 Hz"
    with pytest.raises(SoundcheckError, match=message):
        families.load(MFCC | {"sample_rate": 44_100}, "cpu")


def test_an_entry_without_a_rate_takes_that_of_the_model():
    assert families.load(MFCC, "cpu").sample_rate == 22_050
