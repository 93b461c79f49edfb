"""The plain text of a note over there, which is HTML that anybody may have written. No markup survives.

A scanner of our own: the standard library's parser takes minutes for a hostile note, and this one takes as
long as the note is.
"""

import re
import unicodedata
from collections.abc import Iterator
from html import unescape

LONGEST = 200_000  # characters of HTML that are looked at
QUOTE = "> "
BREAK = "\x01"  # where a block begins or ends; however many stand together, it is one new line
_BLOCKS = frozenset((
    "address", "article", "aside", "blockquote", "br", "dd", "div", "dl", "dt", "fieldset", "figure",
    "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li", "main", "nav", "ol", "p",
    "pre", "section", "table", "tr", "ul",
))  # fmt: skip
_UNSEEN = re.compile(r"<(!--|(?:head|noscript|script|style|template|title)(?![a-z0-9]))")
_LOWER = {upper: upper + 32 for upper in range(ord("A"), ord("Z") + 1)}  # `lower()` would move what follows
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]{0,20})(?![a-zA-Z0-9])[^<>]*>|<[!?][^<>]*>")
_ENDLESS = re.compile(r"&#x?[0-9a-fA-F]{8,};?")  # no character's number, and Python refuses to read it
_BLANKS = re.compile(r"[^\S\n]+")
_BREAKS = re.compile(f"(?:{BREAK}(?:{QUOTE})?[^\\S\\n]*)+({BREAK}(?:{QUOTE})?)")
_EMPTY_LINES = re.compile(r"\n{3,}")
_TURNS = frozenset(("LRE", "RLE", "PDF", "LRO", "RLO", "LRI", "RLI", "FSI", "PDI"))


def plain_text(html: str) -> str:
    """What a reader would see, line by line. Quoted lines begin with `> `, list items with `• `.

    Characters that no screen shows, or that turn the direction of writing, are left out.
    """
    text = "".join(_pieces(html[:LONGEST].replace(BREAK, "")))
    text = _BREAKS.sub(r"\1", text).replace(BREAK, "\n")
    return tidy(unescape(_ENDLESS.sub("", text)))


def tidy(text: str) -> str:
    """A text that is plain already, in the same form."""
    lines = (_BLANKS.sub(" ", line).strip() for line in _shown(text[:LONGEST]).split("\n"))
    return _EMPTY_LINES.sub("\n\n", "\n".join(line for line in lines if line != QUOTE.strip())).strip()


def own_words(text: str) -> str:
    """A plain text without the lines that it quotes."""
    return "\n".join(line for line in text.split("\n") if not line.startswith(QUOTE))


def _pieces(html: str) -> Iterator[str]:
    """The text between the tags, and what a tag stands for: a new line, a mark of quoting, a bullet."""
    quoted = preformatted = 0
    for between, tag, is_end in _tags(html):
        yield between if preformatted else between.replace("\n", " ")
        step = -1 if is_end else 1
        if tag == "blockquote":
            quoted = max(0, quoted + step)
        elif tag == "pre":
            preformatted = max(0, preformatted + step)
        if tag in _BLOCKS:
            yield ("\n" if tag == "br" else BREAK) + (QUOTE if quoted else "")
        if tag == "li" and not is_end:
            yield "• "
        elif tag in ("td", "th"):
            yield " "


def _tags(html: str) -> Iterator[tuple[str, str, bool]]:
    """The text before each tag, the tag's name where it has one, and whether it ends; last what is left."""
    low, at, endless = html.translate(_LOWER), 0, set[str]()
    while (start := html.find("<", at)) >= 0:
        after, tag = _after_unseen(low, start, endless), _TAG.match(html, start)
        if after:
            yield html[at:start], "", False
        elif tag:
            yield html[at:start], (tag[2] or "").lower(), tag[1] == "/"
        else:
            yield html[at : start + 1], "", False  # somebody’s “less than”
        at = after or (tag.end() if tag else start + 1)
    yield html[at:], "", False


def _after_unseen(low: str, start: int, endless: set[str]) -> int:
    """Where a comment or an element that is not shown ends; 0 where none begins, or where it never ends.

    `endless` remembers what never ends, so that it is looked for once.
    """
    begun = _UNSEEN.match(low, start)
    if begun is None or begun[1] in endless:
        return 0
    end = low.find("-->" if begun[1] == "!--" else f"</{begun[1]}", begun.end())
    if end < 0:
        endless.add(begun[1])
        return 0
    return low.find(">", end) + 1


def _shown(text: str) -> str:
    """Without controls, surrogates and marks of direction; databases refuse some of them."""
    return "".join(char for char in text if char in "\n\t" or _is_shown(char))


def _is_shown(char: str) -> bool:
    is_hidden = unicodedata.category(char) in ("Cc", "Cs", "Co")
    return not is_hidden and unicodedata.bidirectional(char) not in _TURNS
