"""The truth table of a sample crawl, `truth.parquet`: one row for each capture, in the order of the files.

`outcome` is what a run with default rules should make of the capture (kept, rejected, failed), `stages` names the
stages one of which should reject or fail it. Both are meant before the choice of languages and the quality classifier,
which depend on the recipe. Of a group of duplicates exactly one member survives, not always the original.
"""

import pyarrow as pa

_SPAN = pa.struct(
    [
        pa.field("kind", pa.string(), nullable=False),  # EMAIL, PHONE, IPV4, IPV6, CREDIT_CARD, IBAN
        pa.field("value", pa.string(), nullable=False),
        pa.field("start", pa.int32(), nullable=False),  # in main_text, code points
        pa.field("end", pa.int32(), nullable=False),  # exclusive
    ]
)

SCHEMA = pa.schema(
    [
        pa.field("index", pa.int64(), nullable=False),  # number of the page in the sample
        pa.field("file", pa.string(), nullable=False),  # path of the WARC below the sample's folder
        pa.field("offset", pa.int64(), nullable=False),  # of the response record, in stored bytes
        pa.field("length", pa.int64(), nullable=False),  # stored bytes of the response record
        pa.field("uri", pa.string(), nullable=False),
        pa.field("date", pa.string(), nullable=False),  # WARC-Date
        pa.field("record_id", pa.string(), nullable=False),  # without brackets
        pa.field("kind", pa.string(), nullable=False),  # news, forum, reference, blog, shop, recipe, docs, mail
        pa.field("language", pa.string(), nullable=False),
        pa.field("plant", pa.string(), nullable=False),  # "normal" or what was planted, see plan.py
        pa.field("outcome", pa.string(), nullable=False),
        pa.field("stages", pa.list_(pa.string()), nullable=False),
        pa.field("status", pa.int16(), nullable=False),  # HTTP
        pa.field("mime", pa.string(), nullable=False),
        pa.field("charset", pa.string(), nullable=False),  # label of the charset the bytes are in
        pa.field("charset_source", pa.string(), nullable=False),  # what tells it: header, meta, bom, none
        pa.field("truncated", pa.string(), nullable=False),  # WARC-Truncated or ""
        pa.field("payload_digest", pa.string(), nullable=False),  # of the body before any damage
        pa.field("duplicate_group", pa.int64()),  # index of the group's original; null for a page without duplicates
        pa.field("duplicate_kind", pa.string()),  # exact or near; null for the original
        pa.field("jaccard", pa.float64()),  # to the original: word 5-grams of main_text, lower case
        pa.field("pii", pa.list_(_SPAN), nullable=False),
        pa.field("benchmark", pa.string()),  # id of the question planted
        pa.field("optout", pa.string()),  # the declaration, "header tdm-reservation: 1"
        pa.field("damage", pa.string()),  # flip, cut, length, garbage, tail
        pa.field("damage_offset", pa.int64()),  # the damaged range of the file, in stored bytes
        pa.field("damage_length", pa.int64()),
        pa.field("main_text", pa.string(), nullable=False),  # as composed; "" where there is none
    ]
)

KEPT, REJECTED, FAILED = "kept", "rejected", "failed"
_LOW_QUALITY = ("language", "heuristics", "quality")

_FATES: dict[str, tuple[str, tuple[str, ...]]] = {
    "exact-mirror": (REJECTED, ("exact",)),
    "exact-recapture": (REJECTED, ("exact",)),
    "near-95": (REJECTED, ("minhash",)),
    "near-90": (REJECTED, ("minhash",)),
    "near-85": (REJECTED, ("minhash",)),
    "stuffing": (REJECTED, ("heuristics",)),
    "salad": (REJECTED, ("heuristics",)),
    "links": (REJECTED, ("extract", "heuristics")),
    "lorem": (REJECTED, _LOW_QUALITY),
    "short": (REJECTED, ("heuristics",)),
    "repeated": (REJECTED, ("heuristics",)),
    "blocked": (REJECTED, ("urls",)),
    "optout-meta": (REJECTED, ("urls",)),
    "optout-header": (REJECTED, ("urls",)),
    "optout-tdm": (REJECTED, ("urls",)),
    "pdf": (REJECTED, ("extract",)),
    "json": (REJECTED, ("extract",)),
    "image": (REJECTED, ("extract",)),
    "status-404": (REJECTED, ("extract",)),
    "status-301": (REJECTED, ("extract",)),
    "empty": (REJECTED, ("extract",)),
    "broken-flip": (FAILED, ("extract",)),
    "broken-cut": (FAILED, ("extract",)),
    "broken-length": (FAILED, ("extract",)),
    "broken-tail": (FAILED, ("extract",)),
}


def fate(plant: str) -> tuple[str, tuple[str, ...]]:
    """Expected outcome of a plant and the stages that may bring it about; what is not listed is kept."""
    return _FATES.get(plant, (KEPT, ()))


def locate(main_text: str, spans: tuple[tuple[str, str], ...]) -> list[dict[str, object]]:
    """Where each value stands in the main text; the values are in its order, or nearly so."""
    found = []
    for kind, value in spans:
        start = main_text.index(value)
        found.append({"kind": kind, "value": value, "start": start, "end": start + len(value)})
    return found
