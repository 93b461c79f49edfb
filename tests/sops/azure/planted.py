"""Words that must not get out, and finding them in whatever form they got out."""

import base64
import html
import json
from collections.abc import Iterator, Mapping
from urllib.parse import quote, quote_plus


def forms_of(word: str) -> Iterator[bytes]:
    """In clear, and as addresses, JSON, pages, printed objects and base64 write it; in small letters."""
    once = json.dumps(word)[1:-1]
    texts = {
        word, once, json.dumps(word, ensure_ascii=False)[1:-1], json.dumps(once)[1:-1], repr(word)[1:-1],
        quote(word), quote(word, safe=""), quote_plus(word), html.escape(word),
    }  # fmt: skip
    yield from (text.lower().encode() for text in texts)
    yield from (text.lower() for text in _in_base64(word.encode()))


def _in_base64(word: bytes) -> Iterator[bytes]:
    """Where a word stands in the middle, only the letters that no neighbour has a part in are sure."""
    for before in range(3):
        text = base64.b64encode(b"\0" * before + word)
        inner = text[-(-before * 8 // 6) : (before + len(word)) * 8 // 6]
        yield inner
        yield inner.translate(bytes.maketrans(b"+/", b"-_"))


def found_in(data: bytes, words: Mapping[str, str]) -> list[str]:
    """The names of the words that are in there, in whichever form."""
    small = data.lower()
    return sorted(name for name, word in words.items() if any(form in small for form in forms_of(word)))
