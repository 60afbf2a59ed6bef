"""C2PA content credentials: a signed statement inside a file of how it was made. Signed last, with one's own certificate.

Specification: https://spec.c2pa.org (2.2). The library is c2pa-python, an extra: pip install "sdkit[credentials]". Nothing here
goes to the network: no time stamp, no revocation check, no remote manifest.
"""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from PIL import Image

from ..codecs import encode
from ..errors import ExportError, InputError, MissingExtraError
from .xmp import KINDS

ALGORITHMS = ("es256", "es384", "es512", "ps256", "ps384", "ps512", "ed25519")
MIME = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp", "AVIF": "image/avif"}
_TERMS = "http://cv.iptc.org/newscodes/digitalsourcetype/"
_SLACK = 256  # bytes: lengths in a claim differ a little with the file
_MAX_PEM = 2**20
# Without a thumbnail a claim takes some 3 KB; with one, up to several hundred.
_SETTINGS = {
    "version": 1,
    "builder": {"thumbnail": {"enabled": False}},
    "verify": {"remote_manifest_fetch": False, "ocsp_fetch": False},
}


@dataclass(frozen=True)
class Signer:
    """A certificate chain and its key, ready to sign. Make one with `Signer.of`.

    room    bytes that its credentials add to a file, at most: what to leave free under a placement's limit.
    """

    chain: bytes = field(repr=False)
    key: bytes = field(repr=False)
    algorithm: str = "es256"
    room: int = 0

    @classmethod
    def of(cls, chain: str | Path | bytes, key: str | Path | bytes, algorithm: str = "es256") -> Signer:
        """Read a PEM chain (one's own certificate first) and its PEM key (no password), and try them on a small picture.

        Raises MissingExtraError without c2pa-python, and InputError where the pair cannot sign: the certificate must be for
        "digital signature" and e-mail protection or document signing, be valid today, and not be its own issuer.
        """
        if algorithm not in ALGORITHMS:
            raise InputError("algorithm", algorithm, ", ".join(map(repr, ALGORITHMS)))
        _library()
        signer = cls(_pem("chain", chain, b"CERTIFICATE"), _pem("key", key, b"PRIVATE KEY"), algorithm)
        small = encode(Image.new("RGB", (16, 16)), "PNG")
        try:
            grown = len(signer.sign(small, "PNG", KINDS[0], title="a title as long as those of files mostly are")) - len(small)
        except ExportError as error:
            raise InputError("chain", "this certificate and key", "a pair that C2PA can sign with", str(error)) from error
        return cls(signer.chain, signer.key, algorithm, grown + _SLACK)

    def sign(self, data: bytes, format: str, source: str, *, title: str = "", tool: str = "sdkit", version: str = "") -> bytes:
        """The file with credentials that say how it was made. Nothing may be changed in it afterwards.

        format   "JPEG", "PNG", "WEBP" or "AVIF"; source, as in Papers. Raises ExportError when it cannot be signed.
        """
        c2pa = _library()
        generator = {"name": tool} | ({"version": version} if version else {})
        action = {"action": "c2pa.created", "digitalSourceType": _TERMS + source, "softwareAgent": generator}
        claim = {
            "claim_generator_info": [generator],
            "title": title,
            "format": MIME[format],
            "assertions": [{"label": "c2pa.actions.v2", "data": {"actions": [action]}}],
        }
        out = io.BytesIO()
        try:
            info = c2pa.C2paSignerInfo(self.algorithm, self.chain, self.key, None)
            context = c2pa.Context(c2pa.Settings.from_dict(_SETTINGS), c2pa.Signer.from_info(info))
            with context, c2pa.Builder(claim, context=context) as builder:
                builder.sign(MIME[format], io.BytesIO(data), out)
        except (c2pa.C2paError, ValueError) as error:
            raise ExportError(f"{title or 'The file'} could not be signed: {error}.") from error
        return out.getvalue()


def read(data: bytes, format: str, *, trust: str | Path | bytes | None = None) -> Mapping[str, Any]:
    """What a file's credentials say, for `papers`; empty where it has none, of any format or damage."""
    if b"jumb" not in data or b"c2pa" not in data:
        return {}
    try:
        c2pa = _library()
    except MissingExtraError as error:
        return {"state": "unread", "problems": [str(error)]}
    settings = _SETTINGS | ({} if trust is None else {"trust": {"user_anchors": _pem("trust", trust, b"CERTIFICATE").decode()}})
    try:
        with c2pa.Context(c2pa.Settings.from_dict(settings)) as context:
            reader = c2pa.Reader.try_create(MIME[format], io.BytesIO(data), context=context)
            if reader is None:
                return {}
            with reader:
                found, state = json.loads(reader.json()), reader.get_validation_state()
        return _summary(found, state)
    except (c2pa.C2paError, ValueError, KeyError, TypeError, AttributeError) as error:
        return {"state": "unread", "problems": [f"its content credentials are damaged ({type(error).__name__})"]}


def _summary(found: Mapping[str, Any], state: str | None) -> dict[str, Any]:
    manifest = found["manifests"][found["active_manifest"]]
    signature = manifest.get("signature_info", {})
    actions = [
        action
        for one in manifest.get("assertions", [])
        if str(one.get("label", "")).startswith("c2pa.actions")
        for action in one["data"].get("actions", [])
    ]
    kind = next((str(a["digitalSourceType"]) for a in actions if a.get("digitalSourceType")), "")
    generators = [str(g.get("name", "")) for g in manifest.get("claim_generator_info", [])]
    return {
        "state": str(state or "Invalid"),
        "issuer": str(signature.get("common_name") or signature.get("issuer") or ""),
        "generator": ", ".join(filter(None, generators)),
        "source": kind.rpartition("/")[2],
        "problems": [str(one.get("explanation") or one.get("code")) for one in found.get("validation_status", [])],
    }


def _pem(parameter: str, source: str | Path | bytes, kind: bytes) -> bytes:
    if isinstance(source, bytes):
        data = source
    else:
        try:
            with Path(source).open("rb") as stream:
                data = stream.read(_MAX_PEM)
        except OSError as error:
            raise InputError(parameter, str(source), "a readable PEM file", f"({error.strerror or error})") from error
    if b"-----BEGIN " not in data or kind not in data:
        shown = f"<{len(data)} bytes>" if isinstance(source, bytes) else str(source)
        raise InputError(parameter, shown, f"PEM text with a {kind.decode().lower()}")
    return data


def _library() -> Any:
    try:
        import c2pa
    except (ImportError, OSError) as error:  # OSError: the wheel's own library does not load on this system
        raise MissingExtraError("c2pa-python", "credentials", "Signing or reading content credentials") from error
    return c2pa


__all__ = ["ALGORITHMS", "Signer", "read"]
