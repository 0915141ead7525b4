"""Where texts name a person: whole words only, for a short customer number stands within many another. Pure."""
from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any

ERASED = "erased"  # stands where somebody was named
_BEFORE, _AFTER = r"(?<![0-9A-Za-z_\-])", r"(?![0-9A-Za-z_\-])"
_BETWEEN = r"[\s().\-]{0,3}"  # how people write telephone numbers


class Identifiers:
    """All that one person is known by: `words` as they stand, `phones` as digits that may be written apart."""

    def __init__(self, words: Collection[str], phones: Collection[str] = ()):
        self.words = frozenset(word for word in words if word)
        self.phones = frozenset(digits for phone in phones if (digits := re.sub("[^0-9]", "", phone)))
        parts = [re.escape(word) for word in sorted(self.words, key=lambda w: (-len(w), w))]
        parts += [_BETWEEN.join(digits) for digits in sorted(self.phones)]
        self._text = re.compile(f"{_BEFORE}(?:{'|'.join(parts)}){_AFTER}") if parts else None
        self._bytes = [re.compile(pattern) for pattern in self._patterns()] if parts else []

    def _patterns(self) -> list[bytes]:
        """For files: UTF-8 and what agrees with it on letters, GB18030, UTF-16 both ways, and as XML writes them."""
        found = set() if self._text is None else {self._text.pattern.encode()}
        for word in self.words:
            xml = word.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")
            if xml != word:
                found.add(_BEFORE.encode() + re.escape(xml.encode()) + _AFTER.encode())
            if not word.isascii():
                found.add(re.escape(word.encode("gb18030")))
        found |= {re.escape(text.encode(code)) for text in (*self.words, *self.phones) for code in ("utf-16-le", "utf-16-be")}
        return sorted(found)

    def named_in(self, text: str) -> bool:
        return self._text is not None and self._text.search(text) is not None

    def named_in_bytes(self, content: Any) -> bool:
        """Of a file's bytes (anything that re searches, a map of a file too), in whatever encoding."""
        return any(pattern.search(content) for pattern in self._bytes)

    def without(self, value: Any) -> Any:
        """A text, or a JSON value with its keys and texts, that names nobody any more."""
        if isinstance(value, str):
            return self._text.sub(ERASED, value) if self._text is not None else value
        if isinstance(value, dict):
            return {self.without(key): self.without(each) for key, each in value.items()}
        return [self.without(each) for each in value] if isinstance(value, list) else value
