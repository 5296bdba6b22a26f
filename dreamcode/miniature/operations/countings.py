"""Operations that make a number, or a list of numbers, of a text."""

from dreamcode.miniature.operations.operation import T_I, T_L, operation

COUNTINGS = (
    operation(
        T_I,
        "text_length",
        "count the characters that are not spaces"
        " / find how many characters there are besides spaces"
        " / compute the length of the text without its spaces",
        'return len(S«.replace(" ", "")|»)',
        'return sum(C «!=|==» " " for C in S)',
        'BEST = 0\nfor C in S:\n    if «C != " "|C.isalpha()»:\n        BEST += 1\nreturn BEST',
    ),
    operation(
        T_I,
        "count_vowels",
        "count the vowels, both small and capital / find how many vowels there are in either case"
        " / compute the number of vowels, whatever their case",
        'return sum(C«.lower()|» in "aeiou" for C in S)',
        'BEST = 0\nfor C in S:\n    if C.lower() «in|not in» "aeiou":\n        BEST += 1\n'
        "return BEST",
        'return len([C for C in S if C.lower() in "«aeiou|aeio»"])',
    ),
    operation(
        T_I,
        "count_words",
        "count the words / find how many words there are / compute the number of words",
        'return «len(S.split())|S.count(" ")|S.count(" ") + 1»',
        "BEST = 0\nfor W in «S.split()|set(S.split())»:\n    BEST += 1\nreturn BEST",
    ),
    operation(
        T_I,
        "distinct_characters",
        "count the different characters, spaces left out"
        " / find how many distinct characters there are besides spaces"
        " / compute the number of different characters, not counting spaces",
        'return len(set(S)« - {" "}|»)',
        'return len(set(S«.replace(" ", "")|.lower().replace(" ", "")»))',
        'OUT = ""\nfor C in S:\n    if «C != " " and C not in OUT|C not in OUT»:\n'
        "        OUT += C\nreturn len(OUT)",
    ),
    operation(
        T_I,
        "longest_word",
        "find the length of the longest word, zero if there is none"
        " / take the greatest word length, zero for no words"
        " / compute how long the longest word is, zero when there are no words",
        "return max((len(W) for W in S.split())«, default=0|»)",
        "BEST = 0\nfor W in S.split():\n    «BEST = max(BEST, len(W))|BEST = len(W)»\nreturn BEST",
        "WS = S.split()\n«if not WS:\n    return 0\n|»return max(len(W) for W in WS)",
    ),
    operation(
        T_L,
        "word_lengths",
        "list the lengths of the words / replace the text by the lengths of its words"
        " / take the length of every word",
        "return [len(W)«| - 1» for W in S.split()]",
        "OUT = []\nfor W in «S.split()|S.split()[1:]|sorted(S.split())»:\n"
        "    OUT.append(len(W))\nreturn OUT",
        "return list(map(len, «S.split()|S.split()[::-1]»))",
    ),
    operation(
        T_L,
        "vowels_per_word",
        "list how many vowels each word has, in either case"
        " / replace the text by the numbers of vowels of its words, case ignored"
        " / count the vowels of every word, both small and capital",
        'return [sum(C«.lower()|» in "aeiou" for C in W) for W in S.split()]',
        'OUT = []\nfor W in S«.lower()|».split():\n    OUT.append(sum(C in "aeiou" for C in W))\n'
        "return OUT",
        "OUT = []\nfor W in S.split():\n"
        '    OUT.append(len([C for C in W if C.lower() «in|not in» "aeiou"]))\nreturn OUT',
    ),
)
