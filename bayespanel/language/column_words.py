"""Words in names of columns, in English, Dutch, German and French: what a column is about, by its name alone.

Words stand in lower case and without marks, as `plain` writes them: "Schüler_ID" is "schuelerid".
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from difflib import get_close_matches

SPELT = {"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"}
"""Letters as German types them where a keyboard lacks them."""

SPELLABLE = 5
"""Letters of a word from which on a misspelt one is known again."""

MISSPELT = 0.82
"""Least similarity of a misspelt word: "shcool" is "school", "schooling" is not."""

MARKS = r"[_.\s-]"
"""Signs that separate the parts of a name."""


def _words(*lines: str) -> tuple[str, ...]:
    return tuple(word for line in lines for word in line.split())


ROLES: dict[str, tuple[str, ...]] = {
    "pupil": _words(
        "pupil pupilid pupilnr student studentid pid id child childid person personid subject subjectid subjid",
        "participant participantid respondent respondentid respnr case caseid",
        "leerling leerlingid leerlingnr leerlingnummer llnr llid kind kindid kindnr proefpersoon ppn ppnr",
        "schueler schuelerid schuelernr schuelerin person personennr vpnr vpn eleve elev",
    ),
    "wave": _words(
        "wave wavenr time timepoint occasion year grade gr t measurement round",
        "meting meetmoment golf ronde jaar welle zeitpunkt messzeitpunkt mzp vague jahr",
    ),
    "classroom": _words(
        "class classroom classid classnr klas klasid klasnr klascode groep klasse klassenid klassennr classe",
        "teacher tch",
    ),
    "school": _words(
        "school schoolid schoolnr schoolcode schoolnummer sch schid brin schule schulid schulnr schulcode ecole skole",
    ),
    "arm": _words(
        "arm condition cond conditie treatment treat treated group groupid intervention interventie interventiegroep",
        "programme program programma experimental experimenteel allocation randomised randomized toewijzing",
        "gruppe bedingung versuchsgruppe behandlung traitement",
    ),
}
"""Part that a column plays -> its usual names, the most usual first."""

COVARIATES = _words(
    "sex gender girl boy female male age geslacht sekse jongen meisje meisjes jongens leeftijd",
    "geschlecht maedchen junge weiblich maennlich alter sexe fille garcon ses",
)
"""Usual names of what does not change within a pupil and may be held constant."""

NUMBERING = frozenset(
    _words(
        "id ids nr no num nummer number code key uuid guid rownumber volgnr volgnummer index sleutel nummern",
        "postcode zipcode plz phone telefoon telefon",
    )
)
"""Parts of a name whose numbers name something."""

DATING = frozenset(
    _words(
        "date dates dat datum day dag tag dob birth birthday birthdate birthyear geboorte geboortedatum geboortejaar",
        "gebdat geburt geburtsdatum geburtsjahr year jaar jahr month maand monat timestamp starttime",
        "endtime start einde invuldatum testdatum duration duur dauer",
    )
)
"""Parts of a name whose numbers are dates or times."""

WEIGHTING = frozenset(
    _words("weight weights wgt wt weging weegfactor gewicht gewichten pweight gewichtung weightfactor poststrat")
)
"""Parts of a name whose numbers are sampling weights."""

WEIGHING_BODIES = frozenset(_words("weight gewicht gewichten wt"))
"""Those of them that are as often the weight of a body."""

BACKGROUND = frozenset(
    _words(
        "country land nationality nationaliteit herkomst origin ethnicity etniciteit religion religie language taal",
        "sprache migration opleiding education beroep job province provincie region regio bundesland version versie",
        "complete completed finished consent toestemming remarks opmerkingen filter include",
    )
)
"""Parts of a name whose numbers stand for categories without an order, or for what became of a questionnaire."""

VERTICES: dict[str, tuple[str, ...]] = {
    "school": _words(
        "vict bull pest gepest mobb mob peer classmate klasgeno mitschueler popular friend vriend freund",
        "teacher leerkracht leraar lehrer slachtoffer opfer",
    ),
    "parent": _words(
        "parent ouder eltern warm moeder mother mutter vader father vater opvoed erzieh home thuis zuhause family",
        "gezin familie reject afwijz ablehn",
    ),
}
"""Vertex of the triangle -> how words begin that speak of it, the first that fits; other words are about the child."""

MARKERS = _words("wave time occasion meting meetmoment golf welle mzp messzeitpunkt vague ronde round t w m g k")
"""What stands before the number of a wave in the name of a column: "bullying_t1", "T1_dep"."""


def plain(name: str) -> str:
    """Return the letters of a name, those with marks as they are typed without: "Schüler_ID" is "schuelerid"."""
    return re.sub(r"[^a-z]", "", _unmarked(name))


def parts(name: str) -> list[str]:
    """Return the words in a name, which marks, numbers and capital letters separate: "T1_pestDatum" has three."""
    spaced = re.sub(r"(?<=[a-zà-ÿ])(?=[A-ZÀ-Ý])", "_", name)
    return [part for part in re.split(r"[^a-z]+", _unmarked(spaced)) if part]


def _unmarked(name: str) -> str:
    spelt = name.lower()
    for letter, letters in SPELT.items():
        spelt = spelt.replace(letter, letters)
    spelt = unicodedata.normalize("NFKD", spelt)
    return "".join(letter for letter in spelt if not unicodedata.combining(letter))


def role_of(name: str) -> str | None:
    """Return the part that a column of such a name usually plays, or None."""
    return next((role for role, names in ROLES.items() if plain(name) in names), None)


def named_for(role: str, names: Iterable[str]) -> str | None:
    """Return the column whose name is usual for a role, the most usual first, or is one misspelt; else None."""
    known: dict[str, str] = {}
    for name in names:
        known.setdefault(plain(name), name)
    usual = next((known[word] for word in ROLES[role] if word in known), None)
    if usual is not None:
        return usual
    for word in (word for word in ROLES[role] if len(word) >= SPELLABLE):
        close = get_close_matches(word, [other for other in known if role_of(other) is None], n=1, cutoff=MISSPELT)
        if close:
            return known[close[0]]
    return None


def is_covariate(name: str) -> bool:
    """Return whether a name is usual for what does not change within a pupil."""
    return plain(name) in COVARIATES or bool(set(parts(name)) & set(COVARIATES))


def is_no_score(name: str) -> bool:
    """Return whether the words in a name say that its numbers are no scores: they name, date or weight something."""
    words = parts(name)
    unlike = NUMBERING | DATING | WEIGHTING | BACKGROUND
    return role_of(name) is not None or plain(name) in unlike or bool(set(words) & unlike)


def vertex_of(name: str) -> str:
    """Return the vertex of the triangle that the words of a name speak of; "child" where none does."""
    words = parts(name)
    for vertex, beginnings in VERTICES.items():
        if any(word.startswith(beginnings) for word in words):
            return vertex
    return "child"
