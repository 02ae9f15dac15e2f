"""How names of audio files end."""

# libsndfile cannot read these. They are found all the same, and listed as left out with the reason, where a narrower
# list would let them vanish.
UNREADABLE_SUFFIXES = frozenset(
    {".m4a", ".m4b", ".aac", ".wma", ".mp4", ".webm", ".mka", ".amr", ".ape", ".wv", ".mpc", ".dsf"}
)
AUDIO_SUFFIXES = UNREADABLE_SUFFIXES | frozenset(
    {".wav", ".flac", ".ogg", ".oga", ".opus", ".mp2", ".mp3", ".aif", ".aiff", ".aifc", ".au", ".snd", ".caf"}
    | {".w64", ".rf64"}
)
