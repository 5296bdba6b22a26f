"""Operations that order the numbers of a list anew, or add some."""

from dreamcode.miniature.operations.operation import L_L, count, factor, operation

ARRANGE = (
    operation(
        L_L,
        "reverse_list",
        "reverse the list / put the numbers in reverse order / turn the list around",
        "return «XS[::-1]|XS[::-2]|sorted(XS, reverse=True)»",
        "return «list(reversed(XS))|sorted(XS)[::-1]»",
        "OUT = []\nfor X in XS:\n    OUT«.insert(0, X)|.append(X)»\nreturn OUT",
    ),
    operation(
        L_L,
        "sort_ascending",
        "sort the numbers in increasing order / sort the list from smallest to largest"
        " / arrange the numbers in ascending order",
        "return sorted(«XS|XS, reverse=True|set(XS)»)",
        "OUT = list(XS)\nOUT.sort(«|reverse=True|key=abs»)\nreturn OUT",
    ),
    operation(
        L_L,
        "sort_descending",
        "sort the numbers in decreasing order / sort the list from largest to smallest"
        " / arrange the numbers in descending order",
        "return sorted(XS«, reverse=True|»)",
        "return «sorted(XS)[::-1]|XS[::-1]»",
        "return sorted(XS, key=lambda X: «-X|-abs(X)»)",
        "OUT = list(XS)\nOUT.sort(«reverse=True|»)\nreturn OUT",
    ),
    operation(
        L_L,
        "sort_by_size",
        "sort the numbers by absolute value, ties in their old order"
        " / order the list by distance from zero, keeping the order of ties"
        " / arrange by absolute value, smallest first, ties unchanged",
        "return sorted(XS«, key=abs|»)",
        "return sorted(XS, key=lambda X: «abs(X)|(abs(X), X)|-abs(X)»)",
        "OUT = list(XS)\nOUT.sort(key=abs«|, reverse=True»)\nreturn OUT",
    ),
    operation(
        L_L,
        "rotate_left",
        "rotate the list {k} places to the left / move the first number to the end, {k} times"
        " / shift the list left by {k}, wrapping around",
        "«if not XS:\n    return []\n|»I = K % len(XS)\nreturn XS[I:] + XS[:I]",
        "if not XS:\n    return []\nI = «K|-K» % len(XS)\nreturn XS[I:] + XS[:I]",
        "OUT = list(XS)\nfor I in range(K):\n    if OUT:\n"
        "        «OUT.append(OUT.pop(0))|OUT.insert(0, OUT.pop())»\nreturn OUT",
        parameter=count(1, 4),
    ),
    operation(
        L_L,
        "swap_ends",
        "swap the first and the last number / exchange the two ends of the list"
        " / let the first and last numbers trade places",
        "OUT = list(XS)\n«if OUT:\n    |»OUT[0], OUT[-1] = OUT[-1], OUT[0]\nreturn OUT",
        "if len(XS) < 2:\n    return XS\nreturn XS[-1:] + XS[1:-1] + «XS[:1]|XS[-1:]»",
        "if not XS:\n    return []\nOUT = list(XS)\n"
        "«OUT[0], OUT[-1] = XS[-1], XS[0]|OUT[0], OUT[1:] = XS[-1], XS[:-1]»\nreturn OUT",
    ),
    operation(
        L_L,
        "mirror_list",
        "append the reversed list to the list / follow the list by its reverse"
        " / add the same numbers in reverse order at the end",
        "return «XS + XS[::-1]|XS[::-1] + XS|XS + XS[-2::-1]»",
        "OUT = list(XS)\nOUT.extend(«reversed(XS)|sorted(XS, reverse=True)»)\nreturn OUT",
        "OUT = list(XS)\nfor X in «XS[::-1]|XS|XS[1:][::-1]»:\n    OUT.append(X)\nreturn OUT",
    ),
    operation(
        L_L,
        "double_items",
        "write every number twice in a row / repeat each number once, right after itself"
        " / double every entry of the list, copies side by side",
        "return «[X for X in XS for I in range(2)]|XS + XS»",
        "OUT = []\nfor X in XS:\n    OUT += [«X, X|2 * X»]\nreturn OUT",
        "OUT = []\nfor X in XS:\n    OUT.append(X)\n    OUT.append(X)\nreturn «OUT|OUT[:-1]»",
    ),
    operation(
        L_L,
        "put_front",
        "insert {k} at the front of the list / put {k} before all numbers / prepend the number {k}",
        "return «[K] + XS|XS + [K]»",
        "OUT = list(XS)\nOUT.insert(«0|1|-1», K)\nreturn OUT",
        "return [K, *«XS|XS[1:]»]",
        parameter=factor(0, 9),
    ),
)
