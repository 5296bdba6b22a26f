"""Inputs: natural ones for samples, and those chosen to find mistakes."""

from random import Random

from dreamcode.miniature.operations import Kind

USUAL = (
    "apple bee sky noon tree moon Otto egg Anna river book sun ill ox Iris pool toad umbra echo "
    "area idea kayak level radar sees Wood queen cool fly hymn crypt rhythm one two ten blue "
    "red Green gold silver stone iron Ice fire wind a I at on up to"
)
WORDS = USUAL.split()
ODD_WORDS = ("42", "x7", "a1b2", "007", "ok!", "no.", "BIG", "NASA", "aab", "e2e4", "zz", "90")


def natural_input(kind: Kind, random: Random) -> list[int] | str:
    """An ordinary input, as a problem's author would write for a sample."""
    if kind is Kind.NUMBERS:
        return [random.randint(-6, 15) for _ in range(random.randint(4, 7))]
    words = random.choices(WORDS, k=random.randint(2, 4))
    if random.random() < 0.5:
        words[random.randrange(len(words))] = random.choice(ODD_WORDS)
    return " ".join(words)


def candidate_inputs(kind: Kind, random: Random, number: int = 200) -> list[list[int] | str]:
    """Inputs among which hidden tests are chosen: edges first, then many shapes at random."""
    if kind is Kind.NUMBERS:
        return [*_edge_lists(), *(_random_list(random) for _ in range(number))]
    return [*_edge_texts(), *(_random_text(random) for _ in range(number))]


def _edge_lists() -> list[list[int] | str]:
    edges = [[], [0], [1], [7], [-4], [2, 2], [5, 5, 5, 5], [0, 0, 3], [-3, -8, -5], [1, 2, 3, 4]]
    edges += [[9, 7, 5, 3, 1], [-1, 1], [4, -4, 4, -4, 4], [10, 20, 30, 40, 50, 60], [3, 1]]
    edges += [list(range(-5, 16)), list(range(15, -6, -1)), [8, 8, 1, 1, 8, 8, 9, 9, 9, 2]]
    return [list(edge) for edge in edges]


def _random_list(random: Random) -> list[int]:
    low, high = random.choice(((-6, 15), (-3, 3), (0, 4), (-20, 20), (-9, -1), (1, 9), (-99, 99)))
    length = random.choice((1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12))
    numbers = [random.randint(low, high) for _ in range(length)]
    if random.random() < 0.2:
        numbers.sort(reverse=random.random() < 0.5)
    if random.random() < 0.2:
        numbers = [n for n in numbers for _ in range(random.randint(1, 3))]
    return numbers


def _edge_texts() -> list[list[int] | str]:
    edges = ["", "a", "A", "7", "e", "ab", "aA", "aa bb", "AEIOU aeiou", "0 10 200", "I", "Aa aA"]
    edges += ["zebra Ant bee", "x", "one", "a bb ccc dddd eeeee", "eeeee dddd ccc bb a", "!?"]
    return list(edges)


def _random_text(random: Random) -> str:
    words = []
    for _ in range(random.choice((1, 1, 2, 3, 4, 5, 6))):
        form = random.random()
        if form < 0.45:
            words.append(random.choice(WORDS))
        elif form < 0.65:
            words.append(random.choice(ODD_WORDS))
        else:
            letters = random.choice(("abcde", "aAbB", "uUxX", "aeiouAEIOU", "ab01", "Zz9.a0"))
            words.append("".join(random.choices(letters, k=random.randint(1, 6))))
        if random.random() < 0.2:
            words[-1] = random.choice((words[-1].upper(), words[-1].title(), words[-1].lower()))
    if random.random() < 0.2:
        words.append(random.choice(words))
    return " ".join(words)
