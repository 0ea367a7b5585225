"""Running out of memory, told apart from other errors of torch."""

from collections.abc import Iterator
from contextlib import contextmanager

_SIGNS = ("can't allocate memory", "not enough memory", "std::bad_alloc")


@contextmanager
def enough_memory() -> Iterator[None]:
    """Raise ``MemoryError`` where torch, which has no error of its own for it on a CPU, says so in words.

    Raises:
        MemoryError: An allocation failed.
    """
    try:
        yield
    except RuntimeError as error:
        if any(sign in str(error) for sign in _SIGNS):
            raise MemoryError from error
        raise
