"""Memory that a job has freed stays its own: the next batch does not ask the system for the same pages again."""

import ctypes

# Names of the settings in glibc's malloc.h.
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3
# Older versions refuse a threshold above half of a thread's heap, and keep their own.
_LARGEST = (1 << 30, 1 << 25)


def keep_freed_memory() -> bool:
    """Let glibc keep large arrays that are freed, for the next ones; False where there is another C library.

    By default it gives most of them back at once, and a model whose intermediate results have some ten MB spends a
    third of its time on pages that the system clears for it again and again. The peak is the same.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is None:
        return False
    return bool(any(mallopt(_M_MMAP_THRESHOLD, size) for size in _LARGEST) and mallopt(_M_TRIM_THRESHOLD, _LARGEST[0]))
