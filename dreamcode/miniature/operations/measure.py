"""Operations that make one number of a list, and those that change one number."""

from dreamcode.miniature.operations.operation import I_I, L_I, factor, limit, operation

MEASURE = (
    operation(
        L_I,
        "total",
        "compute the sum of the numbers / add up all numbers / find the total",
        "return sum(XS«|[1:]|[:-1]»)",
        "BEST = 0\nfor X in «XS|XS[1:]|set(XS)»:\n    BEST += X\nreturn BEST",
    ),
    operation(
        L_I,
        "how_many",
        "count the numbers / find how many numbers there are / compute the length of the list",
        "return len(«XS|set(XS)»)",
        "BEST = «0|1»\nfor X in XS:\n    BEST += 1\nreturn BEST",
    ),
    operation(
        L_I,
        "largest",
        "find the largest number, or zero if there is none"
        " / take the maximum, zero for an empty list"
        " / pick the biggest number, zero when the list is empty",
        "return max(XS«, default=0|»)",
        "«if not XS:\n    return 0\n|»return max(XS)",
        "BEST = «XS[0] if XS else 0|0»\nfor X in XS:\n    if X > BEST:\n        BEST = X\n"
        "return BEST",
    ),
    operation(
        L_I,
        "smallest",
        "find the smallest number, or zero if there is none"
        " / take the minimum, zero for an empty list"
        " / pick the least number, zero when the list is empty",
        "return min(XS«, default=0|»)",
        "«if not XS:\n    return 0\n|»return min(XS)",
        "BEST = «XS[0] if XS else 0|0»\nfor X in XS:\n    if X < BEST:\n        BEST = X\n"
        "return BEST",
    ),
    operation(
        L_I,
        "spread",
        "compute the largest minus the smallest number, zero for an empty list"
        " / find the spread between maximum and minimum, zero if there are no numbers"
        " / take the maximum minus the minimum, zero when the list is empty",
        "return max(XS) «-|+» min(XS) if XS else 0",
        "«if not XS:\n    return 0\n|»return max(XS) - min(XS)",
        "if not XS:\n    return 0\nOUT = «sorted(XS)|list(XS)»\nreturn OUT[-1] - OUT[0]",
    ),
    operation(
        L_I,
        "count_above",
        "count the numbers greater than {k} / find how many numbers exceed {k}"
        " / compute how many numbers are above {k}",
        "return sum(X «>|>=» K for X in XS)",
        "BEST = 0\nfor X in XS:\n    if X «>|>=|<» K:\n        BEST += 1\nreturn BEST",
        "return len([X for X in XS if X «>|>=» K])",
        parameter=limit(0, 9),
    ),
    operation(
        L_I,
        "count_distinct",
        "count the distinct numbers / find how many different numbers there are"
        " / compute the number of different values",
        "return len(«set(XS)|XS»)",
        "OUT = []\nfor X in XS:\n    if «X not in OUT|OUT[-1:] != [X]»:\n        OUT.append(X)\n"
        "return len(OUT)",
        "return sum(«X not in XS[:I]|XS.count(X) == 1» for I, X in enumerate(XS))",
    ),
    operation(
        L_I,
        "alternating_sum",
        "compute the first number minus the second plus the third and so on"
        " / add the numbers with alternating signs, the first positive"
        " / find the alternating sum, starting with plus",
        "return sum(«XS[::2]) - sum(XS[1::2]|XS[1::2]) - sum(XS[::2]»)",
        "BEST = 0\nfor I, X in enumerate(XS):\n    BEST += X if I % 2 == «0|1» else -X\n"
        "return BEST",
        "return sum(X * (-1) ** «I|(I + 1)» for I, X in enumerate(XS))",
    ),
    operation(
        L_I,
        "second_largest",
        "find the second largest distinct number, zero if there is none"
        " / take the largest number below the maximum, zero if none"
        " / pick the second of the distinct numbers from the top, or 0",
        "OUT = sorted(«set(XS)|XS»)\nreturn OUT[-2] if len(OUT) > 1 else 0",
        "OUT = sorted(set(XS))\n«if len(OUT) < 2:\n    return 0\n|if not OUT:\n    return 0\n»"
        "return OUT[-2]",
        "OUT = [X for X in XS if X < max(XS)]\nreturn max(OUT«, default=0|»)",
    ),
    operation(
        L_I,
        "middle_value",
        "find the median, the lower one of two, zero if there is none"
        " / take the middle of the sorted numbers, the lower of two, zero for no numbers"
        " / pick the lower median, zero when the list is empty",
        "OUT = sorted(XS)\nreturn OUT[«(len(OUT) - 1) // 2|len(OUT) // 2»] if OUT else 0",
        "«if not XS:\n    return 0\n|»return sorted(XS)[(len(XS) - 1) // 2]",
        "if not XS:\n    return 0\nreturn «sorted(XS)|XS»[(len(XS) - 1) // 2]",
    ),
    operation(
        I_I,
        "plus_constant",
        "add {k} to the number obtained / increase the result by {k} / add {k} to that number",
        "return N «+|-|*» K",
        "BEST = N\nBEST «+=|-=|=» K\nreturn BEST",
        parameter=factor(2, 9),
    ),
    operation(
        I_I,
        "remainder",
        "take the number obtained modulo {k}, never negative"
        " / reduce the result modulo {k}, in the range from zero up"
        " / find the non-negative remainder of that number by {k}",
        "return «N % K|N // K|abs(N) % K»",
        "BEST = «N|abs(N)» % K\nreturn BEST",
        parameter=factor(3, 9),
    ),
)
