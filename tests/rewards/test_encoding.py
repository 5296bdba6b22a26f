"""Where the window is small the statement gives way, the code never."""

from dataclasses import replace
from functools import cache
from typing import Any, Literal

from hypothesis import given
from hypothesis import strategies as st

from dreamcode.chain.prompts import FENCE, bare_prompt, render_user
from dreamcode.errors import InputError
from dreamcode.problems import Problem
from dreamcode.rewards.checkpoint import PrmConfig
from dreamcode.rewards.encoding import GAP, ChainEncoder
from tests.rewards import checkpoints

STARTER = "def f(x):\n    pass\n"
WORDS = st.lists(st.sampled_from(["print", "the", "sum", "of", "3", "7", "π", "\n"]), max_size=80)
STEPS = st.lists(
    st.sampled_from(checkpoints.draft().steps) | st.just("x = 'ünïcödé'\n") | st.just(""),
    min_size=1,
    max_size=4,
)


@cache
def tokenizer() -> Any:
    words = checkpoints.tokenizer()
    words.chat_template = checkpoints.CHAT
    return words


def ids_of(text: str) -> list[int]:
    return list(tokenizer()(text, add_special_tokens=False)["input_ids"])


def text_of(ids: Any) -> str:
    return str(tokenizer().decode(ids, clean_up_tokenization_spaces=False))


@given(
    words=WORDS,
    template=st.sampled_from(["bare", "chat"]),
    steps=STEPS,
    separator=st.sampled_from(["", "\n", "<eos>"]),
    window=st.integers(10, 400),
)
def test_the_statement_is_shortened_and_code_never(
    words: list[str],
    template: Literal["bare", "chat"],
    steps: list[str],
    separator: str,
    window: int,
) -> None:
    problem = Problem("p", "P", " ".join(words).strip(), STARTER, "f")

    def prompt_of(statement: str) -> str:
        put = replace(problem, statement=statement)
        if template == "bare":
            return f"<bos>{bare_prompt(put)}"
        return f"<user>{render_user(put)}<assistant>{FENCE}"

    said: list[str] = []
    config = PrmConfig(template=template, separator=separator)
    encoder = ChainEncoder(tokenizer(), config, window, said.append)
    code = [token for step in steps for text in (step, separator) for token in ids_of(text)]
    try:
        found = encoder.encode(problem, steps)
    except InputError:
        assert len(ids_of(prompt_of(GAP))) + len(code) > window
        return
    assert len(found.ids) <= window
    assert list(found.ids[found.start :]) == code
    prompt, whole = text_of(found.ids[: found.start]), prompt_of(problem.statement)
    if prompt == whole:
        assert not said
    else:
        assert len(said) == 1
        assert len(ids_of(whole)) + len(code) > window
        before, gap, after = prompt.partition(GAP)
        assert gap
        assert whole.startswith(before)
        assert whole.endswith(after)


@given(steps=STEPS, separator=st.sampled_from(["", "\n", "<eos>"]))
def test_a_prefix_in_steps_is_a_prefix_in_tokens(steps: list[str], separator: str) -> None:
    encoder = ChainEncoder(tokenizer(), PrmConfig(separator=separator), None)
    whole = encoder.encode(checkpoints.PROBLEMS[0], steps)
    for length in range(1, len(steps) + 1):
        part = encoder.encode(checkpoints.PROBLEMS[0], steps[:length])
        assert part.ids == whole.ids[: len(part.ids)]
        assert part.ends == whole.ends[:length]
        assert part.ends[-1] == len(part.ids) - 1


def test_what_candidates_share_is_put_into_tokens_once() -> None:
    asked: list[str] = []

    def counting(text: str, **settings: Any) -> Any:
        asked.append(text)
        return tokenizer()(text, **settings)

    encoder = ChainEncoder(counting, PrmConfig(separator="\n"), None)
    first, second = "a = 1\n", "b = 2\n"
    alone = encoder.encode(checkpoints.PROBLEMS[0], [first])
    both = encoder.encode(checkpoints.PROBLEMS[0], [first, second])
    again = encoder.encode(checkpoints.PROBLEMS[0], [first])
    assert again == alone
    assert both.ids[: len(alone.ids)] == alone.ids
    assert sorted(asked) == sorted([bare_prompt(checkpoints.PROBLEMS[0]), first, second, "\n"])
