"""What reports of benchmarks need beyond the core, and how to install it."""

from collections.abc import Iterator
from contextlib import contextmanager

from dreamcode.errors import InputError


@contextmanager
def explained_imports() -> Iterator[None]:
    """A context to import libraries in.

    Raises:
        InputError: a library is missing; says what to install.
    """
    try:
        yield
    except ImportError as error:
        raise InputError(
            f"a benchmark's report needs {error.name}; run pip install 'dreamcode[bench]'"
        ) from error
