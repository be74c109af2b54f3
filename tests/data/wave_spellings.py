"""Ways in which people write the time of a wave, with labels drawn at random, always in the true order of time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from random import Random

Spelling = Callable[[Random], list[str]]


def _split(text: str) -> list[str]:
    return text.split()


ENGLISH = _split("January February March April May June July August September October November December")
SHORT = [name[:3] for name in ENGLISH]
DUTCH = _split("januari februari maart april mei juni juli augustus september oktober november december")
GERMAN = _split("Januar Februar März April Mai Juni Juli August September Oktober November Dezember")
FRENCH = _split("janvier février mars avril mai juin juillet août septembre octobre novembre décembre")
SPANISH = _split("enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre")
ROMAN = _split("I II III IV V VI VII VIII IX X XI XII")


def days(rng: Random) -> list[date]:
    """Return 2 to 6 days, one to eleven months apart, between 1995 and 2030."""
    day = date(rng.randint(1995, 2024), rng.randint(1, 12), rng.randint(1, 28))
    found = [day]
    for _ in range(rng.randint(1, 5)):
        found.append(found[-1] + timedelta(days=rng.randint(32, 330)))
    return found


def dated(pattern: str, names: list[str] = ENGLISH, *, decade: bool = False) -> Spelling:
    """Return the spelling of days by a pattern with the fields of `date` and the name of the month."""

    def spell(rng: Random) -> list[str]:
        found = days(rng)
        while decade and found[0].year < 2010:
            found = days(rng)
        return [pattern.format(d=d, yy=d.year % 100, name=names[d.month - 1]) for d in found]

    return spell


def numbered(pattern: str, *, first: int = 1, last: int = 14) -> Spelling:
    """Return the spelling of a count by a pattern."""
    return lambda rng: [pattern.format(n) for n in sorted(rng.sample(range(first, last + 1), rng.randint(2, 5)))]


def aged(pattern: str, *, cut: bool = True, places: int = 2) -> Spelling:
    """Return the spelling of ages in years; `cut` leaves out zeros at the end, as a computer writes numbers."""

    def spell(rng: Random) -> list[str]:
        ages = sorted(rng.sample(range(5 * 10**places, 15 * 10**places), rng.randint(2, 5)))
        texts = [f"{age / 10**places:.{places}f}" for age in ages]
        return [pattern.format(text.rstrip("0").rstrip(".") if cut else text) for text in texts]

    return spell


def paired(pattern: str) -> Spelling:
    """Return the spelling of years and their terms, 2 to 3 of each."""

    def spell(rng: Random) -> list[str]:
        start = rng.randint(1, 8)
        return [pattern.format(y, s) for y in range(start, start + rng.randint(2, 3)) for s in (1, 2)]

    return spell


def quarters(pattern: str) -> Spelling:
    """Return the spelling of quarters of years."""

    def spell(rng: Random) -> list[str]:
        start = rng.randint(4 * 1996, 4 * 2025)
        at = sorted(rng.sample(range(start, start + 12), rng.randint(2, 5)))
        return [pattern.format(y=n // 4, q=n % 4 + 1, yy=n // 4 % 100) for n in at]

    return spell


def schools(pattern: str) -> Spelling:
    """Return the spelling of school years."""

    def spell(rng: Random) -> list[str]:
        start = rng.randint(1994, 2022)
        return [
            pattern.format(y=y, z=y + 1, yy=y % 100, zz=(y + 1) % 100) for y in range(start, start + rng.randint(2, 6))
        ]

    return spell


def words(*sequences: str) -> Spelling:
    """Return labels from one of the sequences, words separated by "|", some of them left out."""

    def spell(rng: Random) -> list[str]:
        sequence = rng.choice(sequences).split("|")
        return [sequence[i] for i in sorted(rng.sample(range(len(sequence)), rng.randint(2, len(sequence))))]

    return spell


def seasons(pattern: str, names: str) -> Spelling:
    """Return the spelling of springs and autumns with their years."""

    def spell(rng: Random) -> list[str]:
        start = rng.randint(1996, 2022)
        all_of_them = [(y, name) for y in range(start, start + 3) for name in names.split()]
        at = sorted(rng.sample(range(6), rng.randint(2, 5)))
        return [pattern.format(name=all_of_them[i][1], y=all_of_them[i][0], yy=all_of_them[i][0] % 100) for i in at]

    return spell


def before(pattern: str) -> Spelling:
    """Return the spelling of times before an event, the longest first."""
    return lambda rng: [pattern.format(n) for n in sorted(rng.sample(range(1, 13), rng.randint(2, 4)), reverse=True)]


DOUBTFUL: dict[str, Spelling] = {
    "m.yyyy": dated("{d.month}.{d.year}"),
    "mm.yyyy": dated("{d:%m.%Y}"),
    "mm/yyyy": dated("{d:%m/%Y}"),
    "yyyy.m": dated("{d.year}.{d.month}"),
    "yyyy.mm, the last zero cut": lambda rng: [text.rstrip("0") for text in dated("{d:%Y.%m}")(rng)],
    "m.yyyy, the last zero cut": lambda rng: [text.rstrip("0") for text in dated("{d.month}.{d.year}")(rng)],
    "myyyy": dated("{d.month}{d.year}"),
    "mmyyyy": dated("{d:%m%Y}"),
    "mmyy": dated("{d:%m%y}"),
    "wave mmyy": dated("wave {d:%m%y}"),
    "myy": dated("{d.month}{d:%y}", decade=True),
    "yymm": dated("{d:%y%m}"),
    "m/yy": dated("{d.month}/{d:%y}"),
    "mm/yy": dated("{d:%m/%y}"),
    "mm-yy": dated("{d:%m-%y}"),
    "mm.yy": dated("{d:%m.%y}"),
    "m.yy, the last zero cut": lambda rng: [f"{float(text):g}" for text in dated("{d:%m.%y}")(rng)],
    "yy/mm": dated("{d:%y/%m}"),
    "dd.mm.yyyy": dated("{d:%d.%m.%Y}"),
    "d.m.yyyy": dated("{d.day}.{d.month}.{d.year}"),
    "dd.mm.yy": dated("{d:%d.%m.%y}"),
    "dd/mm/yyyy": dated("{d:%d/%m/%Y}"),
    "mm/dd/yyyy": dated("{d:%m/%d/%Y}"),
    "m/d/yyyy": dated("{d.month}/{d.day}/{d.year}"),
    "d/m/yy": dated("{d.day}/{d.month}/{d:%y}"),
    "mm/dd/yy": dated("{d:%m/%d/%y}"),
    "yy/mm/dd": dated("{d:%y/%m/%d}"),
    "dd-mm-yyyy": dated("{d:%d-%m-%Y}"),
    "dd-mm-yy": dated("{d:%d-%m-%y}"),
    "yy-mm-dd": dated("{d:%y-%m-%d}"),
    "d-m-yy": dated("{d.day}-{d.month}-{d:%y}"),
    "ddmmyyyy": dated("{d:%d%m%Y}"),
    "dmmyyyy": dated("{d.day}{d:%m%Y}"),
    "mmddyyyy": dated("{d:%m%d%Y}"),
    "ddmmyy": dated("{d:%d%m%y}"),
    "yymmdd": dated("{d:%y%m%d}"),
    "ddMONyyyy": dated("{d:%d}{name}{d.year}", [name.upper() for name in SHORT]),
    "d-Mon-yy": dated("{d.day}-{name}-{d:%y}", SHORT),
    "Mon yy": dated("{name} {d:%y}", SHORT),
    "Mon d, yyyy": dated("{name} {d.day}, {d.year}", SHORT),
    "Month yyyy": dated("{name} {d.year}"),
    "maand yyyy": dated("{name} {d.year}", DUTCH),
    "Monat yyyy": dated("{name} {d.year}", GERMAN),
    "mois yyyy": dated("{name} {d.year}", FRENCH),
    "mes de yyyy": dated("{name} de {d.year}", SPANISH),
    "yyyy month": dated("{d.year} {name}"),
    "month within a school year": words("|".join([*ENGLISH[7:], *ENGLISH[:7]])),
    "month within a calendar year": words("|".join(DUTCH)),
    "day and month within a school year": words("01.09.|15.11.|10.01.|20.03.|30.06."),
    "day/month within a school year": words("1/9|15/11|10/1|20/3|30/6"),
    "yyyyQq": quarters("{y}Q{q}"),
    "Qq yyyy": quarters("Q{q} {y}"),
    "yyQq": quarters("{yy:02}Q{q}"),
    "yyyyqq of Stata": quarters("{y}q{q}"),
    "q of yyyy": quarters("{q}/{y}"),
    "school years": schools("{y}/{zz:02}"),
    "school years of two digits": schools("{yy:02}/{zz:02}"),
    "school years with a dash": schools("{y}-{zz:02}"),
    "years of two digits": schools("{yy:02}"),
    "y and two digits": schools("y{yy:02}"),
    "seasons": seasons("{name} {y}", "spring autumn"),
    "seasons in German": seasons("{name} {y}", "Frühling Herbst"),
    "seasons in Dutch, short years": seasons("{name}{yy:02}", "voorjaar najaar"),
    "terms of a university": seasons("{name}{y}", "SS WS"),
    "winters that begin years": words("winter 2018|spring 2018|autumn 2018|winter 2019|spring 2019"),
    "winters that end years": words("spring 2018|autumn 2018|winter 2018|spring 2019|winter 2019"),
    "spring and fall within a school year": words("fall|spring"),
    "ages with a unit": aged("{}y"),
    "ages": aged("{}"),
    "ages as years.months": lambda rng: [f"{n // 12}.{n % 12}" for n in sorted(rng.sample(range(60, 170), 4))],
    "ages as years;months": lambda rng: [f"{n // 12};{n % 12}" for n in sorted(rng.sample(range(60, 170), 4))],
    "ages with a decimal comma": lambda rng: [text.replace(".", ",") for text in aged("{}", places=1)(rng)],
    "t and decimals": aged("t{}", places=1),
    "numbered parts": lambda rng: [f"1.{n}" for n in sorted(rng.sample(range(1, 15), rng.randint(2, 5)))],
    "numbered parts after a word": lambda rng: [f"wave 2.{n}" for n in sorted(rng.sample(range(1, 15), 4))],
    "a dash that is a minus": lambda rng: [f"w{n}" for n in sorted(rng.sample(range(-12, 0), 3))],
    "a dash that is a hyphen": numbered("w-{}"),
    "around an event": lambda rng: [f"w{n}" for n in sorted(rng.sample(range(-6, 7), 4))],
    "weeks before an event": before("{} weeks before"),
    "years ago": before("{} years ago"),
    "lags": before("lag {}"),
    "counting down": before("pre{}"),
    "tuples, the first counting": paired("y{0}s{1}"),
    "tuples, the last counting": paired("s{1}y{0}"),
    "tuples with a dash": paired("{0}-{1}"),
    "a point as abbreviation": numbered("w.{}"),
    "thousands with a comma": lambda rng: [f"{n:,}" for n in sorted(rng.sample(range(300, 3000), 4))],
    "roman numerals": words("|".join(ROMAN)),
    "roman numerals after a word": words("|".join(f"Wave {name}" for name in ROMAN)),
    "kindergarten and grades": words("K|1|2|3"),
    "before and after": words("before|after", "vorher|nachher", "voor|na", "V|N", "avant|après", "B|A"),
    "early, middle and late": words("early|mid|late", "begin|midden|eind", "Anfang|Mitte|Ende", "BOY|MOY|EOY"),
    "baseline and months": words("baseline|3 months|6 months|12 months"),
    "units that differ": words("6 weeks|3 months|1 year|18 months", "2 wk|2 mo|1 yr"),
    "ordinals": words("1st|2nd|3rd|4th|11th", "1er|2e|3e", "1ste|2de|3de", "1.|2.|3.|10."),
    "ordinals in words": words("first|second|third|fourth", "eerste|tweede|derde", "erste|zweite|dritte"),
    "numbers in words": words("wave one|wave two|wave three", "een|twee|drie|vier", "uno|dos|tres"),
    "calendar weeks": words("KW 36|KW 44|KW 3|KW 12"),
    "days of the week": words("Mon|Tue|Wed|Thu|Fri"),
    "grades with letters": words("1a|1b|2a|2b"),
    "spellings mixed": words("Sep 2018|2019-03|Autumn 2019", "w1|wave 2|t3", "1|2nd|three"),
}
"""Spellings that may be a question, and never a wrong order."""

ORDINARY: dict[str, Spelling] = {
    "numbers": numbered("{}"),
    "numbers from zero": numbered("{}", first=0),
    "numbers with zeros": numbered("{:02}"),
    "numbers with a sign": numbered("{}", first=-9, last=9),
    "numbers of a program": numbered("{}.0"),
    "days of a study": numbered("{}", first=0, last=90),
    "years": lambda rng: [str(y) for y in sorted(rng.sample(range(1990, 2030), 4))],
    "year and years": schools("year {y}"),
    "FY": schools("FY{y}"),
    "w1": numbered("w{}"),
    "W01": numbered("W{:02}"),
    "Wave 1": numbered("Wave {}"),
    "wave_1": numbered("wave_{}"),
    "wave-1": numbered("wave-{}"),
    "wave1": numbered("wave{}"),
    "T1": numbered("T{}"),
    "t0": numbered("t{}", first=0),
    "Time 1": numbered("Time {}"),
    "grade_3": numbered("grade_{}", first=1, last=12),
    "Klasse 5": numbered("Klasse {}"),
    "groep 8": numbered("groep {}"),
    "5th grade": lambda rng: [f"{n}th grade" for n in sorted(rng.sample(range(4, 13), 3))],
    "month 6": numbered("month {}", first=0, last=36),
    "6 months": numbered("{} months", first=2, last=36),
    "6m": numbered("{}m", first=0, last=36),
    "6mo": numbered("{}mo", first=0, last=36),
    "M12": numbered("M{}", first=0, last=48),
    "age 7": numbered("age {}"),
    "7y": numbered("{}y"),
    "1. Messung": numbered("{}. Messung"),
    "Meting 1": numbered("Meting {}"),
    "visit (1)": numbered("visit ({})"),
    "halves": lambda rng: [f"{n / 2:g}" for n in sorted(rng.sample(range(8, 40), 4))],
    "quarters": lambda rng: [f"{n / 4:g}y" for n in sorted(rng.sample(range(20, 80), 4))],
    "tenths": aged("{}", cut=False, places=1),
    "ISO dates": dated("{d:%Y-%m-%d}"),
    "ISO times": dated("{d:%Y-%m-%d} 10:30:00"),
    "ISO times with a zone": dated("{d:%Y-%m-%d}T10:30+01:00"),
    "year/month/day": dated("{d:%Y/%m/%d}"),
    "yyyymmdd": dated("{d:%Y%m%d}"),
    "yyyymm": dated("{d:%Y%m}"),
    "yyyy-mm": dated("{d:%Y-%m}"),
    "wave yyyy-mm": dated("wave {d:%Y-%m}"),
    "dd.mm.yyyy": dated("{d:%d.%m.%Y}"),
    "dd.mm.yy": dated("{d:%d.%m.%y}"),
    "Mon yyyy": dated("{name} {d.year}", SHORT),
    "d Month yyyy": dated("{d.day} {name} {d.year}"),
    "d. Monat yyyy": dated("{d.day}. {name} {d.year}", GERMAN),
    "yyyyQq": quarters("{y}Q{q}"),
    "school years": schools("{y}/{z}"),
    "fall and spring": seasons("{name} {y}", "spring fall"),
    "pre and post": words("pre|post|follow-up", "pretest|posttest", "Pre-test|Post-test|FU", "baseline|post|fu1|fu2"),
    "T and follow-up": words("T1|T2|T3|FU"),
    "voormeting": words("voormeting|tussenmeting|nameting"),
    "first, second": words("first|second|third", "1st|2nd|3rd"),
    "letters": lambda rng: list("ABCDEF"[: rng.randint(3, 6)]),
    "roman": words("I|II|III|IV"),
}
"""Spellings that are never a question."""
