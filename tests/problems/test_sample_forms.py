"""Samples in the forms of many sites and languages, and what is said where they are unclear."""

import pytest

from dreamcode.problems.samples import find_samples

READ = {
    "codechef": (
        (
            "Sum.\n\nSample 1:\nInput\nOutput\n\n3 4\n\n7\n\nExplanation:\n"
            "Three plus four.\n\nSample 2:\nInput\nOutput\n\n1 1\n\n2\n"
        ),
        [("3 4\n", "7\n"), ("1 1\n", "2\n")],
    ),
    "codechef fences": (
        "### Sample 1:\n\nInput\n\nOutput\n\n```\n3 4\n```\n\n```\n7\n```\n",
        [("3 4\n", "7\n")],
    ),
    "inner blank": (
        (
            "Sample Input 1\n\n2\n\nSample Output 1\n\n1 2\n3 4\n\n5 6\n7 8\n\n"
            "Sample Input 2\n\n1\n\nSample Output 2\n\n9\n"
        ),
        [("2\n", "1 2\n3 4\n\n5 6\n7 8\n"), ("1\n", "9\n")],
    ),
    "inner blank cases": (
        "Sample Input\n2\nSample Output\nCase #1:\nab\n\nCase #2:\ncd\n\nNote\nx",
        [("2\n", "Case #1:\nab\n\nCase #2:\ncd\n")],
    ),
    "grid": (
        "Sample Input\n2\nSample Output\n#.#\n.#.\n\n.#.\n#.#\n",
        [("2\n", "#.#\n.#.\n\n.#.\n#.#\n")],
    ),
    "YES then nums": (
        "Sample Input\n2\nSample Output\nYES\n\n1 2\n\nNO\n",
        [("2\n", "YES\n\n1 2\n\nNO\n")],
    ),
    "atcoder ja": (
        (
            "問題文\n\n入力\n\n入力は以下の形式で与えられる。\n\n出力\n\n答えを出力せよ。\n\n入力例 1 \n\n3 4\n\n出力例 1 \n"  # noqa: E501
            "\n7\n\n3 と 4 の和は 7 です。\n\n入力例 2\n\n0 0\n\n出力例 2\n\n0\n"
        ),
        [("3 4\n", "7\n"), ("0 0\n", "0\n")],
    ),
    "luogu": (
        (
            "# 题目\n\n## 输入格式\n\n一行。\n\n## 输出格式\n\n一行。\n\n## 输入输出样例 #1\n\n### 输入 #1\n\n"  # noqa: E501
            "```\n3 4\n```\n\n### 输出 #1\n\n```\n7\n```\n\n## 说明/提示\n\nx"
        ),
        [("3 4\n", "7\n")],
    ),
    "luogu old": (
        "## 样例 #1\n\n### 样例输入 #1\n\n```\n3 4\n```\n\n### 样例输出 #1\n\n```\n7\n```\n",
        [("3 4\n", "7\n")],
    ),
    "cf ru": (
        (
            "Входные данные\nОдно число.\n\nВыходные данные\nОдно число.\n\n"
            "Пример\nВходные данные\n3 4\nВыходные данные\n7\nПримечание\nхм"
        ),
        [("3 4\n", "7\n")],
    ),
    "ru2": ("Пример ввода 1\n3 4\nПример вывода 1\n7\n", [("3 4\n", "7\n")]),
    "es": (
        "Entrada\nDos números.\n\nSalida\nUno.\n\nEjemplo de entrada\n3 4\n\nEjemplo de salida\n7\n",  # noqa: E501
        [("3 4\n", "7\n")],
    ),
    "es2": (
        "Entrada de ejemplo 1\n```\n3 4\n```\nSalida de ejemplo 1\n```\n7\n```\n",
        [("3 4\n", "7\n")],
    ),
    "de": ("Beispieleingabe 1:\n3 4\nBeispielausgabe 1:\n7\n\nErklärung: x", [("3 4\n", "7\n")]),
    "de2": ("Beispiel\n\nEingabe:\n3 4\n\nAusgabe:\n7\n", [("3 4\n", "7\n")]),
    "fr": ("Exemple d'entrée 1\n3 4\n\nExemple de sortie 1\n7\n", [("3 4\n", "7\n")]),
    "pt": ("Exemplo de Entrada\n3 4\nExemplo de Saída\n7\n", [("3 4\n", "7\n")]),
    "ko": (
        "입력\n첫째 줄.\n\n출력\n둘.\n\n예제 입력 1 복사\n3 4\n예제 출력 1 복사\n7\n",
        [("3 4\n", "7\n")],
    ),
    "ko2": ("예제 입력 1\n3 4\n예제 출력 1\n7\n힌트\n없음", [("3 4\n", "7\n")]),
    "leetcode zh": (
        (
            "示例 1：\n\n输入：nums = [2,7], target = 9\n输出：[0,1]\n解释：因为\n\n示例 2：\n\n"
            "输入：nums = [3,3], target = 6\n输出：[0,1]\n"
        ),
        [("nums = [2,7], target = 9\n", "[0,1]\n"), ("nums = [3,3], target = 6\n", "[0,1]\n")],
    ),
    "sample 1 input": ("Sample 1 Input\n3 4\n\nSample 1 Output\n7\n", [("3 4\n", "7\n")]),
    "out for": (
        (
            "Sample Input 1\n3 4\n\nOutput for Sample Input 1\n7\n\n"
            "Sample Input 2\n1 1\n\nOutput for Sample Input 2\n2\n"
        ),
        [("3 4\n", "7\n"), ("1 1\n", "2\n")],
    ),
    "uva": ("Sample Input\n3 4\nOutput for Sample Input\n7\n", [("3 4\n", "7\n")]),
    "so for si": ("Sample Input\n3 4\nSample Output for Sample Input\n7\n", [("3 4\n", "7\n")]),
    "side kattis md": (
        "| Sample Input 1 | Sample Output 1 |\n|---|---|\n| 3 4 | 7 |\n",
        [("3 4\n", "7\n")],
    ),
    "md many": (
        "## Examples\n\n| Input | Output |\n| --- | --- |\n| `3 4` | `7` |\n| `1 1` | `2` |\n",
        [("3 4\n", "7\n"), ("1 1\n", "2\n")],
    ),
    "md br": (
        "| Input | Output | Explanation |\n|:--|:--|--|\n| 2<br>1 2 | 3 | x |\n",
        [("2\n1 2\n", "3\n")],
    ),
    "cols": (
        ("Sample Input          Sample Output\n3 4                   7\n1 2 3                 6\n"),
        [("3 4\n1 2 3\n", "7\n6\n")],
    ),
    "cols tab": ("Sample Input 1\tSample Output 1\n3 4\t7\n1 2\t\n", [("3 4\n1 2\n", "7\n")]),
    "cols fence": (
        "```\nSample Input     Sample Output\n3 4              7\n```\n",
        [("3 4\n", "7\n")],
    ),
    "usaco": (
        (
            "INPUT FORMAT (file x.in):\n\nTwo.\n\n"
            "OUTPUT FORMAT (file x.out):\n\nOne.\n\n"
            "SAMPLE INPUT (file x.in):\n\n3 4\n\nSAMPLE OUTPUT (file x.out):\n"
            "\n7\n\nOUTPUT DETAILS:\n\nProblem credits: X"
        ),
        [("3 4\n", "7\n")],
    ),
    "usaco2": (
        "SAMPLE INPUT:\n3 4\nSAMPLE OUTPUT: \n7\n\nProblem credits: Brian\n",
        [("3 4\n", "7\n")],
    ),
    "spoj": (
        "Input\n\nTwo.\n\nOutput\n\nOne.\n\nExample\n\nInput:\n3 4\n\nOutput:\n7\n",
        [("3 4\n", "7\n")],
    ),
    "hackerrank": (
        (
            "**Sample Input 0**\n\n```\n3 4\n```\n\n**Sample Output 0**\n\n```\n7\n"
            "```\n\n**Explanation 0**\n\nx"
        ),
        [("3 4\n", "7\n")],
    ),
    "hackerrank fn": (
        (
            "Sample Input\n\n```\nSTDIN           Function\n"
            "-----           --------\n5               arr[] size n = 5\n"
            "1 2 3 4 5       arr = [1,2,3,4,5]\n```\n\nSample Output\n\n```\n7\n"
            "```\n"
        ),
        [("5\n1 2 3 4 5\n", "7\n")],
    ),
    "poj": (
        (
            "Description\n\nx\n\nInput\n\nTwo.\n\nOutput\n\nOne\n\nSample Input\n\n3 4\n"
            "\nSample Output\n\n7\n\nSource\n\nPOJ Monthly"
        ),
        [("3 4\n", "7\n")],
    ),
    "cf": (
        (
            "Input\nThe first line.\n\nOutput\nPrint x.\n\nExamples\nInput\n3 4\n"
            "Output\n7\nInput\n1 1\nOutput\n2\nNote\nYes."
        ),
        [("3 4\n", "7\n"), ("1 1\n", "2\n")],
    ),
    "cf single": (
        "Input\nThe first line.\n\nOutput\nPrint x.\n\nExample\ninputCopy\n3 4\noutputCopy\n7\n",
        [("3 4\n", "7\n")],
    ),
    "cf html": (
        (
            '<div class="sample-tests"><div class="section-title">Examples</div><div class="s'
            'ample-test"><div class="input"><div class="title">Input</div><pre>3 4\n'
            '</pre></div><div class="output"><div class="title">Output</div><pre>\n'
            "7\n</pre></div></div></div><p>Note that a &lt; b</p>"
        ),
        [("3 4\n", "7\n")],
    ),
    "cf html lines": (
        (
            '<div>Example</div><div class="title">Input</div><pre><div class="test-example-li'
            'ne">2</div><div class="test-example-line">3 4</div></pre><div class="title">Outp'
            "ut</div><pre>7&lt;\n"
            "</pre>"
        ),
        [("2\n3 4\n", "7<\n")],
    ),
    "atcoder html": (
        (
            "<h3>Input</h3><p>x</p><pre>A B\n"
            "</pre><h3>Sample Input 1</h3><pre>3 4\n"
            "</pre><h3>Sample Output 1</h3><pre>7\n</pre><p>Because.</p>"
        ),
        [("3 4\n", "7\n")],
    ),
    "kattis html": (
        (
            '<table class="sample"><tbody><tr><th>Sample Input 1</th><th>Sample Output 1</th>'
            "</tr><tr><td><pre>3 4\n"
            "</pre></td><td><pre>7\n</pre></td></tr></tbody></table>"
        ),
        [("3 4\n", "7\n")],
    ),
    "leetcode html": (
        (
            '<p>Sum.</p><p><strong class="example">Example 1:</strong></p>\n'
            "\n<pre>\n<strong>Input:</strong> nums = [1,2], k = 3\n"
            "<strong>Output:</strong> 5\n<strong>Explanation:</strong> x\n"
            "</pre>\n"
        ),
        [("nums = [1,2], k = 3\n", "5\n")],
    ),
    "leetcode html new": (
        (
            '<p><strong class="example">Example 1:</strong></p>\n'
            '<div class="example-block">\n'
            '<p><strong>Input:</strong> <span class="example-io">nums = [1,2]</span></p>\n'
            "\n"
            '<p><strong>Output:</strong> <span class="example-io">5</span></p>\n'
            "\n<p><strong>Explanation:</strong></p><p>x</p></div>"
        ),
        [("nums = [1,2]\n", "5\n")],
    ),
    "io heading": (
        "### Sample Input/Output 1\n\n**Input**\n\n```\n3 4\n```\n\n**Output**\n\n```\n7\n```\n",
        [("3 4\n", "7\n")],
    ),
    "sample and": ("Sample Input and Output\n\n3 4\n\n7\n", [("3 4\n", "7\n")]),
    "empty input": ("Sample Input 1\n\nSample Output 1\n\n```\nHello\n```\n", [("", "Hello\n")]),
    "trailing": (
        "Sample Input 1  \n  3 4  \n\nSample Output 1\t\n7  \n\nSo.\n",
        [("  3 4  \n", "7  \n")],
    ),
    "baekjoon": ("예제 입력 1 \n5\n예제 출력 1 \n    *\n   **\n", [("5\n", "    *\n   **\n")]),
    "ja bracket": ("【入力例】\n3 4\n【出力例】\n7\n", [("3 4\n", "7\n")]),
    "yukicoder": (
        "サンプル\nサンプル1\n入力\n3 4\n出力\n7\n\n和です、はい。\n",
        [("3 4\n", "7\n")],
    ),
    "aoj": ("Sample Input 1\n\n3 4\n\nSample Output 1\n\n7\n\n\nSource: x", [("3 4\n", "7\n")]),
    "eolymp": ("Input example #1\n3 4\n\nOutput example #1\n7\n", [("3 4\n", "7\n")]),
    "acm pl": ("Przykład\n\nWejście\n3 4\n\nWyjście\n7\n", [("3 4\n", "7\n")]),
    "image": ("Sample Input\n1\n\nSample Output\n7\n\n![](https://x.y/z.png)\n", [("1\n", "7\n")]),
    "rule": (
        "Sample Input\n1\n\nSample Output\n7\n\n---\n\nText here is long.\n",
        [("1\n", "7\n")],
    ),
    "rule drawn": ("Sample Input\n1\n\nSample Output\n-*-\n\n---\n", [("1\n", "-*-\n\n---\n")]),
    "bare fence": ("## Example\n\n```\nInput\n3 4\nOutput\n7\n```\n", [("3 4\n", "7\n")]),
    "bare fence2": ("### Example 1\n\n```\nInput:\n3 4\n\nOutput:\n7\n```\n", [("3 4\n", "7\n")]),
    "input blank inside": (
        "Sample Input\n2\n\nabc\n\nde\n\nSample Output\n3\n",
        [("2\n\nabc\n\nde\n", "3\n")],
    ),
}

UNCLEAR = {
    "codechef glued": (
        "Sum.\n\nSample 1:\nInput\nOutput\n3 4\n7\n\nExplanation:\nThree\n",
        "stand together",
    ),
    "codechef three": ("Sample 1:\nInput\nOutput\n\n3\n\n1 2 3\n\n7\n", "stand together"),
    "lyrics": (
        (
            "Sample Input\n2\n\nSample Output\n"
            "2 bottles of beer on the wall.\nTake one down now.\n\n"
            "1 bottles of beer on the wall.\nTake one down.\n"
        ),
        "reads like sentences",
    ),
    "explanation unclear": (
        "Sample Input\n2\n\nSample Output\n7\n\nCodeforces Round 12\n",
        "may belong to its output",
    ),
    "md bad": (
        "| Sample Input | Sample Output |\n| --- | --- |\n| 3 | 7 |\n| 1 2 3 |  |\n",
        "cell of their table is empty",
    ),
    "cols cross": (
        "Sample Input   Sample Output\n3 4 5 6 7 8 9 10 11 12  7\n1 2 3          6\n",
        "crosses the border",
    ),
    "cf no heading": (
        "Input\nThe first line.\nOutput\nPrint x.\nInput\n3 4\nOutput\n7\n",
        "none could be read",
    ),
    "ioi": (
        "## Examples\n\nConsider the call f(1).\n\n## Sample grader\n\nIt reads.",
        "none could be read",
    ),
    "interactive": (
        "This is an interactive problem.\n\nExample\nInput\n1\n\nOutput\n2\n",
        "interactive",
    ),
    "because": ("Sample Input\n1\n\nSample Output\nYES\n\nbecause it works\n", "may belong"),
    "explained input": (
        "Sample Input 1\n\n3 4\n\nHere the first number is n.\n\nSample Output 1\n\n7\n",
        "hold an explanation",
    ),
    "no output": (
        "Sample Input 1\n\n3 4\n\nSample Output 1\n\nExplanation\n\nx",
        "nothing stands below",
    ),
    "so the": ("Sample Input\n1\n\nSample Output\n3\n\nso the answer\n", "may belong"),
}

NONE = {
    "aoc": "--- Day 1 ---\n\nFor example:\n\n```\n1\n2\n```\n\nThe answer is 3.",
    "formats only": "## Input\n\nA name.\n\n## Output\n\nText.\n",
}


@pytest.mark.parametrize("form", READ)
def test_samples_are_read(form: str) -> None:
    statement, wanted = READ[form]
    found = find_samples(statement)
    assert [(sample.input, sample.output) for sample in found.samples] == wanted
    assert found.doubts == ()


@pytest.mark.parametrize("form", UNCLEAR)
def test_no_test_is_better_than_a_false_one_and_that_is_said(form: str) -> None:
    statement, reason = UNCLEAR[form]
    found = find_samples(statement)
    assert found.samples == ()
    assert reason in " ".join(found.doubts)


@pytest.mark.parametrize("form", NONE)
def test_nothing_is_said_where_nothing_looks_like_a_sample(form: str) -> None:
    assert find_samples(NONE[form]) == find_samples("")


def test_the_other_samples_are_read_where_one_is_unclear() -> None:
    first = "Sample Input 1\n1\n\nSample Output 1\n2\n\n"
    found = find_samples(first + "Sample Input 2\n\nSample Output 2\n3\n")
    assert [sample.input for sample in found.samples] == ["1\n"]
    assert len(found.doubts) == 1
