"""A certificate chain made on the spot: a root, and a certificate of its own for signing content credentials."""

import datetime as dt
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

ROOT, LEAF = "Example root", "Example studio"


@cache
def chain(days: int = 30) -> tuple[bytes, bytes, bytes]:
    """(chain, key, root) in PEM; the leaf ran out yesterday where `days` is negative."""
    start = dt.datetime.now(dt.UTC) - dt.timedelta(days=60)
    end = dt.datetime.now(dt.UTC) + dt.timedelta(days=days)
    root_key, leaf_key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    root = _made(ROOT, root_key.public_key(), root_key, start, end, ca=True)
    leaf = _made(LEAF, leaf_key.public_key(), root_key, start, end, ca=False)
    key = leaf_key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )  # fmt: skip
    pem = [one.public_bytes(serialization.Encoding.PEM) for one in (leaf, root)]
    return pem[0] + pem[1], key, pem[1]


def _named(common):
    return x509.Name(
        [x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Example"), x509.NameAttribute(NameOID.COMMON_NAME, common)]
    )


def _made(common, public, root_key, start, end, *, ca):
    usage = {name: False for name in (
        "content_commitment", "key_encipherment", "data_encipherment", "key_agreement", "encipher_only", "decipher_only")}  # fmt: skip
    builder = (
        x509.CertificateBuilder().subject_name(_named(common)).issuer_name(_named(ROOT)).public_key(public)
        .serial_number(x509.random_serial_number()).not_valid_before(start).not_valid_after(end)
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        .add_extension(x509.KeyUsage(digital_signature=not ca, key_cert_sign=ca, crl_sign=ca, **usage), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(root_key.public_key()), critical=False)
    )  # fmt: skip
    if not ca:
        builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION]), critical=True)
    return builder.sign(root_key, hashes.SHA256())
