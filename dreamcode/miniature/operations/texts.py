"""Operations that make a text of a text."""

from dreamcode.miniature.operations.operation import T_T, count, operation

TEXTS = (
    operation(
        T_T,
        "reverse_text",
        "reverse the text / write the text backwards / put the characters in reverse order",
        "return «S[::-1]|S[::-2]|S[-2::-1]»",
        'return «"".join(reversed(S))|" ".join(S.split()[::-1])»',
        'OUT = ""\nfor C in S:\n    OUT = «C + OUT|OUT + C»\nreturn OUT',
    ),
    operation(
        T_T,
        "to_upper",
        "turn all letters into capitals / convert the text to upper case"
        " / replace small letters by capital ones",
        "return S.«upper()|title()|swapcase()»",
        'return "".join(C.«upper|swapcase»() for C in S)',
        'OUT = ""\nfor C in S:\n    OUT += C.«upper|lower»()\nreturn OUT',
    ),
    operation(
        T_T,
        "capitalise_words",
        "make the first letter of every word a capital, leaving the rest"
        " / capitalise the start of each word only, other letters unchanged"
        " / turn the first character of every word into a capital",
        'return " ".join(«W[:1].upper() + W[1:]|W.capitalize()|W.upper()» for W in S.split())',
        "OUT = []\nfor W in S.split():\n    OUT.append(«W[0].upper() + W[1:]|W.capitalize()»)\n"
        'return " ".join(OUT)',
        'return «" ".join(W[0].upper() + W[1:] for W in S.split())|S[:1].upper() + S[1:]»',
    ),
    operation(
        T_T,
        "drop_vowels",
        "remove the vowels, both small and capital / delete every vowel, whatever its case"
        " / drop all vowels a, e, i, o, u in either case",
        'return "".join(C for C in S if C«.lower()|» not in "aeiou")',
        'OUT = ""\nfor C in S:\n    if C.lower() not in "«aeiou|aeio»":\n        OUT += C\n'
        "return OUT",
        'return "".join(C for C in S if C not in "aeiou«AEIOU|»")',
    ),
    operation(
        T_T,
        "letters_only",
        "keep only the letters / remove everything that is not a letter"
        " / drop spaces, digits and signs",
        'return "".join(C for C in S if C.«isalpha|isalnum»())',
        'OUT = ""\nfor C in S:\n    if C.«isalpha()|isalnum()|islower()»:\n        OUT += C\n'
        "return OUT",
        'return "".join(filter(str.«isalpha|isalnum», S))',
    ),
    operation(
        T_T,
        "spaces_to_dashes",
        "replace every space by a dash / put dashes in place of spaces"
        " / turn each space into a dash",
        'return S.replace(" ", "-"«|, 1»)',
        'return «"-".join(S.split(" "))|"".join(S.split(" "))»',
        'OUT = ""\nfor C in S:\n    OUT += «"-" if C == " "|"_" if C == " "» else C\nreturn OUT',
    ),
    operation(
        T_T,
        "double_characters",
        "write every character twice / double each character of the text"
        " / repeat every character once, right after itself",
        'return «"".join(C * 2 for C in S)|S * 2»',
        'OUT = ""\nfor C in S:\n    OUT += «C + C|C»\nreturn OUT«|[1:]»',
    ),
    operation(
        T_T,
        "reverse_word_order",
        "put the words in reverse order / reverse the order of the words"
        " / list the words from the last to the first",
        'return " ".join(«S.split()[::-1]|sorted(S.split())[::-1]»)',
        'WS = S.split()\n«WS.reverse()|WS.sort(reverse=True)»\nreturn " ".join(WS)',
        'return «" ".join(reversed(S.split()))|S[::-1]»',
    ),
    operation(
        T_T,
        "reverse_each_word",
        "reverse every word in its place / write each word backwards, keeping the word order"
        " / turn around the letters of every single word",
        'return " ".join(W[::-1] for W in S.split()«|[::-1]»)',
        'OUT = []\nfor W in S.split():\n    OUT.append(«W[::-1]|W[-2::-1]»)\nreturn " ".join(OUT)',
        'return «" ".join(W[::-1] for W in S.split())|S[::-1]»',
    ),
    operation(
        T_T,
        "words_by_length",
        "sort the words by length, ties in their old order"
        " / order the words from short to long, keeping the order of ties"
        " / arrange the words by their length, equal ones unchanged",
        'return " ".join(sorted(S.split(), key=«len|lambda W: (len(W), W)|lambda W: -len(W)»))',
        'WS = S.split()\nWS.sort(key=len«|, reverse=True»)\nreturn " ".join(WS)',
        'return " ".join(sorted(S.split()«, key=len|»))',
    ),
    operation(
        T_T,
        "keep_long_words",
        "keep only the words longer than {k} characters"
        " / remove the words of at most {k} characters"
        " / drop every word with {k} characters or fewer",
        'return " ".join(W for W in S.split() if len(W) «>|>=|<» K)',
        "OUT = []\nfor W in S.split():\n    if len(W) «>|>=|<» K:\n        OUT.append(W)\n"
        'return " ".join(OUT)',
        parameter=count(2, 4),
    ),
    operation(
        T_T,
        "first_characters",
        "keep only the first {k} characters / cut the text after {k} characters"
        " / take the first {k} characters of the text",
        "return S[:«K|K - 1|K + 1»]",
        'OUT = ""\nfor I, C in enumerate(S):\n    if I «<|<=» K:\n        OUT += C\nreturn OUT',
        parameter=count(4, 9),
    ),
    operation(
        T_T,
        "mirror_text",
        "append the reversed text to the text / follow the text by its reverse"
        " / add the text backwards at the end",
        "return «S + S[::-1]|S[::-1] + S|S + S[-2::-1]»",
        "OUT = S\nfor C in «S[::-1]|S»:\n    OUT += C\nreturn OUT",
    ),
)
