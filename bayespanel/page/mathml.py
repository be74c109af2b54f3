"""Equations of a page are MathML, and nothing else."""

from __future__ import annotations

from xml.etree import ElementTree

from bayespanel.language.errors import SpecError

SPACE = "{http://www.w3.org/1998/Math/MathML}"

ELEMENTS = {
    *("math", "mrow", "mi", "mo", "mn", "mtext", "mspace", "mstyle", "mphantom", "mpadded"),
    *("msub", "msup", "msubsup", "munder", "mover", "munderover", "mmultiscripts", "mprescripts"),
    *("mfrac", "msqrt", "mroot", "mtable", "mtr", "mtd"),
}

ATTRIBUTES = {
    *("display", "displaystyle", "scriptlevel", "mathvariant", "linethickness"),
    *("form", "fence", "separator", "stretchy", "symmetric", "largeop", "movablelimits", "accent", "accentunder"),
    *("lspace", "rspace", "minsize", "maxsize", "width", "height", "depth", "voffset"),
    *("columnspan", "rowspan", "columnalign", "columnspacing", "rowspacing"),
}


def checked(mathml: str) -> str:
    """Return MathML as it came.

    Parameters
    ----------
    mathml
        A `<math>` element of presentation markup (MathML Core), with or without its namespace.

    Raises
    ------
    SpecError
        When it is not well formed, or holds anything else: names of variables must be escaped.
    """
    rule = "An equation is one well-formed <math> element of presentation MathML."
    action = "Write it as <math><mi>x</mi></math>, with names of variables escaped."
    if "<!" in mathml or "<?" in mathml:
        raise SpecError(rule, "It holds a comment, a declaration or an instruction.", action)
    try:
        root = ElementTree.fromstring(mathml.strip())
    except ElementTree.ParseError as error:
        raise SpecError(rule, f"It cannot be read ({error}).", action) from error
    found = [node.tag.removeprefix(SPACE) for node in root.iter()]
    strange = [tag for tag in found if tag not in ELEMENTS]
    strange += [name for node in root.iter() for name in node.attrib if name not in ATTRIBUTES]
    if strange or found[0] != "math":
        raise SpecError(rule, f"It holds {strange[0] if strange else found[0]!r}.", action)
    return mathml
