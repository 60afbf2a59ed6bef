"""Papers: what is written into a file is read back by us, by exiftool, and by the C2PA reader; hostile files do nothing."""

import io
import json
import shutil
import struct
import subprocess
import zlib
from dataclasses import replace

import c2pa
import pytest
from certificates import chain
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from sdkit import papers
from sdkit.errors import ExportError, ImageError, InputError
from sdkit.export import COMPOSITE, GENERATED, Papers, Placement, Signer, encode_under
from sdkit.export.xmp import MAX_WRITTEN, packet, read

FORMATS = ["JPEG", "PNG", "WEBP", "AVIF"]
FULL = Papers(
    source=GENERATED, tool="sdkit 0.1.0", description='A <rocket> & "friends" — ночь', alt="A red rocket 🚀 שלום 你好",
    creator="Acme Ltd", rights="© 2026 Acme", terms="No reuse without asking", statement="https://acme.example/terms?a=1&b=2",
    licence="Apache License 2.0: yes", prompt="a (rocket:1.2)\nat night", model="pocket", version="0123456789abcdef",
    recipe='{"seed": 7}',
)  # fmt: skip


def encoded(picture, format, papers=FULL):
    return encode_under(picture, Placement("own", "Own", "web", "Own", *picture.size, formats=(format,)), xmp=packet(papers))


@pytest.fixture(scope="module")
def signer():
    certificates, key, _ = chain()
    return Signer.of(certificates, key)


@pytest.fixture
def picture(scene):
    return scene()


@pytest.mark.parametrize("format", FORMATS)
def test_all_papers_come_back(tmp_path, picture, format):
    file = encoded(picture, format)
    path = tmp_path / f"picture{file.suffix}"
    path.write_bytes(file.data)
    found = papers(path)
    assert found.papers == FULL and papers(file.data).papers == FULL
    assert (found.format, found.size, found.bytes, found.credentials) == (format, picture.size, len(file.data), {})
    assert "made by a model" in str(found) and "no content credentials" in str(found)
    assert json.loads(json.dumps(found.to_dict()))["papers"]["alt"] == FULL.alt


@pytest.mark.skipif(shutil.which("exiftool") is None, reason="exiftool is not installed (apt: libimage-exiftool-perl)")
@pytest.mark.parametrize("signed", [False, True])
@pytest.mark.parametrize("format", FORMATS)
def test_exiftool_reads_every_field(tmp_path, picture, format, signed, signer):
    file = encoded(picture, format)
    path = tmp_path / f"picture{file.suffix}"
    path.write_bytes(signer.sign(file.data, format, GENERATED) if signed else file.data)
    done = subprocess.run(["exiftool", "-j", "-G1", "-XMP:all", path], capture_output=True, text=True, check=True)
    [said] = json.loads(done.stdout)
    assert {key: value for key, value in said.items() if key.startswith("XMP-")} == {
        "XMP-iptcExt:DigitalSourceType": f"http://cv.iptc.org/newscodes/digitalsourcetype/{GENERATED}",
        "XMP-xmp:CreatorTool": FULL.tool,
        "XMP-dc:Description": FULL.description,
        "XMP-iptcCore:AltTextAccessibility": FULL.alt,
        "XMP-dc:Creator": FULL.creator,
        "XMP-dc:Rights": FULL.rights,
        "XMP-xmpRights:UsageTerms": FULL.terms,
        "XMP-xmpRights:WebStatement": FULL.statement,
        "XMP-xmpRights:Marked": True,
        "XMP-sdkit:ModelLicence": FULL.licence,
        "XMP-iptcExt:AIPromptInformation": FULL.prompt,
        "XMP-iptcExt:AISystemUsed": FULL.model,
        "XMP-iptcExt:AISystemVersionUsed": FULL.version,
        "XMP-sdkit:Recipe": FULL.recipe,
    }


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("kind", [GENERATED, COMPOSITE])
def test_content_credentials_are_read_by_the_reader_and_break_when_a_byte_changes(picture, format, kind, signer):
    file = encoded(picture, format)
    data = signer.sign(file.data, format, kind, title="picture.x", version="0.1.0")
    assert len(data) - len(file.data) <= signer.room < 8000
    root = chain()[2]
    found = papers(data, trust=root)
    assert (found.credentials["state"], found.credentials["issuer"]) == ("Trusted", "Example studio")
    assert found.credentials["source"] == kind and found.papers == FULL
    assert papers(data).credentials["state"] == "Valid" and "untrusted" in str(papers(data))
    with c2pa.Reader(f"image/{format.lower()}", io.BytesIO(data)) as reader:
        manifest = reader.get_active_manifest()
    assert manifest["title"] == "picture.x" and manifest["claim_generator_info"][0]["name"] == "sdkit"
    with Image.open(io.BytesIO(data)) as seen, Image.open(io.BytesIO(file.data)) as before:
        assert seen.convert("RGB").tobytes() == before.convert("RGB").tobytes()
    broken = bytearray(data)
    broken[data.index(b"Acme Ltd")] ^= 1  # in the papers
    if format == "PNG":  # with a checksum that is right
        start = data.index(b"iTXt")
        end = start + 4 + struct.unpack(">I", data[start - 4 : start])[0]
        broken[end : end + 4] = struct.pack(">I", zlib.crc32(bytes(broken[start:end])))
    assert papers(bytes(broken)).credentials["state"] == "Invalid"


def test_a_pair_that_cannot_sign_is_refused_before_any_work():
    certificates, key, root = chain()
    for bad in ((root, key), (certificates, chain(31)[1]), (chain(-1)[0], chain(-1)[1])):
        with pytest.raises(InputError, match="chain"):
            Signer.of(*bad)
    with pytest.raises(InputError, match=r"key: got .*private key"):
        Signer.of(certificates, certificates)
    with pytest.raises(InputError, match="algorithm"):
        Signer.of(certificates, key, "rot13")
    with pytest.raises(InputError, match="readable PEM"):
        Signer.of("none.pem", key)
    assert repr(key) not in repr(Signer.of(certificates, key)) and "PRIVATE" not in repr(Signer.of(certificates, key))
    with pytest.raises(ExportError, match="could not be signed"):
        Signer.of(certificates, key).sign(b"no picture", "JPEG", GENERATED)


def test_what_is_published_says_nothing_of_the_making(picture):
    public = FULL.published()
    data = encoded(picture, "JPEG", public).data
    assert papers(data).papers == replace(FULL, prompt="", model="", version="", recipe="")
    assert b"night" not in data and b"0123456789abcdef" not in data


def test_nothing_to_say_is_no_packet():
    assert packet(Papers()) == b""
    with pytest.raises(InputError, match="source"):
        packet(Papers(source='"/><script>'))
    for wrong in ("javascript:alert(1)", "https://a b", 'https://a"b', "ftp://x"):
        with pytest.raises(InputError, match="statement"):
            Papers(statement=wrong)
    with pytest.raises(InputError, match="alt"):
        Papers(alt=7)


def test_papers_that_are_too_long_are_cut_to_fit_a_jpeg(picture):
    long = Papers(source=GENERATED, alt="é" * 50_000, prompt="ж" * 50_000, recipe="語" * 50_000, terms="<" * 50_000)
    assert len(packet(long)) <= MAX_WRITTEN
    found = papers(encoded(picture, "JPEG", long).data).papers
    assert found.source == GENERATED and found.alt.endswith("é…") and found.terms.startswith("<<<")


@given(st.text(max_size=300), st.text(max_size=300))
def test_any_text_survives_but_what_xml_cannot_hold(alt, prompt):
    back = read(packet(Papers(source=GENERATED, alt=alt, prompt=prompt)))

    def plain(text):
        kept = "".join(c for c in text if not (ord(c) < 32 and c not in "\t\n\r") and c not in "\x7f\ufffe\uffff")
        kept = "".join(c for c in kept if not 0xD800 <= ord(c) <= 0xDFFF)
        return kept.strip().replace("\r\n", "\n").replace("\r", "\n")

    assert (back.alt.strip(), back.prompt.strip()) == (plain(alt).strip(), plain(prompt).strip())


BOMB = b"""<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]>
<x:xmpmeta xmlns:x="adobe:ns:meta/">&c;</x:xmpmeta>"""
OUTSIDE = b'<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]><x:xmpmeta xmlns:x="adobe:ns:meta/">&f;</x:xmpmeta>'


@pytest.mark.parametrize("bad", [BOMB, OUTSIDE, b"<x", b"\xff\xfe\x00", b"<a>" * 200_000, b"<a/>" + b" " * (5 << 20)])
def test_a_hostile_packet_is_named_and_the_rest_still_read(picture, bad):
    with pytest.raises(ImageError, match="xmp"):
        read(bad)
    if len(bad) < 60_000:
        file = encode_under(picture, Placement("own", "Own", "web", "Own", *picture.size), xmp=bad)
        found = papers(file.data)
        assert found.papers == Papers() and "xmp" in found.problem and found.size == picture.size


def test_other_tools_ways_of_writing_are_read():
    text = """<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description
    rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:e="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
    e:DigitalSourceType="http://cv.iptc.org/newscodes/digitalsourcetype/digitalCapture" xmlns:r="http://ns.adobe.com/xap/1.0/rights/"
    r:WebStatement="javascript:alert(1)"><dc:description><rdf:Alt><rdf:li xml:lang="de">Rakete</rdf:li>
    <rdf:li xml:lang="x-default">Rocket</rdf:li></rdf:Alt></dc:description></rdf:Description></rdf:RDF></x:xmpmeta>"""
    found = read(text)
    assert (found.source, found.description, found.statement) == ("digitalCapture", "Rocket", "")


@pytest.mark.parametrize("name", ["none.jpg", "text.jpg", "cut.jpg", "empty.png", "folder"])
def test_a_file_that_is_no_picture_is_named(tmp_path, picture, name):
    (tmp_path / "text.jpg").write_text("no picture")
    (tmp_path / "cut.jpg").write_bytes(b"\xff\xd8\xff\xe1\xff\xff")
    (tmp_path / "empty.png").touch()
    (tmp_path / "folder").mkdir()
    with pytest.raises(ImageError, match="image: got"):
        papers(tmp_path / name)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(FORMATS), st.data())
def test_a_damaged_file_is_read_or_named(signer, format, data):
    small = Image.new("RGB", (32, 32), "teal")
    file = bytearray(signer.sign(encoded(small, format).data, format, GENERATED))
    for _ in range(data.draw(st.integers(1, 8))):
        file[data.draw(st.integers(0, len(file) - 1))] = data.draw(st.integers(0, 255))
    try:
        found = papers(bytes(file))
    except ImageError:
        return
    assert str(found)


def test_a_terminal_is_left_alone(picture):
    said = str(papers(encoded(picture, "PNG", Papers(alt="a\u202e\u2028b")).data))
    assert "\u202e" not in said and "\u2028" not in said
