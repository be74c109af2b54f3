"""The text of a label: what two spellings of one name have in common."""

from __future__ import annotations

import re
import unicodedata

INVISIBLE = dict.fromkeys(map(ord, "\u200b\u2060\ufeff\u00ad\u200e\u200f\u202a\u202b\u202c\u202d\u202e"))
"""Signs that nobody sees: spaces without width, soft hyphens and marks of direction."""

WHOLE = re.compile(r"([+-]?)(0|[1-9]\d*)(?:\.0+)?")
DASHES = str.maketrans(dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212", "-") | {"\u2019": "'", "\u00b4": "'"})


TWINS = str.maketrans("АВЕКМНОРСТХаеорсухіјѕΑΒΕΖΗΙΚΜΝΟΡΤΥΧο", "ABEKMHOPCTXaeopcyxijsABEZHIKMNOPTYXo")
"""Letters of the Cyrillic and Greek alphabets that look like Latin ones."""

EXPONENT = re.compile(r"\d+(?:\.\d+)?e[+-]?\d{1,2}")


def cleaned(text: str) -> str:
    """Return a text in Unicode's composed form, every blank a single space, without blanks around or invisible signs.

    "P7 ", "P7" with a no-break space, and "é" as one letter or as two are the same name.
    """
    return " ".join(unicodedata.normalize("NFC", text.translate(INVISIBLE)).split())


def plain_whole(text: str) -> str:
    """Return "1" for "1.0" and "1.00"; any other text as it is."""
    found = WHOLE.fullmatch(text)
    return f"{'-' if found[1] == '-' else ''}{found[2]}" if found else text


def alike(text: str) -> str:
    """Return what stays of a label without what people write differently: case, zeros in front, kinds of dash, forms.

    "P-07", "p-7" and "P–7" have the same; so have "1E3" and "1000", and letters of other alphabets and the Latin ones
    that they look like. "3.1" and "3.10" have not.
    """
    folded = unicodedata.normalize("NFKC", text).translate(DASHES).translate(TWINS).casefold()
    if EXPONENT.fullmatch(folded) and (number := float(folded)).is_integer() and abs(number) < 1e15:
        return str(int(number))
    folded = re.sub(r"[\s_-]+", "-", re.sub(r"\s*([-_])\s*", r"\1", folded))
    return re.sub(r"(?<!\d)0+(?=\d)", "", folded)


def _is_number(label: str) -> bool:
    try:
        float(label)
    except ValueError:
        return False
    return True


def natural(label: str) -> tuple[int, float, list[tuple[int, float, str]], str]:
    """Sort key: numbers first and by size; then text, with the numbers inside it by size ("w2" before "w10")."""
    if _is_number(label):
        return 0, float(label), [], label
    pieces = re.split(r"(\d+)", label)
    return 1, 0.0, [(0, float(s), "") if s.isdecimal() else (1, 0.0, s) for s in pieces], label
