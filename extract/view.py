"""A page's blocks as a page for people: what was kept, what was not, how sure the classifier was, and where it came from.

Pages are untrusted: their text is escaped, there is no script, nothing remote is loaded, and no link is live.
"""

from html import escape

from gristmill.extract.page import Page

_STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 60rem; padding: 0 1rem; color: #1b1b1b }
div { border-left: .4rem solid; margin: .3rem 0; padding: .2rem .7rem; white-space: pre-wrap; overflow-wrap: anywhere }
.kept { border-color: #2b7a4b; background: #e9f5ee }
.gone { border-color: #b5533c; background: #fbefec; color: #6b4a42 }
small { color: #666; display: block; font-family: ui-monospace, monospace }
"""
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"


def blocks_page(page: Page, name: str) -> str:
    """HTML that shows a page's blocks coloured by decision.

    Args:
        page: a page read with the engine `gristmill`.
        name: where it came from, for the heading.
    """
    kept = sum(block.kept for block in page.blocks)
    sure = "" if page.confidence is None else f" · expected word F1 {page.confidence:.2f}"
    lines = [
        "<!doctype html>",
        f'<html lang="en"><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="{_POLICY}">',
        f"<title>{escape(page.title or name)}</title><style>{_STYLE}</style></head><body>",
        f"<h1>{escape(page.title or name)}</h1>",
        f"<p>{escape(name)}<br>{kept} of {len(page.blocks)} blocks kept · {escape(page.page_type)}{sure}</p>",
    ]
    for block in page.blocks:
        why = f"<br>{escape(', '.join(block.reasons))}" if block.reasons else ""
        told = f"&lt;{escape(block.tag)}&gt; · P {block.probability:.2f} · bytes {block.begin:,}-{block.end:,}"
        lines.append(
            f'<div class="{"kept" if block.kept else "gone"}" dir="auto"><small>{told}{why}</small>{escape(block.text)}</div>'
        )
    lines.append("</body></html>")
    return "\n".join(lines) + "\n"
