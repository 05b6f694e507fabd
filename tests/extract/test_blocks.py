"""Blocks: what belongs together, what each knows of itself, and that no text of a page is lost or made up."""

from collections import Counter
from html.parser import HTMLParser

import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from resiliparse.parse.html import HTMLTree

from gristmill.extract.elements import HIDDEN, MARK_OF, MARKS, NOSCRIPT
from gristmill.extract.main_text import Parsed
from gristmill.extract.main_text import parse as parse_bytes
from gristmill.extract.writing import BEGIN, BOLD_BYTES, LEAF, LINK_BYTES, LINKS, SOURCE, SOURCE_END, STOP
from tests.paths import shared


def parse(html: bytes) -> Parsed:
    return parse_bytes(np.frombuffer(html, np.uint8))


def texts(page: Parsed) -> list[str]:
    """The blocks' texts."""
    text = page.blocks.text.tobytes()
    return [text[row[BEGIN] : row[STOP]].decode() for row in page.blocks.rows]


def blocks(html: str) -> list[str]:
    return texts(parse(html.encode()))


@pytest.mark.parametrize(
    ("html", "said"),
    [
        ("<p>one <b>two</b>three<p>four", ["one twothree", "four"]),
        ("<p>a\n\t b&nbsp;&nbsp;c</p>", ["a b c"]),
        ("a<br>b<br> <br>c<br/>", ["a\nb", "c"]),
        ("<ul><li>a<li>b<ul><li>c</ul></ul>d", ["a", "b", "c", "d"]),
        ("<table><tr><td>a<td>b<tr><th>c</table>d", ["a", "b", "c", "d"]),
        ("<dl><dt>a<dd>b<dt>c</dl>", ["a", "b", "c"]),
        ("<h1>a<h2>b</h2>c", ["a", "b", "c"]),
        ("<pre>\n  a\n\tb  c\n\n</pre>x", ["  a\n\tb  c", "x"]),
        ("<pre>a<br>b</pre>", ["a\nb"]),
        ("<p>so&shy;ft zero\u200bwidth\ufeff", ["soft zerowidth"]),
        ("a<script>b</script><style>c</style><!-- d --><template>e</template>f", ["af"]),
        ("<select><option>a<option>b</select>c", ["c"]),
        ("<svg><title>a</title><text>b</text></svg>c", ["c"]),
        ("<svg><g/><path d=x><p>out of it", ["out of it"]),
        ("<ruby>漢<rp>(</rp><rt>kan</rt><rp>)</rp></ruby>", ["漢"]),
        ("a <del>b</del> c<wbr>d", ["a cd"]),
        ("<textarea>a</textarea><iframe>b</iframe>c", ["c"]),
        ("</p></div></table>a</body></html>b", ["a", "b"]),
        ("<td>a</td><tr>b", ["a", "b"]),
        ("<p>&lt;b&gt; &amp; &#x41;&notin;", ["<b> & A∉"]),
        ("<xmp><b>a &amp; b</b></xmp>", ["<b>a &amp; b</b>"]),
        ("", []),
        ("<p> \n </p>", []),
    ],
)
def test_what_is_a_block(html: str, said: list[str]) -> None:
    assert blocks(html) == said


@pytest.mark.parametrize(
    ("html", "said"),
    [
        (
            '<span class="katex"><span class="katex-mathml"><math><semantics><mi>x</mi><annotation '
            'encoding="application/x-tex"> x^2 &lt; 3 </annotation></semantics></math></span>'
            '<span class="katex-html" aria-hidden="true">x2</span></span> ok',
            ["$x^2 < 3$ ok"],
        ),
        ('<math alttext="{\\displaystyle E=mc^{2}}" display="block"><mi>E</mi></math>', ["$$E=mc^{2}$$"]),
        ("<math><mi>x</mi><mo>+</mo><mn>1</mn></math> follows", ["$x+1$ follows"]),
        ("<math>no element</math>", ["no element"]),
        ('a <script type="math/tex">b<c</script> d', ["a $b<c$ d"]),
        ('<script type="math/tex; mode=display">a</script>', ["$$a$$"]),
        ('<span class="MathJax_Preview">a</span><script type="math/tex">a</script>', ["$a$"]),
        ('as <img class="latex" alt="\\alpha &gt; 1"> says', ["as $\\alpha > 1$ says"]),
        ('<img class="photo" alt="a cat">x', ["x"]),
        ("raw \\(a_1\\\\b\\) stays", ["raw \\(a_1\\\\b\\) stays"]),
    ],
)
def test_formulas_are_tex_and_stand_once(html: str, said: list[str]) -> None:
    assert blocks(html) == said


@pytest.mark.parametrize(
    ("mathml", "tex"),
    [
        ("<mfrac><mi>a</mi><mi>b</mi></mfrac>", "\\frac{a}{b}"),
        ("<msup><mi>x</mi><mn>2</mn></msup><mo>&#x2062;</mo><msub><mi>y</mi><mi>i</mi></msub>", "x^{2}y_{i}"),
        ("<msup><mrow><mi>a</mi><mo>+</mo><mi>b</mi></mrow><mn>2</mn></msup>", "{a+b}^{2}"),
        ("<msubsup><mi>x</mi><mi>i</mi><mrow><mn>2</mn><mi>n</mi></mrow></msubsup>", "x_{i}^{2n}"),
        ("<msqrt><mi>x</mi><mo>−</mo><mn>1</mn></msqrt><mroot><mi>y</mi><mn>3</mn></mroot>", "\\sqrt{x−1}\\sqrt[3]{y}"),
        (
            "<munderover><mo>∑</mo><mrow><mi>i</mi><mo>=</mo><mn>1</mn></mrow><mi>n</mi></munderover><mi>i</mi>",
            "∑_{i=1}^{n}i",
        ),
        ("<munder><mi>lim</mi><mi>x</mi></munder><mover><mi>v</mi><mo>→</mo></mover>", "lim_{x}\\overset{→}{v}"),
        (
            "<mi>sin</mi><mo>\u2061</mo><mi>x</mi><mtext> if </mtext><mi>x</mi><mo>&lt;</mo><mn>9</mn>",
            "sin x\\text{if}x<9",
        ),
        (
            "<mtable><mtr><mtd><mi>a</mi></mtd><mtd><mi>b</mi></mtd></mtr>\n<mtr><mtd><mi>c</mi></mtd><mtd/></mtr></mtable>",
            "\\begin{matrix}a & b \\\\ c & \\end{matrix}",
        ),
        ("<mfenced><mi>x</mi><mi>y</mi></mfenced>", "(x, y)"),
        ('<mfenced open="{" close=""><mi>x</mi></mfenced><mo>%</mo>', "\\{x\\%"),
        ('<mfenced open="&#x27E8;" close="&rbrace;"><mi>x</mi></mfenced>', "⟨x\\}"),
        ('<mfenced open="⟨⟨⟨⟨" close="&"><mi>x</mi></mfenced>', "⟨⟨x\\&"),
        ("<semantics><mrow><mi>a<mspace/><mn>1</mrow><annotation>x = a</annotation></semantics>", "a 1"),
    ],
)
def test_presentation_mathml_becomes_tex(mathml: str, tex: str) -> None:
    assert blocks(f"<p>so <math>{mathml}</math>.<p><math display=block>{mathml}</math>") == [
        f"so ${tex}$.",
        f"$${tex}$$",
    ]


def test_what_cannot_be_told_as_tex_is_its_characters() -> None:
    assert blocks("<math><mi>a</mi><p>b</math>") == ["a", "b"]
    assert blocks("<math><mmultiscripts><mi>a</mi><mi>b</mi></mmultiscripts></math>") == ["ab"]
    assert blocks("<math>" + "<mtable>" * 100 + "<mi>a</mi></math>b") == ["ab"]
    assert blocks("<math><mi>a</mi>") == ["a"]


def test_line_numbers_are_no_code() -> None:
    html = '<table><tr><td class="gutter"><pre>1\n2</pre><td class="code"><pre>a = 1\n  b = 2</pre></table>'
    assert blocks(html) == ["a = 1\n  b = 2"]


def test_links_bold_and_marks() -> None:
    page = parse(b"<nav hidden><p>ab <a href=x>cd</a> <a href=y>ef</a> <strong>gh</strong></nav><noscript>i</noscript>")
    first, second = page.blocks.rows
    assert (first[LINK_BYTES], first[LINKS], first[BOLD_BYTES]) == (6, 2, 3)  # with the blank before
    marks = page.blocks.elements[first[LEAF], MARKS]
    assert marks & HIDDEN
    assert marks >> MARK_OF["nav"] & 1
    assert page.blocks.elements[second[LEAF], MARKS] & NOSCRIPT
    assert not page.blocks.elements[second[LEAF], MARKS] & HIDDEN


@pytest.mark.parametrize(
    ("attributes", "is_hidden"),
    [
        ("hidden", True),
        ("aria-hidden=true", True),
        ("aria-hidden=false", False),
        ('style="color: red; DISPLAY : none"', True),
        ('style="display:none!important"', True),
        ('style="display:block"', False),
        ('style="visibility:hidden"', True),
    ],
)
def test_what_is_hidden(attributes: str, is_hidden: bool) -> None:
    page = parse(f"<div {attributes}>a</div>".encode())
    assert bool(page.blocks.elements[page.blocks.rows[0, LEAF], MARKS] & HIDDEN) == is_hidden


def test_a_link_ends_with_its_container_and_with_the_next_link() -> None:
    page = parse(b"<div><a href=x>ab</div>cd<p><a href=y>e<a href=z>f</a>g")
    assert [tuple(row[[LINK_BYTES, LINKS]]) for row in page.blocks.rows] == [(2, 1), (0, 0), (2, 2)]


def test_blocks_know_their_bytes() -> None:
    html = "<title>x</title><p> é &amp; <i>b</i>. </p><p>two".encode()
    page = parse(html)
    spans = [html[row[SOURCE] : row[SOURCE_END]].decode() for row in page.blocks.rows]
    assert spans == ["é &amp; <i>b</i>.", "two"]


_TAGS = """
    <p> </p> <div> </div> <b> </b> <a/href=x> </a> <table> <tr> <td> </table> <ul> <li> </ul> <h1> </h1> <br> <span> </span>
    <section> </section> <form> </form> <button> </button> <dl> <dd> <math> </math> <pre> </pre>
"""
TAGS = st.sampled_from(_TAGS.split())
WORDS = st.sampled_from([" alpha ", "beta", " &amp; ", " 水 ", "\n", "gamma&nbsp;delta", "é"])


class Text(HTMLParser):
    """All text of a page but that in SVG."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.text = ""
        self.feed(html)
        self.close()

    def handle_data(self, data: str) -> None:
        self.text += data


@given(st.lists(st.one_of(TAGS, WORDS), max_size=30).map("".join))
def test_no_text_is_lost_or_made_up(html: str) -> None:
    said = "".join("".join(blocks(html)).split())
    assert said == "".join(Text(html).text.split())


_MATHML = "msup msubsup munder mover mroot mfrac msqrt mtext mtable mtr mtd mfenced mrow mi annotation mspace"
MATHML = st.sampled_from(
    [tag for name in _MATHML.split() for tag in (f"<{name}>", f"</{name}>", f"<{name}/>", "α", "β")]
)


@given(st.lists(MATHML, max_size=200).map("".join))
def test_no_letter_of_a_formula_is_lost_or_made_up(mathml: str) -> None:
    html = f"<p>ω<math>{mathml}<mi>γ</mi></math>ω"
    said = "".join(blocks(html))
    assert said.startswith("ω")
    assert said.endswith("ω")
    if "annotation" not in mathml:
        assert sorted(filter("αβγ".__contains__, said)) == sorted(filter("αβγ".__contains__, html))
    assert said.count("$") in (0, 2)


@given(st.lists(st.one_of(TAGS, WORDS), max_size=30).map("".join))
def test_elements_come_after_their_parents(html: str) -> None:
    page = parse(html.encode())
    parents = page.blocks.elements[1:, 0]
    assert all(parent < place for place, parent in enumerate(parents, 1))
    ends = page.blocks.rows[:, [SOURCE, SOURCE_END]].ravel().tolist()
    assert ends == sorted(ends)


def test_real_pages_have_the_words_that_a_parser_finds() -> None:
    table = pq.read_table(shared("extraction", "pages.parquet"), columns=["html"])
    skipped = (
        "script, style, svg, noscript, select, textarea, iframe, template, title, video, audio, math, del, rt, img"
    )
    shares = []
    for page in table["html"][5:400:13]:
        html = page.as_py()
        body = HTMLTree.parse(html.decode("utf-8", "replace")).body
        assert body is not None
        for element in body.query_selector_all(skipped).values():
            element.decompose()
        wanted = Counter("".join((body.text or "").split()))
        found = Counter("".join("".join(texts(parse(html))).split()))
        shares.append((wanted & found).total() / max(1, (wanted | found).total()))
    assert sum(shares) / len(shares) > 0.98
    assert min(shares) > 0.9
