"""What is wrong with a cell, in the reader's language. The domain says it in English; an unknown sentence is shown as it is."""
from __future__ import annotations


def reason(text: str) -> str:
    return text
