"""Words that name points in time, in English, Dutch, German, French and Spanish; in lower case and without accents."""

from __future__ import annotations


def _ranks(*groups: str, start: int = 0) -> dict[str, int]:
    """Return word -> rank; a group holds the words of one rank."""
    return {word: rank for rank, group in enumerate(groups, start) for word in group.split()}


MONTHS = _ranks(
    "jan january januari januar janner janvier janv enero ene",
    "feb february februari februar feber febr fevrier fevr fev febrero",
    "mar march maart mrt marz maerz mrz mars marzo",
    "apr april avril avr abril abr",
    "may mei mai mayo",
    "jun june juni juin junio",
    "jul july juli juillet juil julio",
    "aug august augustus aout agosto ago",
    "sep sept september septembre septiembre",
    "oct october oktober okt octobre octubre",
    "nov november novembre noviembre",
    "dec december dezember dez decembre diciembre dic",
    start=1,
)

SEASONS = _ranks(
    "spring voorjaar lente fruhling fruehling fruhjahr fruehjahr printemps primavera",
    "summer zomer sommer ete verano ss sose sommersemester",
    "autumn fall najaar herfst herbst automne otono ws wise wintersemester",
    "winter hiver invierno",
)
"""Seasons of the northern half of the earth from spring to winter; "ss" and "ws" are terms of German universities."""

NUMERALS = _ranks(
    "zero nul null cero",
    "one een eins un uno first eerste erste premier premiere primero primera",
    "two twee zwei deux dos second tweede zweite deuxieme segundo segunda",
    "three drie drei trois tres third derde dritte troisieme tercero tercera",
    "four vier quatre cuatro fourth vierde vierte quatrieme cuarto cuarta",
    "five vijf funf fuenf cinq cinco fifth vijfde funfte fuenfte cinquieme quinto quinta",
    "six zes sechs seis sixth zesde sechste sixieme sexto sexta",
    "seven zeven sieben sept siete seventh zevende siebte septieme septimo septima",
    "eight acht huit ocho eighth achtste achte huitieme octavo octava",
    "nine negen neun neuf nueve ninth negende neunte neuvieme noveno novena",
    "ten tien zehn dix diez tenth tiende zehnte dixieme decimo decima",
)

FOLLOW_UP = ("followup", "fu", "katamnese", "suivi", "seguimiento")

SEQUENCES = (
    _ranks(
        "pre pretest pretreatment preintervention before baseline bl voor voormeting vortest vorher avant antes",
        "mid midtest midline during tussen tussenmeting tussentijds zwischentest zwischenmessung pendant durante",
        "post posttest posttreatment postintervention after endline na nameting nachtest nachher apres despues",
        " ".join(FOLLOW_UP),
    ),
    _ranks(
        "begin beginning start boy anfang debut inicio",
        "mid middle halfway moy midden mitte milieu medio",
        "end eoy eind einde ende fin final",
    ),
    _ranks("early vroeg fruh frueh", "mid middle midden mitte", "late laat spat spaet"),
)
"""Well-known sequences; only labels that are all in one of them have an order."""

PARTS = {
    word: (name, number)
    for name, number, words in (
        ("quarter", 4, "q quarter kwartaal quartal trimestre"),
        ("half", 2, "h half s sem semester semestre halbjahr halfjaar"),
        ("term", 4, "term trimester"),
        ("month", 12, "m month maand monat mois mes"),
    )
    for word in words.split()
}
"""Word -> part of a year and how many there are in it."""

UNITS = {
    word: unit
    for unit, words in (
        ("minute", "minute minutes min minuut minuten minuto minutos"),
        ("hour", "hour hours hr hrs h uur uren stunde stunden heure heures hora horas"),
        ("day", "day days d dag dagen tag tage jour jours dia dias"),
        ("week", "week weeks wk wks w weken woche wochen semaine semaines semana semanas"),
        ("month", "month months mo mos mth mths maand maanden monat monate mois mes meses"),
        ("year", "year years yr yrs y jaar jaren jahr jahre an ans annee annees ano anos"),
    )
    for word in words.split()
}
DAYS = {"minute": 1 / 1440, "hour": 1 / 24, "day": 1.0, "week": 7.0, "month": 365.25 / 12, "year": 365.25}

COUNTDOWN = frozenset(
    _ranks(
        "before ago prior until till pre minus remaining left preceding earlier lag back tminus",
        "voor voorafgaand geleden terug vor vorher zuvor avant antes hace",
    )
)
"""Words beside which a larger number may mean an earlier time."""

COUNTED = frozenset(
    _ranks("wave waves golf welle vague ola grade class klas klasse groep phase fase session sessie round ronde")
)
"""Things that are counted from the first, so that a dash before their number is no minus."""

CALENDAR_WEEK = frozenset(_ranks("kw kalenderwoche calendarweek weeknummer weeknr"))
"""Words before the number of a week of the calendar, which begins again in the middle of a school year."""
