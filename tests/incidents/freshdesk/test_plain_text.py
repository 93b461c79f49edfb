"""The text of a note over there: every word, no markup, and in no more time than its length is worth."""

from time import perf_counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from incidents.freshdesk.plain_text import own_words, plain_text


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<div>One<br>two <b>three</b></div><p>four</p>", "One\ntwo three\nfour"),
        ("<ul><li>a</li><li>b</ul>", "• a\n• b"),
        ("<table><tr><td>1</td><td>2</td></tr></table>", "1 2"),
        ("a<blockquote>b<p>c</p></blockquote>d", "a\n> b\n> c\nd"),
        ("<pre>a\n  b</pre>c\nd", "a\nb\nc d"),
        ("<script>x()</script><style>y</style><!-- z -->kept<title>t</title>", "kept"),
        ("5 &lt; 6 &amp; 7&nbsp;&gt; 2", "5 < 6 & 7 > 2"),
        ("1 < 2 and 3 > 2", "1 < 2 and 3 > 2"),
        ("99<b>9</b>012<i></i>3456", "9990123456"),
        ("<script>never closed", "never closed"),
        ("<!-- never closed", "<!-- never closed"),
        ("a\0b\u202ec\ud800d", "abcd"),
        ("&#" + "9" * 5000 + ";z", "z"),
        ("<p></p><p></p><p></p>a<p></p><p></p><p></p><p></p>b", "a\nb"),
        ("<div>a</div><div><br></div><div>b<br><br><br><br>c</div>", "a\n\nb\n\nc"),
        ("\u0130<SCRIPT>x</SCRIPT>y", "\u0130y"),
        ("", ""),
    ],
)
def test_what_a_reader_would_see(html: str, text: str) -> None:
    assert plain_text(html) == text


def test_quoted_lines_are_nobodys_own_words() -> None:
    assert own_words(plain_text("new<blockquote>old #ooh</blockquote>newer")) == "new\nnewer"


@pytest.mark.parametrize(
    "piece",
    ["<!--", "<", "<a ", "<![CDATA[", "<div>", "&", "<blockquote>", "<a b='", "</", "<!", "<?", "<script>",
     "<style></style", "<title></title>", "<script></style><style></script>", "&#x" + "f" * 50],
)  # fmt: skip
def test_a_hostile_note_takes_no_longer_than_its_length_is_worth(piece: str) -> None:
    html = piece * (200_000 // len(piece))
    begun = perf_counter()
    plain_text(html)
    assert perf_counter() - begun < 2  # the standard library's parser took from 16 to 285 seconds


@given(st.text(alphabet="<>/!-&#;\"' \nabdivscriptyle0\0\ud800\u202e", max_size=80))
@settings(max_examples=200, deadline=None, derandomize=True, database=None)
def test_any_text_becomes_one_that_a_database_takes(html: str) -> None:
    text = plain_text(html)
    text.encode()
    assert "\0" not in text
