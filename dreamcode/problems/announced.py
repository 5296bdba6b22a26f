"""How many samples a statement says it has: a check on `samples`, sharing no rule with it."""

_HEADINGS = ("sample input", "sample output", "example", "sample")


def count_announced(statement: str) -> int:
    """How many different numbered samples the statement's headings announce.

    Looks only at how each line ends: "Sample Input 2", "Example 3:". Of the kinds of
    heading present, the one with the most numbers counts. 0 if samples are not numbered.
    """
    numbers: dict[str, set[int]] = {heading: set() for heading in _HEADINGS}
    for line in statement.lower().splitlines():
        text = line.rstrip(" :*#").rstrip("\t")
        words = text.rstrip("0123456789").rstrip(" #")
        digits = text[len(words) :].strip(" #")
        for heading in _HEADINGS:
            before = words.removesuffix(heading)
            # "digits.Sample Input 1" announces too; "as in Sample Input 1" does not.
            glued = before and " " in heading and not before[-1].isspace()
            if digits and before != words and (glued or not before.strip(" #*>")):
                numbers[heading].add(int(digits))
    return max(len(seen) for seen in numbers.values())
