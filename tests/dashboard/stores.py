"""A finished store to show: a small sample crawl, and beside it pages whose text, title and address attack the reader."""

import html
from pathlib import Path

from gristmill.pipelines.graph import Course
from gristmill.pipelines.jobs import run_job
from gristmill.pipelines.ledger import finish_run
from gristmill.pipelines.plan import plan_run
from gristmill.pipelines.running import SerialRunner
from gristmill.samples.sample import write_sample
from gristmill.samples.warc import member, record, record_id

# The pages' own text as a reader sees it: it stands escaped in their HTML, so extraction gives it back as it is here.
ATTACKS = (
    "<script>window.pwned = 'script'</script>",
    "<img src=http://evil.example/pixel.png onerror=\"window.pwned = 'image'\">",
    "<svg onload=\"window.pwned = 'svg'\"><a href='javascript:window.pwned = 1'>click</a>",
    "![pixel](http://evil.example/markdown.png) [click](javascript:window.pwned='link') **bold** $x^2$ :material/home:",
    "</div></mark><iframe src=http://evil.example/frame></iframe><style>@import 'http://evil.example/a.css';</style>",
    "<https://evil.example/auto> \u202eright to left",
)
TITLE = "<img src=http://evil.example/title.png onerror=\"window.pwned = 'title'\">"
HOSTILE_URL = "https://hostile.example/<script>window.pwned='url'</script>![a](http://evil.example/u.png)"
SCRIPT_URL = "javascript:window.pwned='uri'//hostile.example"
MAIL = "jane.miller@mill-museum.org"

# Enough of it that the page is kept, and so searched for personal data.
_PROSE = (
    "The mill stands by the river, below the old bridge, and the miller has worked there for thirty years. In spring "
    "the flood brings grain from every farm of the upper valley. Who built the bridge? Nobody can tell, and that is how "
    f"it should be. Write to {MAIL} if you have a better answer for the people of the town.",
    "A pair of stones grinds the grain. The lower one lies still, and the upper one turns above it at a distance that "
    "the miller feels with his thumb in the flour. When the stones have worn smooth he lifts the upper one with a crane "
    "and cuts new furrows into both, which takes two days and a great deal of patience.",
    "Most of the flour goes to the bakers of the town, who have paid the same price for it since the war. The bran is "
    "fed to the pigs, and whatever falls between the boards belongs to the sparrows. Nothing that comes into the mill "
    "is lost, and at the end of each week the miller writes down what became of all of it.",
)


def make_store(folder: Path) -> Path:
    """Run the default recipe, but for its training step, over the sample and the hostile pages; the store's folder."""
    crawl = folder / "crawl"
    write_sample(crawl, pages=60, seed=7, files=1)
    (crawl / "hostile.warc.gz").write_bytes(_hostile_warc())
    recipe = folder / "shown.toml"
    stages = (
        "fetch",
        "extract",
        "urls",
        "language",
        "heuristics",
        "quality",
        "exact",
        "minhash",
        "pii",
        "encode",
        "shards",
    )
    own = {"heuristics": "gopher_quality.min_alpha_words = 0.5\n"}  # attacks are marks rather than words
    recipe.write_text(
        'description = "What the <b>tests</b> show."\n'
        + "".join(f"[stages.{name}]\n{own.get(name, '')}" for name in stages)
    )
    plan = plan_run(str(recipe), [str(crawl)], str(folder / "store"))
    course = Course(plan, SerialRunner(run_job))
    course.walk()
    finish_run(plan, course.receipts)
    return folder / "store"


def _hostile_warc() -> bytes:
    """Two captures of the same page under two hostile addresses; the second is the newer one."""
    paragraphs = [*_PROSE, *ATTACKS, "The river does not care, and the miller sleeps well when the wheel stands still."]
    body = "".join(f"<p>{html.escape(paragraph)}</p>" for paragraph in paragraphs)
    page = f"<html lang=en><title>{html.escape(TITLE)}</title><body><main><h1>Mill</h1>{body}</main></body></html>"
    block = b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n\r\n" + page.encode()
    members = []
    for day, url in enumerate((HOSTILE_URL, SCRIPT_URL), 1):
        headers = [("WARC-Type", "response"), ("WARC-Record-ID", record_id("hostile", day)), ("WARC-Target-URI", url)]
        headers += [("WARC-Date", f"2026-01-0{day}T00:00:00Z"), ("Content-Type", "application/http; msgtype=response")]
        members.append(member(record(headers, block)))
    return b"".join(members)
