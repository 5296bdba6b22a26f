"""Problem packages of our own: small ones, each about one way to say how answers are judged."""

from dataclasses import dataclass, field
from pathlib import Path

YES, NO = "accepted", "wrong answer"


@dataclass(frozen=True)
class Package:
    """A package: one input, one answer, and what outputs come to.

    Attributes:
        name: what it is about.
        outputs: what a program prints, and the verdict.
        answer: the answer file.
        config: what `problem.yaml` says beside the name.
        files: further files, by path.
        case: where the test stands in `data/secret`, without its ending.
    """

    name: str
    outputs: dict[str, str]
    answer: str = "1\n"
    config: str = ""
    files: dict[str, str] = field(default_factory=dict)
    case: str = "1"

    def write(self, folder: Path) -> Path:
        """Writes the package; gives its folder."""
        root = folder / "package"
        files = {
            "problem.yaml": f"name: Package\n{self.config}\n",
            "problem_statement/problem.en.md": "Print the answer.\n",
            f"data/secret/{self.case}.in": "5\n",
            f"data/secret/{self.case}.ans": self.answer,
            **self.files,
        }
        for name, text in files.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(text)
        return root


def flags(text: str) -> str:
    """The line of `problem.yaml` that gives a validator its flags."""
    return f"validator_flags: {text}"


SUM = """import sys

def main():
    total = int(open(sys.argv[1]).read())
    words = sys.stdin.read().split()
    if len(words) != 2 or not all(word.isdigit() for word in words):
        sys.exit(43)
    with open(sys.argv[3] + "judgemessage.txt", "w") as message:
        message.write(f"sum {sum(map(int, words))}")
    most = int(sys.argv[4]) if len(sys.argv) > 4 else total
    sys.exit(42 if sum(map(int, words)) == total and max(map(int, words)) <= most else 43)

main()
"""
ANSWERED = """from pathlib import Path
import sys
right = set(Path(sys.argv[2]).read_text().split())
sys.exit(42 if sys.stdin.readline().strip() in right else 43)
"""
BY_MODULE = "import sys\nfrom rules import good\nsys.exit(42 if good(input()) else 43)\n"
RULES = "def good(line):\n    return line == line[::-1]\n"
CUSTOM = "validation: custom"
NEW = "problem_format_version: 2023-07-draft"
NEWER = "problem_format_version: 2025-09"
SUMS = {"2 3": YES, "5 0": YES, "1 5": NO, "5": NO, "a b": NO}
THIRDS = {"0.333333": YES, "0.3333339": YES, "3.33333e-1": YES, "0.33334": NO, "x": NO}

PACKAGES = [
    # The default validator
    Package("equal", {"1": YES, " 1 \n\n": YES, "2": NO, "": NO, "1 1": NO}),
    Package("words are compared as text", {"1.0": NO, "01": NO, "+1": NO}),
    Package("case is ignored", {"no": YES, "NO": YES, "n o": NO}, "No\n"),
    Package("case counts", {"No": YES, "no": NO}, "No\n", flags("case_sensitive")),
    Package("lines do not matter", {"1 2 3": YES, "1\n2\n3": YES, "1 2": NO}, "1 2\n3\n"),
    Package(
        "spaces count",
        {"1 2": YES, "1  2": NO, "1\n2": NO, "1 2\n": NO, " 1 2": NO},
        "1 2",
        flags("space_change_sensitive"),
    ),
    Package(
        "spaces and case count",
        {"A b": YES, "a b": NO, "A  b": NO},
        "A b",
        flags("space_change_sensitive case_sensitive"),
    ),
    Package(
        "case is ignored where spaces count", {"a b": YES}, "A b", flags("space_change_sensitive")
    ),
    Package("tolerance", THIRDS, "0.333333\n", flags("float_tolerance 1e-6")),
    Package("tolerance in quotes", THIRDS, "0.333333\n", flags("'float_tolerance 1e-6'")),
    Package("tolerance without exponent", THIRDS, "0.333333\n", flags("float_tolerance 0.000001")),
    Package(
        "integers have a tolerance too",
        {"100.01": YES, "101": NO},
        "100",
        flags("float_tolerance 1e-3"),
    ),
    Package(
        "absolute tolerance",
        {"1000.05": YES, "1000.2": NO},
        "1000",
        flags("float_absolute_tolerance 0.1"),
    ),
    Package(
        "relative tolerance",
        {"1000.9": YES, "1001.1": NO},
        "1000",
        flags("float_relative_tolerance 1e-3"),
    ),
    Package(
        "one of two tolerances is enough",
        {"1000.9": YES, "1002": NO},
        "1000",
        flags("float_absolute_tolerance 1e-9 float_relative_tolerance 1e-3"),
    ),
    Package(
        "nothing is near nothing", {"1e-7": YES, "1e-5": NO}, "0.0", flags("float_tolerance 1e-6")
    ),
    Package(
        "relative to zero",
        {"0": YES, "-0.0": YES, "1e-300": NO},
        "0",
        flags("float_relative_tolerance 1"),
    ),
    Package(
        "no numbers", {"nan": NO, "inf": NO, "1_0": NO, "": NO}, "10", flags("float_tolerance 1e-6")
    ),
    Package(
        "numbers and words",
        {"yes 1.0": YES, "no 1.0": NO, "yes": NO},
        "YES 1",
        flags("float_tolerance 1e-6"),
    ),
    Package("words of infinity", {"INF": YES, "1e999": NO}, "inf", flags("float_tolerance 1e-6")),
    Package(
        "the last tolerance counts",
        {"1.05": YES},
        "1",
        flags("float_tolerance 1e-9 float_tolerance 0.1"),
    ),
    # Groups
    Package(
        "flags of all data",
        THIRDS,
        "0.333333",
        files={"data/testdata.yaml": "output_validator_flags: float_tolerance 1e-6"},
    ),
    Package(
        "flags of a group",
        THIRDS,
        "0.333333",
        files={"data/secret/a/testdata.yaml": "output_validator_flags: float_tolerance 1e-6"},
        case="a/1",
    ),
    Package(
        "flags of the innermost group",
        THIRDS,
        "0.333333",
        files={
            "data/testdata.yaml": "output_validator_flags: float_tolerance 0.5",
            "data/secret/testdata.yaml": "output_validator_flags: float_tolerance 1e-6",
            "data/secret/a/b/testdata.yaml": "on_reject: continue",
        },
        case="a/b/1",
    ),
    Package(
        "flags of another group",
        {"0.333333": YES, "0.3333330": NO},
        "0.333333",
        files={"data/secret/b/testdata.yaml": "output_validator_flags: float_tolerance 1e-6"},
        case="a/1",
    ),
    Package(
        "flags of package and group together",
        {"No 1.0": YES, "no 1.0": NO},
        "No 1",
        flags("case_sensitive"),
        {"data/testdata.yaml": "output_validator_flags: float_tolerance 1e-6"},
    ),
    Package(
        "flags beside a name",
        THIRDS,
        "0.333333",
        files={
            "data/testdata.yaml": "output_validator_flags: {name: d, flags: float_tolerance 1e-6}"
        },
    ),
    Package(
        "arguments of 2023-07",
        THIRDS,
        "0.333333",
        NEW,
        {"data/secret/testdata.yaml": "output_validator_args: float_tolerance 1e-6"},
    ),
    Package(
        "arguments as a list",
        THIRDS,
        "0.333333",
        NEWER,
        {"data/secret/test_group.yaml": 'output_validator_args: ["float_tolerance", "1e-6"]'},
    ),
    Package(
        "arguments of a test",
        THIRDS,
        "0.333333",
        NEWER,
        {
            "data/secret/test_group.yaml": "output_validator_args: [case_sensitive]",
            "data/secret/1.yaml": "output_validator_args: [float_tolerance, 1e-6]",
        },
    ),
    Package(
        "grading is none of ours",
        {"1": YES, "2": NO},
        config="type: scoring\ngrading: {objective: max}",
        files={"data/secret/testdata.yaml": "grading: custom\ngrader_flags: min\nrange: 0 40"},
    ),
    # Validators of the package's own
    Package("a file", SUMS, config=CUSTOM, files={"output_validators/validate.py": SUM}),
    Package("a folder", SUMS, config=CUSTOM, files={"output_validators/sum/validate.py": SUM}),
    Package(
        "with a score",
        SUMS,
        config="validation: custom score",
        files={"output_validators/v.py": SUM},
    ),
    Package("of 2023-07", SUMS, config=NEW, files={"output_validator/validate.py": SUM}),
    Package("of 2023-07, older", SUMS, config=NEW, files={"output_validators/validate.py": SUM}),
    Package(
        "its flags",
        {"2 3": YES, "4 1": NO},
        config=f"{CUSTOM}\n{flags('3')}",
        files={"output_validators/validate.py": SUM},
    ),
    Package(
        "its flags by group",
        {"2 3": YES, "4 1": NO},
        config=CUSTOM,
        files={
            "output_validators/validate.py": SUM,
            "data/secret/a/testdata.yaml": "output_validator_flags: '3'",
        },
        case="a/1",
    ),
    Package(
        "the answer", {"b": YES, "d": NO}, "a b c", CUSTOM, {"output_validators/v.py": ANSWERED}
    ),
    Package(
        "several files",
        {"abba": YES, "abbb": NO},
        config=CUSTOM,
        files={"output_validators/v/main.py": BY_MODULE, "output_validators/v/rules.py": RULES},
    ),
    Package(
        "one that fails",
        {"1": "checker error"},
        config=CUSTOM,
        files={"output_validators/v.py": "raise ValueError('no answer')"},
    ),
    Package(
        "one that leaves with 0",
        {"1": "checker error"},
        config=CUSTOM,
        files={"output_validators/v.py": "import sys\nsys.exit(0)"},
    ),
    Package(
        "one that is not asked for",
        {"1": YES, "2 3": NO},
        config="validation: default",
        files={"output_validators/v.py": SUM},
    ),
]

REFUSED = {
    "C++": (
        CUSTOM,
        {"output_validators/validate.cc": "int main() {}"},
        r"validate\.cc: the checker is C\+\+.*--checker FILE",
    ),
    "C++ in a folder": (
        CUSTOM,
        {"output_validators/v/validate.cpp": "", "output_validators/v/validate.h": ""},
        r"validate\.cpp: the checker is C\+\+",
    ),
    "Java": (NEW, {"output_validator/V.java": ""}, r"V\.java: the checker is no Python"),
    "Python 2": (
        CUSTOM,
        {"output_validators/v.py": "#!/usr/bin/env python2\nprint 42"},
        r"v\.py: the checker is Python 2",
    ),
    "a script": (
        CUSTOM,
        {"output_validators/v/build": "", "output_validators/v/v.py": ""},
        r"build: the validator is built by a script",
    ),
    "no program": (CUSTOM, {}, "validation is custom, and there is no program in output_valid"),
    "a page alone": (
        CUSTOM,
        {"output_validators/README.md": "Read the answer."},
        "validation is custom, and there is no program in output_validators",
    ),
    "a mistake": (
        CUSTOM,
        {"output_validators/v.py": "x = 1\ndef ("},
        r"v\.py, line 2: the checker is no Python",
    ),
    "two programs": (
        CUSTOM,
        {"output_validators/a.py": "", "output_validators/b.py": ""},
        r"which of a\.py, b\.py is the validator\? Call it main\.py",
    ),
    "interactive": ("validation: custom interactive", {}, "the problem is interactive"),
    "interactive of 2023-07": ("type: interactive", {}, "the problem is interactive"),
    "several passes": ("type: [pass-fail, multi-pass]", {}, "the problem is multi-pass"),
    "an unknown flag": (flags("float_tolerence 1e-6"), {}, "no flag 'float_tolerence'"),
    "no amount": (flags("float_tolerance"), {}, r"problem_statement: float_tolerance ''"),
    "no number": (flags("float_tolerance much"), {}, "float_tolerance 'much': a number is wanted"),
    "odd flags": (flags("[[1]]"), {}, r"validator flags are \[\[1\]\], not a line of text"),
    "a group that is no YAML": (
        "",
        {"data/testdata.yaml": "a: b: c"},
        r"testdata\.yaml, line 1: not YAML",
    ),
}
