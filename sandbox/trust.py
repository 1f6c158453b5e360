"""What clients trust and sign in with: a CA, a certificate for localhost, credentials."""

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from os import O_CREAT, O_TRUNC, O_WRONLY
from os import open as open_file
from pathlib import Path
from typing import Final
from uuid import uuid4

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from sandbox.state import State

_LIFE: Final = timedelta(days=825)
_SPARE: Final = timedelta(days=7)
_USERNAME: Final = "integration@sandbox.example"


@dataclass(frozen=True, slots=True)
class Tls:
    """Where the files lie: clients trust `ca`, the server uses the other two."""

    ca: Path
    certificate: Path
    key: Path


def certificate(folder: Path) -> Tls:
    """The folder's files, made when they are missing or run out within a week."""
    files = Tls(folder / "ca.pem", folder / "localhost.pem", folder / "localhost-key.pem")
    if not _usable(files):
        folder.mkdir(parents=True, exist_ok=True)
        _make(files)
    return files


def write_private(path: Path, content: bytes) -> None:
    """Write a file only its owner can read; whoever looks sees it whole or not at all."""
    draft = path.with_name(f".{path.name}.draft")
    draft.unlink(missing_ok=True)
    with open(open_file(draft, O_WRONLY | O_CREAT | O_TRUNC, 0o600), "wb") as file:  # noqa: PTH123
        file.write(content)
    draft.replace(path)


def _usable(files: Tls) -> bool:
    if not all(path.exists() for path in (files.ca, files.certificate, files.key)):
        return False
    found = x509.load_pem_x509_certificate(files.certificate.read_bytes())
    return found.not_valid_after_utc > datetime.now(UTC) + _SPARE


def _make(files: Tls) -> None:
    ca_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    ca_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Tasuki sandbox CA")])
    ca = (
        _started(ca_name, ca_name, ca_key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs=True), critical=True)
        .sign(ca_key, SHA256())
    )
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    hosts = [x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1"))]
    leaf = (
        _started(name, ca_name, key.public_key())
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName(hosts), critical=False)
        .add_extension(_usage(signs=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(ca_key.public_key()), critical=False
        )
        .sign(ca_key, SHA256())
    )
    files.ca.write_bytes(ca.public_bytes(Encoding.PEM))
    files.certificate.write_bytes(leaf.public_bytes(Encoding.PEM))
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    write_private(files.key, private)


def _started(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + _LIFE)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _usage(*, signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs,
        key_cert_sign=signs,
        crl_sign=signs,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a person would copy from the two platforms' setup pages."""

    client_id: str
    client_secret: str
    hubspot_token: str
    hubspot_client_id: str
    hubspot_client_secret: str
    hubspot_developer_key: str
    salesforce_username: str
    salesforce_password: str
    security_token: str
    refresh_token: str


def credentials(state: State) -> Credentials:
    """The credentials of this world, made at the first call."""
    with state.transaction():
        return Credentials(
            client_id=_kept(state, "client_id", "3MVG9." + secrets.token_hex(24)),
            client_secret=_kept(state, "client_secret", secrets.token_hex(32).upper()),
            hubspot_token=_kept(state, "hubspot_token", f"pat-na1-{secrets.token_hex(20)}"),
            hubspot_client_id=_kept(state, "hubspot_client_id", str(uuid4())),
            hubspot_client_secret=_kept(state, "hubspot_client_secret", str(uuid4())),
            hubspot_developer_key=_kept(state, "hubspot_developer_key", f"na1-{uuid4()}"),
            salesforce_username=_kept(state, "salesforce_username", _USERNAME),
            salesforce_password=_kept(state, "salesforce_password", secrets.token_urlsafe(12)),
            security_token=_kept(state, "security_token", secrets.token_hex(12)),
            refresh_token=_kept(state, "refresh_token", "5Aep861" + secrets.token_hex(32)),
        )


def signing_key(state: State, folder: Path) -> Path:
    """The private key of the Salesforce app's JWT flow; its public half is registered."""
    path = folder / "salesforce-jwt-key.pem"
    if not path.exists():
        key = rsa.generate_private_key(65_537, 2_048)
        public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        state.set_setting("jwt_public_key", public.decode())
        private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        write_private(path, private)
    return path


def _kept(state: State, name: str, fresh: str) -> str:
    found = state.setting(name)
    if found is None:
        state.set_setting(name, fresh)
    return found or fresh
