"""Where texts name a person: whole words only, for a short customer number stands within many
another. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any

ERASED = "erased"  # stands where somebody was named
_BEFORE, _AFTER = r"(?<![0-9A-Za-z_\-])", r"(?![0-9A-Za-z_\-])"
# what people write between the digits of a telephone number
_APART = " \t\u00a0\u2009\u202f\u3000().-/\u2010\u2011\u2012\u2013\u2014\u2212\uff08\uff09\uff0d"
_MOST_APART = 3
_WIDE = {
    digit: chr(ord(digit) + 0xFEE0) for digit in "0123456789"
}  # as a Chinese keyboard may write them


class Identifiers:
    """All that one person is known by: `words` as they stand, `phones` as digits that may be
    written apart."""

    def __init__(self, words: Collection[str], phones: Collection[str] = ()):
        self.words = frozenset(word for word in words if word)
        self.phones = frozenset(
            digits for phone in phones if (digits := re.sub("[^0-9]", "", phone))
        )
        parts = [re.escape(word) for word in sorted(self.words, key=lambda w: (-len(w), w))]
        parts += [_apart(digits) for digits in sorted(self.phones, key=lambda d: (-len(d), d))]
        self._text = re.compile(f"{_BEFORE}(?:{'|'.join(parts)}){_AFTER}") if parts else None
        self._bytes = [re.compile(pattern) for pattern in self._patterns()]

    def _patterns(self) -> list[bytes]:
        """For files: UTF-8 and what agrees with it on letters, GB18030, UTF-16 both ways, and as
        XML writes them."""
        found = {
            _BEFORE.encode() + re.escape(word.encode()) + _AFTER.encode() for word in self.words
        }
        found |= {
            _BEFORE.encode() + _apart_in_bytes(digits, code) + _AFTER.encode()
            for digits in self.phones
            for code in ("utf-8", "gb18030")
        }
        for word in self.words:
            xml = (
                word.replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace('"', "&quot;")
            )
            if xml != word:
                found.add(_BEFORE.encode() + re.escape(xml.encode()) + _AFTER.encode())
            if not word.isascii():
                found.add(re.escape(word.encode("gb18030")))
        for code in ("utf-16-le", "utf-16-be"):
            found |= {re.escape(word.encode(code)) for word in self.words} | {
                _apart_in_bytes(digits, code) for digits in self.phones
            }
        return sorted(found)

    def endings(self) -> set[str]:
        """The last two digits of each phone, as they may stand in a text: a wide net, for even the
        last four may stand apart."""
        return {
            form
            for phone in self.phones
            for form in (phone[-2:], "".join(_WIDE[digit] for digit in phone[-2:]))
        }

    def named_in(self, text: str) -> bool:
        return self._text is not None and self._text.search(text) is not None

    def named_in_bytes(self, content: Any) -> bool:
        """Of a file's bytes (anything that re searches, a map of a file too), in whatever
        encoding."""
        return any(pattern.search(content) for pattern in self._bytes)

    def without(self, value: Any) -> Any:
        """A text, or a JSON value with its keys and texts, that names nobody any more."""
        if isinstance(value, str):
            return self._text.sub(ERASED, value) if self._text is not None else value
        if isinstance(value, dict):
            return {self.without(key): self.without(each) for key, each in value.items()}
        return [self.without(each) for each in value] if isinstance(value, list) else value


def _apart(digits: str) -> str:
    """A regular expression for these digits, also written wide or with marks and spaces between
    them."""
    return f"[{re.escape(_APART)}]{{0,{_MOST_APART}}}".join(
        f"[{digit}{_WIDE[digit]}]" for digit in digits
    )


def _apart_in_bytes(digits: str, code: str) -> bytes:
    """The same in bytes of an encoding, where a character is several of them."""

    def either(signs: str) -> bytes:
        return b"(?:" + b"|".join(re.escape(sign.encode(code)) for sign in signs) + b")"

    return (either(_APART) + b"{0,%d}" % _MOST_APART).join(
        either(digit + _WIDE[digit]) for digit in digits
    )
