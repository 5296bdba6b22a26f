"""Operations that put another number in the place of each one."""

from dreamcode.miniature.operations.operation import L_L, factor, limit, operation

CHANGE = (
    operation(
        L_L,
        "add_each",
        "add {k} to every number / increase each number by {k} / raise all numbers by {k}",
        "return [X «+|-» K for X in XS]",
        "OUT = []\nfor X in «XS|XS[1:]»:\n    OUT.append(X + K)\nreturn OUT",
        "return [X + K for X in «XS|XS[:-1]»]",
        parameter=factor(1, 9),
    ),
    operation(
        L_L,
        "multiply_each",
        "multiply every number by {k} / replace each number by {k} times itself"
        " / scale all numbers by {k}",
        "return [X «*|+|**» K for X in XS]",
        "OUT = []\nfor X in XS:\n    OUT.append(X «*|+» K)\nreturn OUT",
        "return list(map(lambda X: «K * X|K + X», XS))",
        parameter=factor(2, 5),
    ),
    operation(
        L_L,
        "negate_all",
        "change the sign of every number / replace each number by its opposite"
        " / negate all numbers",
        "return [«-X|abs(X)|-abs(X)» for X in XS]",
        "OUT = []\nfor X in XS:\n    OUT.append(«-X|-abs(X)»)\nreturn OUT",
    ),
    operation(
        L_L,
        "absolute_all",
        "replace every number by its absolute value / make all numbers non-negative by"
        " dropping signs / take the absolute value of each number",
        "return [«abs(X)|-X» for X in XS]",
        "return [X if X >= 0 else «-X|0» for X in XS]",
        "OUT = []\nfor X in XS:\n    OUT.append(«abs(X)|max(X, 0)»)\nreturn OUT",
    ),
    operation(
        L_L,
        "square_all",
        "square every number / replace each number by its square / multiply each number by itself",
        "return [X «* X|* 2|+ X» for X in XS]",
        "return [X ** «2|3» for X in XS]",
        "OUT = []\nfor X in XS:\n    OUT.append(X * «X|abs(X)»)\nreturn OUT",
    ),
    operation(
        L_L,
        "remainders",
        "replace every number by its remainder modulo {k} / reduce each number modulo {k}"
        " / take all numbers modulo {k}, never negative",
        "return [X «%|//» K for X in XS]",
        "OUT = []\nfor X in XS:\n    OUT.append(«X|abs(X)» % K)\nreturn OUT",
        "return list(map(lambda X: X % «K|(K + 1)», XS))",
        parameter=factor(3, 9),
    ),
    operation(
        L_L,
        "divide_each",
        "divide every number by {k} rounding down"
        " / replace each number by the floor of its division by {k}"
        " / divide all numbers by {k}, rounding towards minus infinity",
        "return [«X // K|int(X / K)|X % K» for X in XS]",
        "OUT = []\nfor X in XS:\n    OUT.append(«X // K|-(-X // K)|int(X / K)»)\nreturn OUT",
        parameter=factor(2, 4),
    ),
    operation(
        L_L,
        "cap_values",
        "replace every number greater than {k} by {k} / cap all numbers at {k}"
        " / lower the numbers above {k} to {k}",
        "return [«min|max»(X, K) for X in XS]",
        "return [«K if X > K else X|X if X > K else K» for X in XS]",
        "OUT = []\nfor X in XS:\n    «OUT.append(min(X, K))|if X <= K:\n"
        "        OUT.append(X)»\nreturn OUT",
        parameter=limit(3, 12),
    ),
    operation(
        L_L,
        "differences",
        "replace the list by the differences of neighbours, right minus left"
        " / take each number minus the one before it, from the second on"
        " / list how much each number grows over the one before",
        "return [XS[I] - XS[I - 1] for I in range(«1|0|2», len(XS))]",
        "return [«X - PREV|PREV - X|abs(X - PREV)» for PREV, X in zip(XS, XS[1:])]",
        "OUT = []\nfor I in range(len(XS) - 1):\n"
        "    OUT.append(«XS[I + 1] - XS[I]|XS[I] - XS[I + 1]»)\nreturn OUT",
    ),
    operation(
        L_L,
        "running_sums",
        "replace each number by the sum of the numbers up to it"
        " / take the running sums / compute the prefix sums",
        "OUT = []\nBEST = 0\nfor X in XS:\n    «BEST += X\n    OUT.append(BEST)"
        "|OUT.append(BEST)\n    BEST += X»\nreturn OUT",
        "return [sum(XS[: «I + 1|I»]) for I in range(len(XS))]",
        "OUT = []\nfor X in XS:\n    OUT.append(X + «(OUT[-1] if OUT else 0)|sum(OUT)»)\n"
        "return OUT",
    ),
    operation(
        L_L,
        "add_positions",
        "add to each number its position, counting from one"
        " / add one to the first number, two to the second and so on"
        " / increase every number by its place in the list, the first being one",
        "return [X + I for I, X in enumerate(XS«, 1|»)]",
        "return [XS[I] + I« + 1|» for I in range(len(XS))]",
        "OUT = []\nfor I, X in enumerate(XS):\n    OUT.append(X + I« + 1|»)\nreturn OUT",
    ),
    operation(
        L_L,
        "running_maximum",
        "replace each number by the largest number up to it"
        " / take the running maximum / compute the maximum of every prefix",
        "OUT = []\nfor X in XS:\n    OUT.append(«max|min»(X, OUT[-1]) if OUT else X)\nreturn OUT",
        "return [max(XS[«: I + 1|I:»]) for I in range(len(XS))]",
        "OUT = []\nBEST = «XS[0] if XS else 0|0»\nfor X in XS:\n    BEST = max(BEST, X)\n"
        "    OUT.append(BEST)\nreturn OUT",
    ),
    operation(
        L_L,
        "distance_to_largest",
        "replace each number by the largest number minus it"
        " / list how far each number is below the maximum"
        " / subtract every number from the maximum of the list",
        "«if not XS:\n    return []\n|»BEST = max(XS)\nreturn [BEST - X for X in XS]",
        "return [«max(XS) - X|X - max(XS)|X - min(XS)» for X in XS]",
        "OUT = []\nfor X in XS:\n    OUT.append(«max(XS) - X|X - min(XS)»)\nreturn OUT",
    ),
)
