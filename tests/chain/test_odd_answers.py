"""Answers as real models write them, of many kinds."""

import html
import json

import pytest

from dreamcode.chain.extract import extract_program

ADD = "def add(a, b):\n    return a + b\n"
MAIN = "def main():\n    a, b = map(int, input().split())\n    print(add(a, b))\n"
RUN = "main()\n"
GUARD = 'if __name__ == "__main__":\n    main()\n'
SLOW = "n = int(input())\nprint(sum(i for i in range(n + 1)))\n"
FAST = "n = int(input())\nprint(n * (n + 1) // 2)\n"
CLASS = "class Solution:\n    def add(self, a: int, b: int) -> int:\n        return a + b\n"
DOC = (
    'def main():\n    """Use:\n\n    ```python\n    main()\n    ```\n    """\n    print(input())\n'
)
DOC += "\n\nmain()\n"
LESS = 'a, b = map(int, input().split())\nif a < b and b > 0 or a & b:\n    print("less")\n'
GENERIC = "def first[T](xs: list[T]) -> T:\n    return xs[0]\n\n\nprint(first(input()))\n"
UNIT_TESTS = "import unittest\n\nclass TestAdd(unittest.TestCase):\n    def test(self):\n"
UNIT_TESTS += "        self.assertEqual(add(1, 2), 3)\n\nunittest.main()\n"
TABS = FAST.replace("n = int", "if True:\n\tn = int").replace("\nprint", "\n\tprint")


def joined(*texts: str) -> str:
    return "\n\n\n".join(text.rstrip("\n") for text in texts) + "\n"


PROGRAM = joined(ADD, MAIN, GUARD)


def fenced(text: str, tag: str = "python", mark: str = "```") -> str:
    return f"{mark}{tag}\n{text}{mark}\n"


def numbered(text: str, form: str) -> str:
    return "".join(form.format(n, line) for n, line in enumerate(text.splitlines(), 1))


def added(text: str) -> str:
    return "".join(f"+{line}\n" for line in text.splitlines())


def transcript(text: str) -> str:
    return "".join(
        f"{'...' if line[:1] in ' ' else '>>>'} {line}\n" for line in text.splitlines() if line
    )


ANSWERS = {
    # Fences.
    "quotes for a fence": (f"So:\n{fenced(FAST, mark=chr(39) * 3)}Done.", FAST),
    "double quotes for a fence": (fenced(FAST, mark='"""'), FAST),
    "quotes around prose too": (f"{fenced(FAST, mark=chr(39) * 3)}It's O(1).\n", FAST),
    "quotes, unclosed": (f"'''python\n{FAST}", FAST),
    "tildes": (f"So:\n{fenced(FAST, mark='~~~')}Done.", FAST),
    "tildes around back ticks": (f"~~~markdown\n{fenced(FAST)}~~~\n", FAST),
    "two back ticks": (f"So:\n{fenced(FAST, mark='``')}Done.", FAST),
    "closed by quotes": (f"```python\n{FAST}'''\nDone.", FAST),
    "number before a fence": (f"1. ```python\n{FAST}```\n2. Done.\n", FAST),
    "bullet before a fence": (f"* ```python\n{FAST}```\n", FAST),
    "step before a fence": (f"Step 1: ```python\n{FAST}```\n", FAST),
    "bold name above": (f"**main.py**\n{fenced(FAST)}", FAST),
    "fence in a docstring": (fenced(DOC), DOC),
    "fence in a docstring, prose": (f"So:\n\n{DOC}\nDone.", DOC),
    "closed late": (f"```python\n{FAST}\nThis is O(1), isn't it?\n```\n", FAST),
    "closed late, list": (f"```python\n{FAST}\n- It is O(1)\n- It's short\n```\n", FAST),
    "a mistake behind a blank line": (fenced(f"{FAST}\nprnt n\n"), f"{FAST}\nprnt n\n"),
    "quotes that are a docstring": (
        fenced(f"'''python\nsolution\n'''\n{FAST}"),
        f"'''python\nsolution\n'''\n{FAST}",
    ),
    "closed late, heading": (f"```python\n{FAST}\n### Complexity\nIt's (O(1)).\n```\n", FAST),
    "never closed, prose": (f"```python\n{FAST}\nThis works since it's a sum.\n", FAST),
    "other names": (fenced(FAST, "Python 3.12"), FAST),
    "pypy": (fenced(FAST, "pypy3"), FAST),
    "name and file": (fenced(FAST, "python filename=main.py"), FAST),
    "braces": (fenced(FAST, "{python}"), FAST),
    "LaTeX": (f"\\begin{{verbatim}}\n{FAST}\\end{{verbatim}}\n", FAST),
    "BBCode": (f"[code]\n{FAST}[/code]\n", FAST),
    "BBCode, named": (f"[PYTHON]\n{FAST}[/PYTHON]\n", FAST),
    "tags": (f"<python>\n{FAST}</python>\nDone.", FAST),
    "tags, named": (f'<code language="python">\n{FAST}</code>\n', FAST),
    "CDATA": (f"<solution><![CDATA[\n{FAST}]]></solution>\n", FAST),
    "boxed": (f"\\boxed{{\n{fenced(FAST)}}}\n", FAST),
    # Several programs.
    "draft, then final": (fenced(SLOW) + "Faster:\n" + fenced(FAST), FAST),
    "slow, then fast, in prose": (f"Brute force:\n\n{SLOW}\nEfficient:\n\n{FAST}\n", FAST),
    "tests after it": (
        fenced(joined(ADD, MAIN, RUN)) + fenced(UNIT_TESTS),
        joined(ADD, MAIN, RUN),
    ),
    "pytest after it": (
        fenced(PROGRAM)
        + fenced("from main import add\n\ndef test_add():\n    assert add(1, 2) == 3\n"),
        PROGRAM,
    ),
    "guard apart": (fenced(ADD) + fenced(MAIN) + fenced(GUARD), PROGRAM),
    "example of use": (fenced(PROGRAM) + "Use:\n" + fenced("add(1, 2)  # 3\n"), PROGRAM),
    "input to try": (fenced(PROGRAM) + "Input:\n" + fenced("3 4\n", ""), PROGRAM),
    "generator of inputs": (
        fenced(PROGRAM)
        + "To test it:\n"
        + fenced("import random\nprint(random.randint(1, 9), random.randint(1, 9))\n"),
        PROGRAM,
    ),
    "pseudo code first": (
        fenced("read n\nfor each i:\n    add i\nprint it\n", "") + fenced(FAST),
        FAST,
    ),
    "other language too": (
        fenced('#include <cstdio>\nint main() { puts("1"); }\n', "cpp") + fenced(FAST),
        FAST,
    ),
    "the same twice": (fenced(FAST) + "The full code:\n" + fenced(FAST), FAST),
    # No fence.
    "prose around": (f"Sure! It's simple (I think).\n\n{PROGRAM}\nThat's it (O(1)).\n", PROGRAM),
    "prose in the middle": (
        f"First this:\n\n{ADD}\nand then that:\n\n{joined(MAIN, RUN)}",
        joined(ADD, MAIN, RUN),
    ),
    "indented block": (
        "So:\n\n" + "".join(f"    {x}\n" if x else "\n" for x in PROGRAM.splitlines()) + "\nDone.",
        PROGRAM,
    ),
    "indented by tabs": (
        "So:\n\n" + "".join(f"\t{x}\n" if x else "\n" for x in PROGRAM.splitlines()) + "\nDone.",
        PROGRAM,
    ),
    "language on the first line": (f"python\n{PROGRAM}", PROGRAM),
    "language and a colon": (f"Python:\n{PROGRAM}", PROGRAM),
    "button of a page": (f"python\nCopy code\n{PROGRAM}", PROGRAM),
    "code behind the thinking": (f"<think>hm</think>{PROGRAM}", PROGRAM),
    "code behind the thinking, fence": (f"<think>hm</think>```python\n{PROGRAM}```", PROGRAM),
    "Chinese": (f"解法如下：\n\n{PROGRAM}\n时间复杂度是 O(1)。\n", PROGRAM),
    "Chinese, glued": (f"代码如下：```python\n{PROGRAM}```\n完成。", PROGRAM),
    "Russian": (f"Вот решение:\n\n{FAST}\nСложность (O(1)).\n", FAST),
    "Japanese, comments": (
        f"解答です。\n# 和を求める\n{FAST}以上です。\n",
        f"# 和を求める\n{FAST}",
    ),
    # Characters.
    "Windows line ends": (fenced(PROGRAM).replace("\n", "\r\n"), PROGRAM),
    "old line ends": (fenced(FAST).replace("\n", "\r"), FAST),
    "mark at the beginning": ("\ufeff" + fenced(FAST), FAST),
    "mark within the fence": (fenced("\ufeff" + FAST), FAST),
    "spaces of no width": (fenced(FAST.replace("print", "\u200bprint")), FAST),
    "hard spaces": (fenced(PROGRAM.replace("    ", "\xa0\xa0\xa0\xa0")), PROGRAM),
    "hard spaces, no fence": (PROGRAM.replace(" ", "\xa0"), PROGRAM),
    "curly quotes": (fenced(LESS.replace('"less"', "“less”")), LESS),
    "curly quotes that are text": (
        fenced('print("“" + input() + "”")\n'),
        'print("“" + input() + "”")\n',
    ),
    "tabs": (fenced(TABS), TABS),
    "tabs, no fence": (f"So:\n{TABS}", TABS),
    "space after the tick": (f"``` \n{FAST}``` \n", FAST),
    # Wrapped.
    "HTML escapes": (fenced(html.escape(LESS)), LESS),
    "HTML escapes, no fence": (f"So:\n\n{html.escape(LESS, quote=False)}\n", LESS),
    "HTML escapes that are text": (
        fenced('print("&lt;" + input())\n'),
        'print("&lt;" + input())\n',
    ),
    "JSON": (json.dumps({"code": PROGRAM, "language": "python"}), PROGRAM),
    "JSON in a fence": (
        fenced(json.dumps({"thought": "So.", "code": PROGRAM}, indent=1) + "\n", "json"),
        PROGRAM,
    ),
    "JSON with a fence": (json.dumps({"answer": f"So:\n{fenced(PROGRAM)}"}), PROGRAM),
    "JSON, nested": (json.dumps({"files": [{"name": "main.py", "content": PROGRAM}]}), PROGRAM),
    "JSON with line ends": ('{"code": "' + FAST + '"}', FAST),
    "tool call": (
        f"<tool_call>\n{json.dumps({'name': 'submit', 'arguments': {'code': FAST}})}\n</tool_call>",
        FAST,
    ),
    "a new file's patch": (
        fenced(f"--- /dev/null\n+++ b/main.py\n@@ -0,0 +1,10 @@\n{added(PROGRAM)}", "diff"),
        PROGRAM,
    ),
    "a patch of all": (
        fenced(
            f"--- a/main.py\n+++ b/main.py\n@@ -1,2 +1,2 @@\n n = int(input())\n-print(n)\n"
            f"{added(FAST.splitlines()[1])}",
            "diff",
        ),
        FAST,
    ),
    "transcript": (fenced(transcript(joined(ADD, FAST)), ""), ADD + FAST),
    "numbers of lines": (fenced(numbered(PROGRAM, "{:3} {}\n")), PROGRAM),
    "numbers of lines, bars": (fenced(numbered(PROGRAM, "{:3} | {}\n")), PROGRAM),
    "cell magic": (fenced(f"%%time\n{FAST}"), FAST),
    "file writer": (fenced(f"%%writefile main.py\n{FAST}"), FAST),
    "here document": (fenced(f"cat > main.py << 'EOF'\n{FAST}EOF\npython main.py\n", "bash"), FAST),
    # Syntax.
    "type parameters": (
        f"So:\n\n{GENERIC}",
        GENERIC,
    ),
    "type alias": (
        fenced("type Pair = tuple[int, int]\nprint(input())\n"),
        "type Pair = tuple[int, int]\nprint(input())\n",
    ),
    "nested quotes": (
        fenced('d = {"a": input()}\nprint(f"{d["a"]}")\n'),
        'd = {"a": input()}\nprint(f"{d["a"]}")\n',
    ),
    "template strings": (
        fenced('x = input()\nprint(t"{x}".values)\n'),
        'x = input()\nprint(t"{x}".values)\n',
    ),
    "Python 2": (fenced("print raw_input()\n"), "print raw_input()\n"),
}
ENDS = (
    "<|im_end|>",
    "<|eot_id|>",
    "<|endoftext|>",
    "<|end|>",
    "</s>",
    "<eos>",
    "<end_of_turn>",
    "<turn|>",
    "<|end_of_text|>",
    "<｜end▁of▁sentence｜>",
    "<|END_OF_TURN_TOKEN|>",
    "<|return|>",
    "[/INST]",
    "<|user|>",
    "<|endofturn|>",
    "[|endofturn|]",
    "<|eom_id|>",
    "<|eod_id|>",
    "<|im_user|>",
    "<|role_end|>",
    "<seed:eos>",
    "<|end_of_sentence|>",
    "<[end_of_turn]>",
    "<|assistant_end|>",
    "<|fim_end|>",
)
OF_FUNCTIONS = {
    "driver": (
        fenced(joined(CLASS, "print(Solution().add(1, 2))")),
        joined(CLASS, "print(Solution().add(1, 2))"),
    ),
    "driver apart": (fenced(CLASS) + fenced("sol = Solution()\nprint(sol.add(1, 2))\n"), CLASS),
    "driver that reads": (
        fenced(CLASS) + fenced("a, b = map(int, input().split())\nprint(Solution().add(a, b))\n"),
        CLASS,
    ),
    "guard of a function": (
        fenced(joined(ADD, 'if __name__ == "__main__":\n    assert add(1, 2) == 3')),
        joined(ADD, 'if __name__ == "__main__":\n    assert add(1, 2) == 3'),
    ),
    "two ways": (
        "1. Slow:\n" + fenced(ADD.replace("a + b", "sum([a, b])")) + "2. Fast:\n" + fenced(ADD),
        ADD,
    ),
    "method without a class": (
        fenced("def add(self, a, b):\n    return a + b\n"),
        "def add(self, a, b):\n    return a + b\n",
    ),
    "list node": (
        fenced("# class ListNode:\n#     def __init__(self): ...\n" + CLASS),
        "# class ListNode:\n#     def __init__(self): ...\n" + CLASS,
    ),
    "assigned": (fenced("add = lambda a, b: a + b\n"), "add = lambda a, b: a + b\n"),
    "tests after it": (fenced(ADD) + fenced("def test_add():\n    assert add(1, 2) == 3\n"), ADD),
}


@pytest.mark.parametrize(("answer", "program"), ANSWERS.values(), ids=ANSWERS.keys())
def test_reads_what_models_write(answer: str, program: str) -> None:
    assert extract_program(answer) == program


@pytest.mark.parametrize(("answer", "program"), OF_FUNCTIONS.values(), ids=OF_FUNCTIONS.keys())
def test_reads_functions(answer: str, program: str) -> None:
    assert extract_program(answer, "add") == program


@pytest.mark.parametrize("end", ENDS)
def test_ends_with_the_turn(end: str) -> None:
    for answer in (
        f"{PROGRAM}{end}",
        f"{PROGRAM.rstrip()}{end}\n",
        f"```python\n{PROGRAM}```{end}",
        f"```python\n{PROGRAM}{end}",
        f"```python\n{PROGRAM}```\n{end}\nuser\nx = 1\nprint(input())\n",
    ):
        assert extract_program(answer) == PROGRAM
