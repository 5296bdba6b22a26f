"""The words that statements put above samples, in the languages of contest sites."""

import re

_INPUT = """
    inputs? 入力 输入 輸入 입력 ввода? вход(?:ные|ных|ной)? вхід(?:ні|них)? entradas? entrées?
    eingaben? ingresso wejści[ea] girdi masukan vstup ulaz invoer indata
"""
_OUTPUT = """
    outputs? 出力 输出 輸出 출력 вывода? выход(?:ные|ных|ной)? вихід(?:ні|них)? salidas? saídas?
    sorties? ausgaben? uscita wyjści[ea] çıktı keluaran výstup izlaz uitvoer utdata
"""
_SAMPLE = """
    samples? examples? サンプル 例 样例 樣例 范例 範例 示例 例子 예제 예시 пример(?:ы|а|ов)?
        образ(?:ец|цы) приклад[иу]? ejemplos? exemplos? exemples? esempio? esempi beispiel
    beispiele(?!in)
    przykład[yu]? przykładowe örne(?:k|ği) contoh příklady? ukážk[ay] primjeri? voorbeeld(?:en)?
    exempel
"""
_FILLERS = """
    for of the a and to test tests case cases data standard stdin stdout copy copied expected
    para de d' da do del della di des la le l' e et и y und die der das zu für på och voor en
    данные данных данні даних тест теста тесты тестов caso casos dato dati prueba teste daten
    の データ 数据 數據 와 和 と 복사 复制 копировать скопировать copier copiar kopieren
"""
_ENDS = """
    explanations? notes? constraints remarks? hints? source scoring subtasks? follow(?:-|·)?up
    (?:sample|example|important)·(?:explanations?|notes?) (?:input|output)·(?:format|details)
    (?:input|output)·(?:specification|description) problem·credits
        explicación explicaciones explicação explications? erklärung(?:en)? hinweise?
    bemerkung(?:en)?
    notas? objaśnienie wyjaśnienie spiegazion[ei] açıklama restricciones restrições
    примечани[ея] пояснени[ея] замечани[ея] ограничения примітк[аи] пояснення
    説明 解説 注意 注釈 注 備考 ヒント 制約
    提示 说明 說明 说明/提示 解释 解釋 数据范围 数据范围与提示
    来源 來源 힌트 노트 출처 제한
"""


def _any(words: str) -> str:
    """The words as one pattern, longer ones first."""
    return "|".join(sorted(words.replace("·", r"\s+").split(), key=len, reverse=True))


WORD = re.compile(
    rf"(?P<number>\d+)|(?P<sample>{_any(_SAMPLE)})|(?P<input>{_any(_INPUT)})"
    rf"|(?P<output>{_any(_OUTPUT)})|(?P<filler>{_any(_FILLERS)})",
    re.IGNORECASE,
)
"""One word or number of a line above a sample, by what it says."""

ENDING = re.compile(rf"(?:{_any(_ENDS)})\s*\d*", re.IGNORECASE)
"""What stands above that which follows samples."""
