"""Programs that double a number, right and wrong, as chains that share their first step."""

from dreamcode.problems import Problem
from dreamcode_sandbox.cases import StdinTest

MAIN = '''def main():
    """Read, double, print."""
    print(double(read_number()))


'''
READ = """def read_number():
    return int(input())


"""
GUARD = """

if __name__ == "__main__":
    main()
"""
RIGHT = MAIN + READ + "def double(number):\n    return 2 * number\n" + GUARD
RIGHT_RENAMED = MAIN + READ + "def double(x):\n    # twice\n    return 2 * x\n" + GUARD
WRONG = MAIN + READ + "def double(number):\n    return number ** 2\n" + GUARD
UNGUARDED = MAIN + READ + "def double(number):\n    return number + number\n"
ONE_STEP = "def main():\n    print(int(input()) * 2)\n" + GUARD

DOUBLE = Problem(
    id="double",
    title="Double",
    statement="Print twice the number.",
    public_tests=(StdinTest("2\n", "4\n"), StdinTest("5\n", "10\n")),
)
