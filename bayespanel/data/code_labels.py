"""Value labels that say "missing", in the languages of the usual surveys."""

from __future__ import annotations

import re
import unicodedata
from functools import cache

# Letters that Unicode does not take apart into a letter and a mark.
LETTERS = str.maketrans({"ø": "o", "æ": "ae", "œ": "oe", "ł": "l", "đ": "d", "ı": "i", "’": "'", "´": "'", "`": "'"})

ABSENT = """
    refused; refusal; refuses; refuse; declined; declined to answer; prefer not to say; prefer not to answer;
    not asked; not answered; no answer; no response; nonresponse; non response; not applicable; n a; na; inapplicable;
    inapp; inap; iap; missing; system missing; sysmis; not available; not ascertained; not administered; not collected;
    not recorded; not stated; not reported; not determined; not in universe; not eligible; not interviewed;
    no interview; not tested; not scored; no score; unanswered; skipped; valid skip; invalid skip; legitimate skip;
    routed out; left blank; blank; illegible; unreadable; no data; no information; dropped out; dropout; attrition;
    verweigert; verweigerung; antwort verweigert; keine angabe; keine angaben; k a; keine antwort; nicht erhoben;
    nicht gefragt; nicht beantwortet; fehlt; fehlend; fehlender wert; fehlende angabe; fehlende werte; fehlwert;
    nicht anwendbar; entfallt; entfaellt; nicht ermittelbar; nicht bestimmbar; nicht verfugbar; nicht verfuegbar;
    ungultig; ungueltig; nicht teilgenommen; nicht bearbeitet; nicht vorgelegt; filterbedingt fehlend;
    geweigerd; weigering; weigert; geen antwoord; niet gevraagd; niet van toepassing; n v t; niet ingevuld;
    niet beantwoord; ontbreekt; ontbrekend; ontbrekende waarde; geen opgave; wil niet zeggen; wil ik niet zeggen;
    zeg ik liever niet; niet afgenomen; niet gemeten; niet bekend;
    refus; sans reponse; pas de reponse; non reponse; aucune reponse; non repondu; non applicable; sans objet;
    ne sapplique pas; manquant; manquante; donnee manquante; valeur manquante; non demande; non pose; non posee;
    ne veut pas repondre; non renseigne; non disponible; n r;
    non risponde; nessuna risposta; non risposta; rifiuta; rifiuto; rifiutato; non applicabile; mancante;
    dato mancante; valore mancante; non chiesto; non richiesto; non pertinente; non disponibile;
    no contesta; no responde; sin respuesta; se niega; rechaza; rehusa; rehuso; no aplica; no aplicable; no procede;
    perdido; valor perdido; dato perdido; no preguntado; no preguntada; n c; sin datos; sin dato;
    nao responde; nao respondeu; sem resposta; recusa; recusou; recusado; nao aplicavel; nao se aplica; omisso;
    em falta; valor ausente; nao perguntado; nao perguntada; sem informacao; nao informado;
    vagrar; vagrade; inget svar; ej svar; vill inte svara; ej tillampligt; ej tillamplig; ej aktuellt; saknas;
    uppgift saknas; bortfall; onsker ikke at svare; onsker ikke a svare; vil ikke svare; nekter; nekter a svare;
    uoplyst; ikke besvart; ikke besvaret; intet svar; ikke relevant; ikke spurt; ikke spurgt; mangler; manglende;
    ubesvart; ubesvaret; ei vastausta; kieltaytyi; ei halua vastata; ei kysytty; puuttuu; puuttuva tieto;
    brak danych; brak odpowiedzi; odmowa; odmowa odpowiedzi; nie dotyczy; nie pytano; neodpovedel; bez odpovedi;
    odmitl odpovedet; chybi; netyka se; neuvedeno; nem valaszolt; nincs valasz; hianyzik; megtagadta;
    nu raspunde; nu este cazul; cevap yok; cevapsiz; yanit yok; reddetti; отказ; нет ответа; не применимо;
    нет данных; δεν απαντω; δεν απαντα; 拒绝回答; 无回答; 不适用; 缺失; 無回答; 非該当
"""
"""Phrases that are no answer at all, separated by semicolons."""

UNSURE = """
    pupil absent; child absent; student absent; learner absent; was absent; absent on the day; leerling afwezig;
    kind abwesend; schuler abwesend; schueler abwesend; eleve absent; alumno ausente; elev fravaerende;
    dont know; do not know; doesnt know; d k; dk; not sure; unsure; cant say; cannot say; cant choose; no opinion;
    unknown; weiss nicht; weiss es nicht; keine meinung; unbekannt; weet niet; weet ik niet; weet het niet;
    geen mening; onbekend; ne sait pas; ne sais pas; je ne sais pas; nsp; n s p; sans opinion; inconnu; non sa; non so;
    non saprei; no sabe; no se; n s; nao sabe; nao sei; vet ej; vet inte; ved ikke; vet ikke; ei osaa sanoa;
    en osaa sanoa; ei tieda; en tieda; nie wiem; nie wie; trudno powiedziec; nevi; nevim; nem tudja; nem tudom;
    nu stie; bilmiyor; bilmiyorum; не знаю; затрудняюсь ответить; δεν ξερω; 不知道; わからない
"""
"""Phrases that are an answer of a kind, and now and then the middle of a scale."""

FILLERS = """
    i r the to a an at in on by for this that or and answer answers answered question item data value values code wave
    survey reason respondent participant person interviewer given other user generic unspecified is was has und oder
    frage wert et ou reponse y e o en of och og vraag waarde la le les de di su del dato
"""
"""Words that say nothing of their own beside such a phrase."""

OPENING = re.compile(r"\s*[\[(<]*\s*[-+]?[\d.]*\s*[\])>:=.,-]*\s*")
"""A code that stands in front of its own label: "-9: ", "(99) ", "9 = "."""


def absence_in(label: str) -> str | None:
    """Say whether a value label means that there is no score.

    Parameters
    ----------
    label
        The label of one value. Case, accents, punctuation and a code in front of it do not matter.

    Returns
    -------
    str or None
        "absent" where it says that there is no answer ("Refused", "keine Angabe", "Missing: form lost"), "unsure" for
        "don't know" and its like, None for anything else ("Refused to obey", "often missing at school").
    """
    whole = label[match.end() :] if (match := OPENING.match(label)) else label
    kind = _kind(_plain(whole))
    if kind is None and (parts := re.split(r"\s[-–—]|[:;,(/\[]", whole, maxsplit=1))[1:]:
        kind = _kind(_plain(parts[0]))
    return kind


def _kind(text: str) -> str | None:
    """Return the kind of a plain text that consists of phrases for missing and of fillers only."""
    rest, kinds, fillers = f" {text} ", set[str](), FILLERS.split()
    for phrase, kind in _phrases():
        if f" {phrase} " in rest:
            rest = rest.replace(f" {phrase} ", "  ")
            kinds.add(kind)
    if not kinds or any(word not in fillers and not word.isdigit() for word in rest.split()):
        return None
    return "absent" if "absent" in kinds else "unsure"


@cache
def _phrases() -> tuple[tuple[str, str], ...]:
    """Return (phrase, kind) in plain letters, the longest first: "don't know" before "know"."""
    pairs = [(_plain(p), kind) for text, kind in ((ABSENT, "absent"), (UNSURE, "unsure")) for p in text.split(";")]
    # An abbreviation is written "n.v.t.", "n/v/t" and "nvt".
    pairs += [(p.replace(" ", ""), kind) for p, kind in pairs if re.fullmatch(r"\w( \w)+", p)]
    return tuple(sorted(set(pairs), key=lambda pair: (-len(pair[0]), pair[0])))


def _plain(text: str) -> str:
    """Return words in small letters without accents and apostrophes, a blank between them."""
    small = unicodedata.normalize("NFKD", text.casefold().translate(LETTERS))
    kept = "".join(" " if not c.isalnum() else c for c in small if c != "'" and not unicodedata.combining(c))
    return " ".join(kept.split())
