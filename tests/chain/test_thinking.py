"""What is said, and what is only thought."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dreamcode.chain.extract import extract_program
from dreamcode.chain.thinking import spoken
from tests.chain.answers import ALL_FORMS, DRAFT, THINKING, in_form, with_thinking
from tests.chain.programs import FRAGMENTS, PROGRAMS, TEXTS

FENCED = f"```python\n{DRAFT}```\n"
TAGS = 'def last(text):\n    """What follows\n\n    </think>, or\n    <think>\n    """\n'
TAGS += '    # </think>\n    return text.split("</think>")[-1]\n\n\nprint(last(input()))\n'

SAID = {
    "closing tag alone": (f"{FENCED}</think>\nThe answer.", "\nThe answer."),
    "never closed": (f"<think>\n{FENCED}", ""),
    "never closed, later": (f"Sure. <think>{FENCED}", "Sure. "),
    "never closed, brackets": (f"[THINK]{FENCED}", ""),
    "never closed, ended": (f"<thinking>{FENCED}<|im_end|>", ""),
    "never final": (f"<|channel|>analysis<|message|>{FENCED}<|end|>", ""),
    "commentary is not final": (f"<|channel|>commentary<|message|>{FENCED}<|end|>", ""),
    "never final, without marks": (f"analysisWe try {FENCED}", ""),
    "between": ("a<think>b</think>c<think>d</think>e", "ace"),
    "one closing tag too many": ("<think>a</think>b</think>\n", "b\n"),
    "named in a sentence": ("It drops up to </think> tags.", None),
    "one is named": ("It drops what is in <think> tags.\n", None),
    "never closed, in a sentence": (f"Okay, <think> we try this: {FENCED}", "Okay, "),
    "never closed, told": (f"Thinking...\nWe try\n{FENCED}", ""),
    "never closed, folded": (f"<details><summary>Reasoning</summary>\n{FENCED}", ""),
    "told, right behind code": (f"Thinking...\n{DRAFT}...done thinking.\nb", "\nb"),
    "told in prose": (f"Here is my thought process: we add.\n{FENCED}", None),
    "thinking aloud": (f"Thinking... done.\n{FENCED}", None),
    "an answer folded away": (f"<details><summary>Solution</summary>\n{FENCED}</details>", None),
    "all folded away": (f"<details>\n{FENCED}</details>", None),
    "other code folded away": (
        f"{FENCED}<details>\n<summary>Slow</summary>x = 1\n</details>",
        FENCED,
    ),
    "explanation": ("<explanation>a</explanation><plane>b</plane>", None),
    "both are named": ("It drops <think> and </think>, and <plan>.\n", None),
    "turn of another model": ("a<turn|>\n<|turn>user\nb", "a"),
    "quoted": ("Write `<think>`, '</think>' or \"<think>\".", None),
    "quoted in code": ('x = text.split("</think>")[-1]\n', None),
    "apostrophes quote nothing": ("it's a </think>that's b", "that's b"),
    "docstring": (TAGS, None),
    "docstring in a fence": (f"So:\n```python\n{TAGS}```\nDone.", None),
    "docstring among prose": (f"So:\n\n{TAGS}\nIt's done.", None),
    "sample": ("So:\n```python\nprint(1)\n```\n```text\nx</think><|im_end|>\n```\n", None),
    "end of turn": ("a<|im_end|>\n<|im_start|>user\nb", "a"),
    "end of text": ("a</s>b", "a"),
    "end of turn, full width": ("a<｜end▁of▁sentence｜>", "a"),
    "role": ("a\n<|user|>\nb", "a\n"),
    "end, other model": ("a<end_of_turn>\n<start_of_turn>user\n", "a"),
    "end in a string": ('```python\nprint("<|im_end|>", "</s>")\n```\n', None),
    "begins with a role": ("<|im_start|>assistant\na", "a"),
    "begins with two tokens": ("<|begin_of_text|><|assistant|>\na", "a"),
    "answer tags": ("<answer>a</answer>", "a"),
    "answer tags in a string": ("```python\nprint('<answer>')\n```", None),
    "no tags": ("if a<b and c>d: x[think] = [THINKING]", None),
    "nothing": ("", ""),
}


@pytest.mark.parametrize(("answer", "said"), SAID.values(), ids=SAID.keys())
def test_leaves_thinking_out(answer: str, said: str | None) -> None:
    assert spoken(answer) == (answer if said is None else said)


@pytest.mark.parametrize("form", THINKING)
def test_thinking_is_never_the_program(form: str) -> None:
    short = "print(sum(map(int, input().split())))\n"
    for answer in (f"```python\n{short}```\n", f"So:\n\n{short}\nDone.", short):
        assert extract_program(with_thinking(form, answer)) == short
    assert extract_program(with_thinking(form, "")) == ""
    assert extract_program(with_thinking(form, "I can't do it.")) == ""


@pytest.mark.parametrize(
    "tag",
    [
        "<think>",
        "</think>",
        "<details>",
        "</details>",
        "[/THINK]",
        "<|im_end|>",
        "...done thinking.",
    ],
)
def test_a_tag_in_a_program_is_text(tag: str) -> None:
    uses = {
        "string": f"def main():\n    print(input().split({tag!r}))\n\n\nmain()\n",
        "comment": f"def main():  # {tag}\n    # {tag}\n    print(input())\n\n\nmain()\n",
        "docstring": f'def main():\n    """Reads\n\n    {tag} and\n    """\n    print(input())\n',
        "text": f"TEXT = '''\n{tag}\n'''\nprint(TEXT + input())\n",
    }
    for program in uses.values():
        broken = f"{program}\ndef f(:\n    pass\n"
        for answer in (
            program,
            f"So:\n\n{program}\nDone.",
            f"```python\n{program}```\nDone.",
            f"```python\n{program}",
        ):
            assert extract_program(answer) == program
        for answer in (f"```python\n{broken}```\nDone.", f"```python\n{broken}", broken):
            assert extract_program(answer) == broken


@pytest.mark.parametrize("form", THINKING)
def test_a_program_about_tags_stays(form: str) -> None:
    for answer in (f"```python\n{TAGS}```\n", f"So:\n\n{TAGS}\nDone."):
        assert extract_program(with_thinking(form, answer)) == TAGS


@given(PROGRAMS, st.sampled_from(["", *THINKING]), st.sampled_from(ALL_FORMS))
def test_any_program_comes_back(
    program: tuple[list[tuple[str, str]], str], thinking: str, form: str
) -> None:
    source = program[1].rstrip() + "\n"
    answer = in_form(form, source)
    answer = with_thinking(thinking, answer) if thinking else answer
    assert extract_program(answer).rstrip() == source.rstrip()


@given(TEXTS)
def test_text_without_tags_comes_back(text: str) -> None:
    assert spoken(text) == text


TAG_PIECES = ["<think>", "</think>", "[THINK]", "<|im_end|>", "</", "think", ">", "<|channel|>"]
TAG_PIECES += ["analysis", "final", "<|message|>", "<answer>", "</s>", "`", "<|end_of_thought|>"]


@given(st.lists(st.one_of(FRAGMENTS, st.sampled_from(TAG_PIECES)), max_size=30).map("".join))
def test_what_is_said_is_said_once_and_for_all(text: str) -> None:
    said = spoken(text)
    assert spoken(said) == said
    assert isinstance(extract_program(text), str)
