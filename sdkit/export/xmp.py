"""Papers <-> XMP: what a file says of itself, in the fields that IPTC, Adobe and search engines read.

Fields and their places: IPTC Photo Metadata Standard 2025.1 (https://www.iptc.org/std/photometadata/specification/) and the
XMP specification, part 2 (ISO 16684-1). A packet comes from anywhere: no entities, no documents type, no more than 4 MiB.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from xml.etree import ElementTree as ET

from ..errors import ImageError, InputError

GENERATED = "trainedAlgorithmicMedia"
COMPOSITE = "compositeWithTrainedAlgorithmicMedia"
ENHANCED = "algorithmicallyEnhanced"
KINDS = (GENERATED, COMPOSITE, ENHANCED)
MAX_PACKET = 4 * 2**20  # bytes of a packet that is read
MAX_WRITTEN = 60_000  # bytes of one that is written: a JPEG has room for 65,502
_LONGEST = 12_000  # characters of one field; what is longer ends in "…"

_TERMS = "http://cv.iptc.org/newscodes/digitalsourcetype/"
_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_XML = "http://www.w3.org/XML/1998/namespace"
_SPACES = {
    "x": "adobe:ns:meta/",
    "rdf": _RDF,
    "xmp": "http://ns.adobe.com/xap/1.0/",
    "dc": "http://purl.org/dc/elements/1.1/",
    "xmpRights": "http://ns.adobe.com/xap/1.0/rights/",
    "Iptc4xmpCore": "http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/",
    "Iptc4xmpExt": "http://iptc.org/std/Iptc4xmpExt/2008-02-29/",
    "sdkit": "urn:sdkit:papers:1#",
}
# Field -> its property, and how XMP holds it: plain text, one text for every language, or a list.
_PLACES = {
    "source": ("Iptc4xmpExt:DigitalSourceType", "text"),
    "tool": ("xmp:CreatorTool", "text"),
    "description": ("dc:description", "Alt"),
    "alt": ("Iptc4xmpCore:AltTextAccessibility", "Alt"),
    "creator": ("dc:creator", "Seq"),
    "rights": ("dc:rights", "Alt"),
    "terms": ("xmpRights:UsageTerms", "Alt"),
    "statement": ("xmpRights:WebStatement", "text"),
    "licence": ("sdkit:ModelLicence", "text"),
    "prompt": ("Iptc4xmpExt:AIPromptInformation", "text"),
    "model": ("Iptc4xmpExt:AISystemUsed", "text"),
    "version": ("Iptc4xmpExt:AISystemVersionUsed", "text"),
    "recipe": ("sdkit:Recipe", "text"),
}
# Neither XML nor UTF-8 can hold these: control characters, half surrogate pairs, and two that are no characters.
_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")

for _prefix, _space in _SPACES.items():
    ET.register_namespace(_prefix, _space)


@dataclass(frozen=True)
class Papers:
    """What a file says of itself; "" is left out.

    source       the last word of an IPTC digital source type: "trainedAlgorithmicMedia" for a picture that a model made,
                 "compositeWithTrainedAlgorithmicMedia" where it painted a part of a photograph, "algorithmicallyEnhanced".
    tool         the software, such as "sdkit 0.1.0".
    description  what the picture is, for people; alt, what it shows, for those who cannot see it.
    creator      a person or firm; rights, the copyright line; terms, what others may do with it; statement, a web address
                 that says so at length.
    licence      the licence of the model, and what it comes to.
    prompt, model, version, recipe    how it was made; recipe is JSON. For the archive: left out of what is published.
    """

    source: str = ""
    tool: str = ""
    description: str = ""
    alt: str = ""
    creator: str = ""
    rights: str = ""
    terms: str = ""
    statement: str = ""
    licence: str = ""
    prompt: str = ""
    model: str = ""
    version: str = ""
    recipe: str = ""

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if not isinstance(value, str):
                raise InputError(field.name, value, "text")
        if self.statement and not re.fullmatch(r"https?://[^\s<>\"']{1,2000}", self.statement):
            raise InputError("statement", self.statement, "a web address that begins with https://")

    def published(self) -> Papers:
        """These without what may be confidential: the prompt, the model's version and the recipe."""
        return replace(self, prompt="", model="", version="", recipe="")


def packet(papers: Papers) -> bytes:
    """The XMP packet, UTF-8, at most 60,000 bytes; b"" where there is nothing to say.

    Raises InputError for a source that is no kind sdkit knows.
    """
    if papers.source and papers.source not in KINDS:
        raise InputError("source", papers.source, ", ".join(map(repr, KINDS)))
    texts = {name: _clean(getattr(papers, name)) for name in _PLACES}
    if not any(texts.values()):
        return b""
    data = _serialized(texts)
    longest = _LONGEST
    while len(data) > MAX_WRITTEN:
        longest //= 2
        data = _serialized({name: _cut(text, longest) for name, text in texts.items()})
    return data


def read(data: bytes | str) -> Papers:
    """The papers in an XMP packet from anywhere; fields that are not there, or not as they should be, are "".

    Raises ImageError for a packet that is no XML, over 4 MiB, or has a document type or entities.
    """
    from defusedxml import DefusedXmlException
    from defusedxml.ElementTree import fromstring

    raw = data.encode("utf-8", "replace") if isinstance(data, str) else bytes(data)
    if len(raw) > MAX_PACKET:
        raise ImageError("xmp", f"{len(raw):,} bytes", f"a packet of at most {MAX_PACKET >> 20} MiB")
    try:
        root = fromstring(raw.strip(b"\0 \t\r\n"), forbid_dtd=True)
    except DefusedXmlException as error:
        raise ImageError("xmp", "a packet with a document type", "XMP, which has neither that nor entities") from error
    except (ET.ParseError, ValueError, LookupError) as error:
        raise ImageError("xmp", raw[:40], f"well-formed XML ({error})") from error
    found: dict[str, str] = {}
    for name, (place, _) in _PLACES.items():
        text = next(_values(root, _qualified(place)), "").strip()
        found[name] = _clean(text)[: 4 * _LONGEST]
    found["source"] = found["source"].rpartition("/")[2]
    if found["statement"] and not re.fullmatch(r"https?://[^\s<>\"']{1,2000}", found["statement"]):
        found["statement"] = ""
    return Papers(**found)


def _serialized(texts: dict[str, str]) -> bytes:
    root = ET.Element(_qualified("x:xmpmeta"))
    about = ET.SubElement(
        ET.SubElement(root, _qualified("rdf:RDF")), _qualified("rdf:Description"), {_qualified("rdf:about"): ""}
    )
    for name, (place, kind) in _PLACES.items():
        text = texts[name]
        if not text:
            continue
        element = ET.SubElement(about, _qualified(place))
        if kind == "text":
            element.text = _TERMS + text if name == "source" else text
            continue
        item = ET.SubElement(ET.SubElement(element, f"{{{_RDF}}}{kind}"), _qualified("rdf:li"))
        if kind == "Alt":
            item.set(f"{{{_XML}}}lang", "x-default")
        item.text = text
    if texts["rights"] or texts["terms"]:
        ET.SubElement(about, _qualified("xmpRights:Marked")).text = "True"
    body = ET.tostring(root, encoding="unicode")
    return f'<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>{body}<?xpacket end="w"?>'.encode()


def _values(root: ET.Element, name: str) -> Iterator[str]:
    """Texts of a property, wherever it stands: an attribute, an element, or the items of a list in one.

    Of several languages the one marked x-default comes first.
    """
    for element in root.iter():
        if name in element.attrib:
            yield element.attrib[name]
        if element.tag == name:
            items = [one for one in element.iter(_qualified("rdf:li")) if one.text]
            items.sort(key=lambda one: one.get(f"{{{_XML}}}lang") != "x-default")
            yield from (one.text or "" for one in items)
            yield element.get(_qualified("rdf:resource")) or element.text or ""


def _qualified(name: str) -> str:
    prefix, _, local = name.partition(":")
    return f"{{{_SPACES[prefix]}}}{local}"


def _clean(text: str) -> str:
    return _cut(_UNWRITABLE.sub("", text).strip(), _LONGEST)


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else text[: longest - 1] + "…"


__all__ = ["COMPOSITE", "ENHANCED", "GENERATED", "KINDS", "Papers", "packet", "read"]
