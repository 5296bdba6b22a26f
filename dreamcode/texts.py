"""Text that came from anywhere, fit for files, terminals and tokenizers."""

import re

_SURROGATES = re.compile(r"[\ud800-\udfff]")


def clean(text: str) -> str:
    """Without halves of surrogate pairs, which neither files nor tokenizers can hold."""
    return _SURROGATES.sub("\N{REPLACEMENT CHARACTER}", text)
