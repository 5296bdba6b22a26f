"""Where the window is small the statement gives way, the code never."""

from functools import cache
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from dreamcode.chain.prompts import bare_prompt
from dreamcode.errors import InputError
from dreamcode.problems import Problem
from dreamcode.rewards.encoding import GAP, ChainEncoder
from dreamcode.rewards.prm_config import PrmConfig
from tests.rewards import checkpoints

tokenizer = cache(checkpoints.tokenizer)
WORDS = st.lists(st.sampled_from(["print", "the", "sum", "of", "3", "7", "π", "\n"]), max_size=80)
STEPS = st.lists(
    st.sampled_from(checkpoints.draft().steps) | st.just("x = 'ünïcödé'\n") | st.just(""),
    min_size=1,
    max_size=4,
)


def text_of(ids: Any) -> str:
    return str(tokenizer().decode(ids, clean_up_tokenization_spaces=False))


@given(
    words=WORDS,
    starter=st.sampled_from(["", "def f(x):\n    pass\n"]),
    steps=STEPS,
    separator=st.sampled_from(["", "\n", "<eos>"]),
    window=st.integers(10, 400),
)
def test_the_statement_is_shortened_and_code_never(
    words: list[str], starter: str, steps: list[str], separator: str, window: int
) -> None:
    statement = " ".join(words).strip()
    problem = Problem("p", "P", statement, starter, "f" if starter else None)
    said: list[str] = []
    config = PrmConfig(separator=separator)
    encoder = ChainEncoder(tokenizer(), config, window, said.append)
    code = [tokenizer()(s, add_special_tokens=False)["input_ids"] for s in steps]
    mark = tokenizer()(separator, add_special_tokens=False)["input_ids"]
    wanted = [token for piece in code for token in [*piece, *mark]]
    smallest = len(tokenizer()(bare_prompt(Problem("p", "P", GAP, starter)))["input_ids"])
    try:
        found = encoder.encode(problem, steps)
    except InputError:
        assert smallest + len(wanted) > window
        return
    assert len(found.ids) <= window
    assert list(found.ids[found.start :]) == wanted
    prompt = text_of(found.ids[: found.start])
    whole = f"<bos>{bare_prompt(problem)}"
    if prompt == whole:
        assert not said
    else:
        assert len(said) == 1
        assert len(tokenizer()(bare_prompt(problem))["input_ids"]) + len(wanted) > window
        before, gap, after = prompt.partition(GAP)
        assert gap
        assert whole.startswith(before)
        assert whole.endswith(after)
        assert starter in prompt


@given(steps=STEPS, separator=st.sampled_from(["", "\n", "<eos>"]))
def test_a_prefix_in_steps_is_a_prefix_in_tokens(steps: list[str], separator: str) -> None:
    encoder = ChainEncoder(tokenizer(), PrmConfig(separator=separator), None)
    whole = encoder.encode(checkpoints.PROBLEMS[0], steps)
    for length in range(1, len(steps) + 1):
        part = encoder.encode(checkpoints.PROBLEMS[0], steps[:length])
        assert part.ids == whole.ids[: len(part.ids)]
        assert part.ends == whole.ends[:length]
        assert part.ends[-1] == len(part.ids) - 1
