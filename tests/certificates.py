"""A private authority and what it signs, made anew for each run."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from pathlib import Path

import trustme
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

__all__ = ["Certificates", "make_certificates"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificates:
    """A server's certificate and two authorities.

    Attributes:
        ca_file: PEM file of the authority that signed the server's certificate.
        other_ca_file: PEM file of an authority that signed nothing.
        server: What a server for 127.0.0.1 and localhost needs.
        server_file: PEM file of the same server's key (PKCS 8) and certificate.
        other_host: What a server for another host needs, signed by the same.
        mutual: What a server needs that asks for a certificate of the client.
        client_file: PEM file of a client's certificate.
        client_key_file: PEM file of its key.
    """

    ca_file: str
    other_ca_file: str
    server: ssl.SSLContext
    server_file: str
    other_host: ssl.SSLContext
    mutual: ssl.SSLContext
    client_file: str
    client_key_file: str


def make_certificates(folder: Path) -> Certificates:
    """Write both authorities into `folder` and return them with the server's."""
    authority = trustme.CA()
    ca_file = folder / "ca.pem"
    other_ca_file = folder / "other-ca.pem"
    authority.cert_pem.write_to_path(ca_file)
    trustme.CA().cert_pem.write_to_path(other_ca_file)
    names = "127.0.0.1", "localhost"
    server = authority.issue_cert(*names)
    server_file = folder / "server.pem"
    server_file.write_bytes(
        pkcs8(server.private_key_pem.bytes())
        + b"".join(blob.bytes() for blob in server.cert_chain_pems)
    )
    client = authority.issue_cert("client@example.com")
    client_file, client_key_file = folder / "client.pem", folder / "client-key.pem"
    client_file.write_bytes(b"".join(blob.bytes() for blob in client.cert_chain_pems))
    client.private_key_pem.write_to_path(client_key_file)
    mutual = _server(authority, *names)
    mutual.verify_mode = ssl.CERT_REQUIRED
    mutual.load_verify_locations(ca_file)
    return Certificates(
        ca_file=str(ca_file),
        other_ca_file=str(other_ca_file),
        server=_server(authority, *names),
        server_file=str(server_file),
        other_host=_server(authority, "other.example.com"),
        mutual=mutual,
        client_file=str(client_file),
        client_key_file=str(client_key_file),
    )


def pkcs8(key: bytes) -> bytes:
    """Return a PEM key in the one form that Java reads."""
    return load_pem_private_key(key, password=None).private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
    )


def _server(authority: trustme.CA, *names: str) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert(*names).configure_cert(context)
    return context
