"""Forms in which models wrap their thinking and their programs."""

import html

DRAFT = "import sys\n\n\ndef main():\n    # a longer draft\n    a, b = map(int, input().split())\n"
DRAFT += "    print(a * b)\n\n\nmain()\n"
_THOUGHTS = f"Hmm, it's (wait).\n\n```python\n{DRAFT}```\n\nNo: that isn't it."

# What stands before the thinking, and what between it and the answer.
THINKING = {
    "tags": ("<think>\n", "\n</think>\n\n"),
    "capitals, attributes": ('<Thinking depth="2">', "</Thinking>"),
    "thought": ("<thought>", "</thought>\n"),
    "thoughts": ("<thoughts>\n", "\n</thoughts>\n"),
    "reasoning": ("<reasoning>\n", "\n</reasoning>\n"),
    "reason": ("<reason>\n", "\n</reason>\n"),
    "reflection": ("<REFLECTION>\n", "\n</REFLECTION>\n"),
    "scratchpad": ("<scratchpad>\n", "\n</scratchpad>\n"),
    "analysis": ("<analysis>\n", "\n</analysis>\n"),
    "monologue": ("<inner_monologue>\n", "\n</inner_monologue>\n"),
    "name space": ("<seed:think>\n", "\n</seed:think>\n"),
    "brackets": ("[THINK]", "[/THINK]"),
    "diamonds": ("◁think▷", "◁/think▷"),
    "begin and end": ("<|begin_of_thought|>\n", "\n<|end_of_thought|>\n\n"),
    "start and end": ("<|START_THINKING|>", "<|END_THINKING|>"),
    "longer names": ("<chain_of_thought>\n", "\n</chain_of_thought>\n"),
    "process": ("<thought-process>\n", "\n</thought-process>\n"),
    "edges behind": ("<|reasoning_start|>", "<|reasoning_end|>"),
    "full width": ("<｜begin▁of▁thinking｜>", "<｜end▁of▁thinking｜>"),
    "bars": ("<|think|>", "<|/think|>"),
    "channels": (
        "<|channel|>analysis<|message|>",
        "<|end|><|start|>assistant<|channel|>final<|message|>",
    ),
    "channel, begun in the prompt": (
        "analysis<|message|>",
        "<|end|><|start|>assistant<|channel|>final<|message|>",
    ),
    "three channels": (
        "<|start|>assistant<|channel|>analysis<|message|>Well.<|end|><|start|>assistant"
        "<|channel|>commentary to=python <|constrain|>json<|message|>",
        "<|call|><|start|>assistant<|channel|>final<|message|>",
    ),
    "channels without marks": ("analysisWe think. ", "assistantfinal"),
    "channel to be closed": ("<|channel>thought\n", "<channel|>"),
    "unused tokens": ("<unused94>thought\n", "<unused95>"),
    "folded away": (
        '<details type="reasoning" done="true" duration="3">\n<summary>Thought for 3 s</summary>\n',
        "\n</details>\n",
    ),
    "folded away, by hand": (
        "<details>\n<summary><b>Click to see my reasoning</b></summary>\n\n",
        "\n</details>\n\n",
    ),
    "folded away, elsewhere": ("<details><summary>思考过程</summary>\n", "\n</details>\n"),
    "told": ("Thinking...\n", "\n...done thinking.\n\n"),
    "told, one character": ("Thinking…\n", "\n…done thinking.\n\n"),
    "told, other words": ("Here is my thought process:\n", "\nHere is my response:\n"),
    "told, bold": ("**Here's my thought process:**\n", "\n**Here's my response:**\n"),
    "planning": ("<planning>\n", "\n</planning>\n"),
    "plan": ("<plan>\n", "\n</plan>\n"),
    "action plan": ("<action_plan>\n", "\n</action_plan>\n"),
    "cot": ("<cot>\n", "\n</cot>\n"),
    "draft": ("<draft>\n", "\n</draft>\n"),
    "brainstorming": ("<brainstorming>\n", "\n</brainstorming>\n"),
    "inner voice": ("<inner_voice>\n", "\n</inner_voice>\n"),
    "name space behind": ("<think:opensource>\n", "\n</think:opensource>\n"),
    "budget": (
        "<seed:think>\nSo\n<seed:cot_budget_reflect>\n9 used.\n</seed:cot_budget_reflect>\n",
        "\n</seed:think>\n",
    ),
    "small brackets": ("[think]\n", "\n[/think]\n"),
    "inner prefix": ("<|inner_prefix|>", "<|inner_suffix|>"),
    "turns": ("<|think|>", "<|end|><|begin|>assistant<|content|>"),
    "upper case tokens": ("<|THINK_START|>", "<|THINK_END|>"),
    "in a sentence": ("I will <think> about it: ", "</think> and here it is.\n\n"),
    "nested": ("<think>So <think>a</think> and\n", "</think>\n"),
    "opened twice": ("<think>\n<think>\n", "\n</think>\n"),
    "closed by another name": ("<thinking>\n", "\n</think>\n"),
    "quoted inside": ('<think>\nI close it with `</think>` or "</think>".\n', "\n</think>\n"),
    "in the middle": ("Sure!\n\n<think>\n", "\n</think>\nHere it is.\n\n"),
    "twice": ("<think>First.</think>Then:\n<think>\n", "\n</think>\n"),
    "opened by the prompt": ("", "\n</think>\n\n"),
    "opened by the prompt, channels": ("", "<|end|><|start|>assistant<|channel|>final<|message|>"),
    "a draft that was cut": ('<think>\n```python\ndef f():\n    """So\n', "\n</think>\n\n"),
}


def with_thinking(form: str, answer: str) -> str:
    """`answer` after thoughts that hold a program of their own."""
    before, after = THINKING[form]
    return f"{before}{_THOUGHTS}{after}{answer}"


def _quoted(text: str) -> str:
    lines = text.removesuffix("\n").split("\n")
    return "".join(f"> {line}\n" if line else ">\n" for line in lines)


def _indented(text: str) -> str:
    return "".join(f"   {line}\n" for line in text.removesuffix("\n").split("\n"))


# Forms of an answer with one program, which ends with a line end.
FORMS = {
    "fence": "```python\n{}```",
    "prose around": "Here's the (code:\n\n```py\n{}```\n\nIt's O(n), isn't it?",
    "no language": "So:\n```\n{}```\n",
    "tildes": "~~~Python3\n{}~~~\n",
    "attributes": '```{{.python .numberLines title="a.py"}}\n{}```\n',
    "title": "``` python title=solution.py\n{}```\n",
    "unclosed": "So:\n```python\n{}",
    "unclosed, end of turn": "```python\n{}<|im_end|>\n",
    "end of turn": "```python\n{}```<｜end▁of▁sentence｜>",
    "next turn": "```python\n{}```\n<|eot_id|><|start_header_id|>user<|end_header_id|>\nThanks!",
    "filling": "```python\n{}```<|fim_pad|><|fim_pad|>",
    "glued to prose": "Here's the code:```python\n{}```",
    "glued to bold prose": "**Solution** ```python\n{}```",
    "markdown around": "````markdown\n# Answer\n\n```python\n{}```\n\nDone.\n````\n",
    "longer fences around": "`````\n````md\n```python\n{}```\n````\n`````\n",
    "closing fence before prose": "```python\n{}``` This is it.\n",
    "shorter closing fence": "````python\n{}```\n",
    "file name": "```python:main.py\n{}```\n",
    "answer tags": "<answer>\n```python\n{}```\n</answer>",
    "answer tags, glued": "<final>```python\n{}```</final></s>",
    "solution tokens": "<|begin_of_solution|>\n```python\n{}```\n<|end_of_solution|>",
    "response tokens": "<|START_RESPONSE|>```python\n{}```<|END_RESPONSE|>",
    "output below": "```python\n{}```\nIt prints:\n```\n3\nYes\n```\n",
    "commands below": "```python\n{}```\nRun:\n```bash\npython main.py < input.txt\n```\n",
    "thinking below": "```python\n{}```\n<think>Is it right? Yes.</think>\nDone.",
    "thinking below, cut": "```python\n{}```\n<think>Is it right? ```python\nprint(input())",
}


def in_form(form: str, program: str) -> str:
    """`program` in one of the forms of an answer."""
    if form == "quote":
        return _quoted(f"So:\n```python\n{program}```\n")
    if form == "list":
        return "1. So:\n\n" + _indented(f"```python\n{program}```")
    if form == "list item":
        return "- " + _indented(f"```python\n{program}```").lstrip()
    if form == "html":
        return f'<pre><code class="language-python">{html.escape(program)}</code></pre>\nDone.'
    if form == "glued to the last line, and prose":
        return f"```python\n{program.rstrip()}``` This is it.\n"
    if form == "glued to the last line":
        return f"```python\n{program.rstrip()}```\nDone."
    if form == "carriage returns":
        return f"So:\n```python\n{program}```\nDone.".replace("\n", "\r\n")
    return FORMS[form].format(program)


ALL_FORMS = [
    *FORMS,
    *(
        "quote",
        "list",
        "list item",
        "html",
        "glued to the last line",
        "glued to the last line, and prose",
        "carriage returns",
    ),
]
