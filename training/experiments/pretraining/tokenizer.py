"""The policy's tokenizer: byte-level BPE whose pieces may be whole phrases.

Text is cut around every run of newlines (with the indentation or bullet that follows), every
digit, and the marks before a phrase, nowhere else. So a step, which ends with newlines, shares
no token with the next one: `encode(a + b) == encode(a) + encode(b)` wherever a step ends.
Names of operations are one token each, so that even a small policy defines the very functions
that its `main` calls.
"""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from dreamcode.miniature.operations import OPERATIONS

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

BOS, EOS, PAD = "<bos>", "<eos>", "<pad>"
PIECES = r'\n+ *(?:- )?|[0-9]|"""|\. (?=[A-Z])|(?:(?!"""|\. [A-Z])[^\n0-9])+'


def train_tokenizer(texts: Iterable[str], size: int = 1536) -> "PreTrainedTokenizerFast":
    """A tokenizer of `size` pieces, special ones included."""
    from tokenizers import AddedToken, Regex, Tokenizer
    from tokenizers.decoders import ByteLevel as ByteDecoder
    from tokenizers.models import BPE
    from tokenizers.pre_tokenizers import ByteLevel, Sequence, Split
    from tokenizers.processors import TemplateProcessing
    from tokenizers.trainers import BpeTrainer
    from transformers import PreTrainedTokenizerFast

    tokenizer = Tokenizer(BPE())
    tokenizer.pre_tokenizer = Sequence(
        [
            Split(Regex(PIECES), behavior="isolated"),
            ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = ByteDecoder()
    names = function_names()
    trainer = BpeTrainer(
        vocab_size=size - len(names),
        special_tokens=[PAD, BOS, EOS],
        initial_alphabet=ByteLevel.alphabet(),
        show_progress=False,
    )
    apart = re.compile("|".join(names))
    tokenizer.train_from_iterator((part for text in texts for part in apart.split(text)), trainer)
    tokenizer.add_tokens([AddedToken(name) for name in names])
    tokenizer.post_processor = TemplateProcessing(
        single=f"{BOS} $A", special_tokens=[(BOS, tokenizer.token_to_id(BOS))]
    )
    made: PreTrainedTokenizerFast = PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=tokenizer,
        bos_token=BOS,
        eos_token=EOS,
        pad_token=PAD,
        clean_up_tokenization_spaces=False,
        padding_side="left",
        model_max_length=1024,
    )
    return made


def function_names() -> list[str]:
    """Names of operations that are no ordinary words."""
    return sorted((o.key for o in OPERATIONS if "_" in o.key), key=len, reverse=True)


def load_tokenizer(folder: Path) -> "PreTrainedTokenizerFast":
    """The tokenizer saved in a folder."""
    from transformers import AutoTokenizer, PreTrainedTokenizerFast

    tokenizer = AutoTokenizer.from_pretrained(folder)
    assert isinstance(tokenizer, PreTrainedTokenizerFast)
    return tokenizer
