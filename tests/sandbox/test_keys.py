"""The files of the token issuers' signing keys."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from sandbox.keys import SigningKey


def test_a_key_is_made_once_and_kept(tmp_path: Path) -> None:
    file = tmp_path / "key.pem"
    made = SigningKey(file)
    assert SigningKey(file).key_id == made.key_id
    assert file.stat().st_mode & 0o077 == 0


def _pem(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey, password: bytes | None) -> bytes:
    encryption = serialization.BestAvailableEncryption(password) if password else None
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        encryption or serialization.NoEncryption(),
    )


_RSA = rsa.generate_private_key(65537, 2048)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no key",
        b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
        _pem(_RSA, None)[:-200],
        _pem(_RSA, b"canary-password"),
        _pem(ec.generate_private_key(ec.SECP256R1()), None),
    ],
    ids=["empty", "text", "no DER", "cut off", "encrypted", "elliptic"],
)
def test_a_damaged_file_is_named_with_its_remedy(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "key.pem"
    file.write_bytes(content)
    with pytest.raises(ValueError, match=r"key\.pem holds no .*python -m sandbox reset") as refused:
        SigningKey(file)
    assert str(file) in str(refused.value)
    assert file.read_bytes() == content
