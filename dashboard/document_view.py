"""One document: its text beside everything that was measured and decided about it."""

from collections.abc import Iterator
from typing import Any

import streamlit as st

from gristmill.dashboard import markup, queries, search
from gristmill.dashboard.source import Source
from gristmill.dashboard.thresholds import Threshold, stage_thresholds
from gristmill.pipelines.registry import STAGE_TYPES

_EXTRACTED, _ENCODED = "as extracted", "as encoded"
_SURVIVOR = ".survivor"
_SPANS = "pii.spans"


def render(source: Source, document: str) -> None:
    """Draw a document by its id, hex."""
    told = source.story(document)
    _head(told)
    left, right = st.columns([3, 2], gap="large")
    with left:
        _text(source, told)
    with right:
        _fate(told)
        bounds = _thresholds(source, [stage["name"] for stage in told["stages"]])
        st.html(f'<div class="gm-scroll">{markup.table(("signal", "value", "bound"), _rows(told, bounds))}</div>')


def _head(told: dict[str, Any]) -> None:
    place = told["warc"]
    where = f"{place['file']}, bytes {place['offset']:,} + {place['length']:,}, captured {told['date'] or 'unknown'}"
    left, right = st.columns([5, 1], vertical_alignment="center")
    left.code(told["url"] or "(no URL)", language=None, wrap_lines=True)
    link = markup.web_link(told["url"] or "")
    if link:
        right.link_button("Open the live page", link, type="tertiary")
    st.html(markup.lines([told["id"], where]))


def _text(source: Source, told: dict[str, Any]) -> None:
    if told["tokens"]:
        choice = st.segmented_control(
            "Text",
            [_EXTRACTED, _ENCODED],
            default=_EXTRACTED,
            key="text_kind",
            required=True,
            label_visibility="collapsed",
        )
    else:
        choice = _EXTRACTED
    row = source.ask(search.read_text, told["id"], choice == _ENCODED)
    if row is None:
        st.caption("This record became no document, so it has no text.")
        return
    spans = [] if choice == _ENCODED else _spans(told)
    title = markup.escape(row["title"] or "(no title)")
    st.html(f'<div class="gm-title" dir="auto">{title}</div>{markup.marked_text(row["text"], spans)}')
    shown = len(row["text"])
    more = f"the first {shown:,} of " if shown < row["characters"] else ""
    marks = f"; {len(spans):,} spans of personal data are marked" if spans else ""
    st.caption(f"{more}{row['characters']:,} characters{marks}")


def _spans(told: dict[str, Any]) -> list[dict[str, Any]]:
    """Spans of personal data in the extracted text; they fit it only if no stage edited it before."""
    for stage in told["stages"]:
        if stage["name"] == "pii":
            return list(stage["signals"].get(_SPANS) or [])
        kind = STAGE_TYPES.get(stage["name"])
        if kind is None or kind.edits:
            return []
    return []


def _fate(told: dict[str, Any]) -> None:
    lines = []
    removed = next(
        (stage for stage in told["stages"] if stage["outcome"] != "kept" and not stage.get("judged_beside")), None
    )
    if removed:
        lines.append(f"{removed['outcome'].capitalize()} by {removed['name']}")
        lines += [removed["message"]] if removed.get("message") else []
    for tokens in told["tokens"]:
        lines.append(f"Kept: shard {tokens['shard']}, tokens {tokens['start']:,} + {tokens['length']:,}")
    survivor = told["duplicate_of"]
    if survivor:
        lines.append(f"Repeats {survivor['url']}, Jaccard {survivor['jaccard']:.3f}")
    if told["captures"]:
        lines.append(f"The URL was captured {len(told['captures']) + 1} times")
    st.html(markup.lines(lines))
    others = ([("Read the survivor", survivor["id"])] if survivor else []) + [
        (f"Read capture {i}", capture) for i, capture in enumerate(told["captures"][:3], 1)
    ]
    with st.container(horizontal=True):
        for label, target in others:
            st.button(label, on_click=_read, args=(target,), key=f"read_{target}_{label}", type="tertiary")


def _read(document: str) -> None:
    """Search for one document, whatever was searched for before."""
    st.session_state["find"] = document
    for key in ("find_stage", "find_outcome"):
        st.session_state[key] = "any"


def _thresholds(source: Source, stages: list[str]) -> dict[str, list[Threshold]]:
    params = source.ask(queries.stage_params)
    found: dict[str, list[Threshold]] = {}
    for stage in stages:
        for threshold in stage_thresholds(stage, params.get(stage, "{}")):
            found.setdefault(threshold.signal, []).append(threshold)
    return found


def _rows(told: dict[str, Any], bounds: dict[str, list[Threshold]]) -> Iterator[tuple[str, tuple[object, ...]]]:
    """Rows of the table of verdicts: a line for each stage, below it its signals."""
    for stage in told["stages"]:
        beside = bool(stage.get("judged_beside"))
        yield "stage", (stage["name"], stage["outcome"], "judged beside" if beside else "")
        for rule in stage["rules"]:
            yield "fails", (rule, "failed", "")
        for name, value in stage["signals"].items():
            if name.endswith(_SURVIVOR):
                continue  # told above, with its URL
            own = bounds.get(name, [])
            failing = any(one.rule in stage["rules"] and _number(value) and one.fails(value) for one in own)
            kind = "fails" if failing else "beside" if beside else "signal"
            yield kind, (name, markup.plain(value), ", ".join(_bound(one) for one in own))


def _number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _bound(threshold: Threshold) -> str:
    return f"{'≥' if threshold.side == 'below' else '≤'} {markup.plain(threshold.bound)}"
