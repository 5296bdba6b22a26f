"""Programs whose text is hard on a tokenizer, as chains."""

from typing import Literal

from hypothesis import strategies as st

from dreamcode.chain import normalise_step, parse

# SmolLM2 has no tokens for some bytes that only unassigned characters begin with.
UNUSED: list[Literal["Cs", "Cc", "Cn", "Co"]] = ["Cs", "Cc", "Cn", "Co"]
WORDS = st.text(
    st.characters(codec="utf-8", exclude_categories=UNUSED, exclude_characters="\\\"'"),
    max_size=20,
)
BODIES = st.sampled_from(
    [
        "    return 1",
        "    for row in rows:\n\n        print(row,\t\n            end='')",
        "\tif x:\n\t\treturn -1\n\n\n\t# so\n\treturn [1,2 ,3]   ",
        "    x = '''\n\n\ndef no():\n    pass\n'''\n    return x",
        "    return lambda a: a[::-1]  # ≤ größer 数 🙂",
    ]
)
HEADS = st.sampled_from(["", "import sys\n\n", "# a comment\n", "N = 10**9 + 7\n\n\n", "@cache\n"])


@st.composite
def chains(draw: st.DrawFn) -> tuple[str, ...]:
    """The steps of a program, in canonical form."""
    steps = []
    for number in range(draw(st.integers(1, 5))):
        head, words, body = draw(HEADS), draw(WORDS), draw(BODIES)
        step = f'{head}def step_{number}(x, rows=()):\n    "{words}"\n{body}\n'
        steps.append(normalise_step(step))
    found = tuple(step.source for step in parse("".join(steps)).steps)
    assert "".join(found) == "".join(steps)
    return found
