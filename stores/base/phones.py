"""Telephone numbers at rest: a keyed hash to find them by, a cipher to read them with permission
(P3).

One number has one form, E.164, with the brand's country where none is written. Rows of before may
stand under the hash of another form of theirs (of a Chinese number the eleven digits, or 86 and
these); they are looked up under each of those, so nothing need be rewritten and one number stays
one person."""

from __future__ import annotations

import re

from stores.base import brand, sealing
from stores.base.calling_codes import e164, parts, trunk_of


def normalised(number: str) -> str:
    """E.164; what is no number is left as it is."""
    return e164(number, brand.country()) or number.strip()


def keyed_hash(number: str) -> str:
    """HMAC-SHA256 (hex) of the normalised number under a key of its own purpose."""
    return _hash(normalised(number))


def hashes(number: str) -> tuple[str, ...]:
    """What the number may stand under: the hash it is stored under now, then those of former
    forms."""
    return tuple(_hash(form) for form in _forms(normalised(number)))


def seal(number: str) -> bytes:
    """The number as it is kept: AES-256-GCM under the data key, nonce before cipher (P3)."""
    return sealing.seal(b"phone cipher", normalised(number))


def reveal(cipher: bytes) -> str:
    """The normalised number. Raises cryptography's InvalidTag for another key or a changed
    cipher."""
    return normalised(sealing.opened(b"phone cipher", cipher))


def ways_of_writing(number: str) -> set[str]:
    """The digits under which one may read a normalised number somewhere: with its country's code,
    after 00 or 011, as it is dialled at home, and +44 (0)20."""
    found = parts(number)
    if found is None:
        return {number}
    code, national = found
    trunk = trunk_of(code)
    return {
        code + national,
        f"00{code}{national}",
        f"011{code}{national}",
        national,
        trunk + national,
        code + trunk + national,
        f"00{code}{trunk}{national}",
    }


def masked(number: str) -> str:
    """A number as pages show it, the middle hidden: 138****0001 (P3)."""
    return number[:3] + "****" + number[-4:] if len(number) > 7 else "****" + number[-2:]


def _hash(form: str) -> str:
    return sealing.keyed_hash(b"phone hash", form)


def _forms(number: str) -> list[str]:
    found = parts(number)
    if found is None:
        return [number]
    code, national = found
    forms = [number, code + national, national, trunk_of(code) + national]
    if re.fullmatch(r"\+861[3-9][0-9]{9}", number):
        forms.append(national + "0")  # a spreadsheet's 13800138000.0 was read as twelve digits
    return list(dict.fromkeys(forms))
