"""Operations that choose some of the numbers of a list."""

from dreamcode.miniature.operations.operation import L_L, count, factor, limit, operation

SELECT = (
    operation(
        L_L,
        "keep_above",
        "keep only the numbers greater than {k} / remove every number that is at most {k}"
        " / drop the numbers not exceeding {k}",
        "return [X for X in XS if X «>|>=|<» K]",
        "OUT = []\nfor X in XS:\n    if X «>|>=|<» K:\n        OUT.append(X)\nreturn OUT",
        "return list(filter(lambda X: X «>|>=|<» K, XS))",
        parameter=limit(-3, 9),
    ),
    operation(
        L_L,
        "keep_even",
        "keep only the even numbers / remove every odd number / drop the odd numbers",
        "return [X for X in XS if X % 2 «== 0|== 1»]",
        "OUT = []\nfor X in XS:\n    if X % 2 «== 0|!= 0»:\n        OUT.append(X)\nreturn OUT",
        "return list(filter(lambda X: «X % 2 == 0|X % 2», XS))",
    ),
    operation(
        L_L,
        "drop_multiples",
        "remove the multiples of {k} / drop every number divisible by {k}"
        " / keep only the numbers not divisible by {k}",
        "return [X for X in XS if X % K «!= 0|== 0|> 1»]",
        "OUT = []\nfor X in XS:\n    if «X % K != 0|X // K != 0|X % K == 0»:\n"
        "        OUT.append(X)\nreturn OUT",
        parameter=factor(2, 5),
    ),
    operation(
        L_L,
        "keep_positive",
        "keep only the positive numbers / remove zeros and negative numbers"
        " / drop every number that is not positive",
        "return [X for X in XS if X «>|>=» 0]",
        "OUT = []\nfor X in XS:\n    if X «> 0|>= 0|> 1»:\n        OUT.append(X)\nreturn OUT",
        "return list(filter(lambda X: X «> 0|>= 0», XS))",
    ),
    operation(
        L_L,
        "take_first",
        "keep only the first {k} numbers / take the first {k} numbers"
        " / discard everything after the first {k} numbers",
        "return XS[:«K|K - 1|K + 1»]",
        "OUT = []\nfor I, X in enumerate(XS):\n    if I «<|<=» K:\n        OUT.append(X)\n"
        "return OUT",
        "return [XS[I] for I in range(min(«K|K - 1», len(XS)))]",
        parameter=count(2, 5),
    ),
    operation(
        L_L,
        "take_last",
        "keep only the last {k} numbers / take the last {k} numbers"
        " / discard everything before the last {k} numbers",
        "return XS[«-K:|K:|-K + 1:»]",
        "return XS[«max(0, len(XS) - K)|len(XS) - K»:]",
        "return XS[::-1][:«K|K - 1»][::-1]",
        parameter=count(2, 5),
    ),
    operation(
        L_L,
        "skip_first",
        "remove the first {k} numbers / skip the first {k} numbers"
        " / drop {k} numbers from the front",
        "return XS[«K:|:K|K + 1:»]",
        "OUT = []\nfor I, X in enumerate(XS):\n    if I «>=|>» K:\n        OUT.append(X)\n"
        "return OUT",
        "return [XS[I] for I in range(«K|K - 1», len(XS))]",
        parameter=count(1, 3),
    ),
    operation(
        L_L,
        "every_kth",
        "keep every {k}th number starting with the first"
        " / keep the first number and then every {k}th one"
        " / starting from the first number take every {k}th",
        "return XS[«::K|K::K|K - 1 :: K»]",
        "return [X for I, X in enumerate(XS) if «I % K|(I + 1) % K» == 0]",
        "OUT = []\nfor I in range(«0|1», len(XS), K):\n    OUT.append(XS[I])\nreturn OUT",
        parameter=count(2, 3),
    ),
    operation(
        L_L,
        "drop_repeats",
        "remove repeated numbers keeping first occurrences"
        " / keep only the first occurrence of every number"
        " / drop each number that already appeared earlier",
        "OUT = []\nfor X in «XS|XS[::-1]»:\n    if X not in OUT:\n        OUT.append(X)\n"
        "return OUT",
        "return «list(dict.fromkeys(XS))|sorted(set(XS))»",
        "return [X for I, X in enumerate(XS) if X not in «XS[:I]|XS[I + 1 :]»]",
    ),
    operation(
        L_L,
        "drop_smallest",
        "remove one copy of the smallest number, the first if several"
        " / delete the first occurrence of the minimum"
        " / drop the smallest number once",
        "«if not XS:\n    return []\n|»OUT = list(XS)\nOUT.remove(min(XS))\nreturn OUT",
        "OUT = list(XS)\nif OUT:\n    OUT.remove(«min|max»(OUT))\nreturn OUT",
        "if not XS:\n    return []\nBEST = min(XS)\n"
        "«I = XS.index(BEST)\nreturn XS[:I] + XS[I + 1 :]"
        "|return [X for X in XS if X != BEST]»",
    ),
    operation(
        L_L,
        "drop_largest",
        "remove every copy of the largest number"
        " / delete all occurrences of the maximum"
        " / drop all the numbers equal to the largest",
        "«if not XS:\n    return []\n|»BEST = max(XS)\nreturn [X for X in XS if X != BEST]",
        "if not XS:\n    return []\nBEST = «max|min»(XS)\nreturn [X for X in XS if X != BEST]",
        "OUT = list(XS)\nif OUT:\n    BEST = max(OUT)\n    «while|if» BEST in OUT:\n"
        "        OUT.remove(BEST)\nreturn OUT",
    ),
)
