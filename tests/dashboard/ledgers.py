"""A ledger so small that every number in it can be counted by hand.

Twelve records: ten pages, one that is no HTML, one that could not be processed. Of the pages 9 fails `language`, 8 fails
`heuristics` (as 9 would have), 7 repeats 6. So 0 to 6 are kept; they have 100 tokens each.
"""

import duckdb

_PAGES = """
CREATE TABLE pages AS SELECT i,
    unhex(lpad(printf('%x', i + 1), 32, '0')) AS id,
    CASE WHEN i < 6 THEN 'https://www.a.example/Page/' || i ELSE 'http://b.example/' || i END AS url,
    CASE WHEN i < 6 THEN 'a.example' ELSE 'b.example' END AS domain,
    CASE WHEN i < 6 THEN 'en' WHEN i < 9 THEN 'de' ELSE 'und' END AS label,
    CASE WHEN i >= 8 THEN 10 ELSE 100 * (i + 1) END AS words,
    i < 9 AS spoken, i < 8 AS good, i <> 7 AS new
FROM range(10) t(i);
"""

_TABLES = """
CREATE TABLE runs AS SELECT 'abc123' AS id, '/store' AS store, 'tiny' AS recipe, 'A <b>tiny</b> run.' AS description,
    '2026-01-02T03:04:05.000+00:00' AS started, 'f00d' AS root, true AS balanced;
CREATE TABLE stages AS SELECT * FROM (VALUES
    (0, 'fetch', 'k0', 'd', '{}'), (1, 'extract', 'k1', 'd', '{"max_depth": 512}'),
    (2, 'urls', 'k2', 'd', '{"min_soft_words": 2}'),
    (3, 'language', 'k3', 'd', '{"min_score": 0.65}'),
    (4, 'heuristics', 'k4', 'd', '{"gopher_quality": {"min_words": 50.0, "max_words": 100000.0}}'),
    (5, 'minhash', 'k5', 'd', '{"threshold": 0.8}'), (6, 'shards', 'k6', 'd', '{}')) t(position, name, key, digest, params);
CREATE TABLE funnel AS SELECT position, name, unit, came AS "in", kept, rejected, failed,
    1.5 AS seconds, 0 AS bytes_in, 0 AS bytes_out FROM (VALUES
    (0, 'fetch', 'file', 2, 2, 0, 0), (1, 'extract', 'record', 12, 10, 1, 1), (2, 'urls', 'document', 10, 10, 0, 0),
    (3, 'language', 'document', 10, 9, 1, 0), (4, 'heuristics', 'document', 9, 8, 1, 0), (5, 'minhash', 'document', 8, 7, 1, 0),
    (6, 'shards', 'document', 7, 7, 0, 0)) t(position, name, unit, came, kept, rejected, failed);
CREATE TABLE removals AS SELECT * FROM (VALUES
    ('extract', 'extract.not_html', true, 1), ('language', 'language.low_score', true, 1),
    ('heuristics', 'gopher_quality.min_words', true, 1), ('heuristics', 'gopher_quality.min_words', false, 1),
    ('minhash', 'minhash.near_duplicate', true, 1)) t(stage, rule, alive, units);
CREATE TABLE files AS SELECT * FROM (VALUES
    ('one.warc.gz', '', 10, ''), ('two.warc.gz', '', 10, '')) t(address, location, bytes, reason);
"""

_VIEWS = """
CREATE VIEW documents AS SELECT id, url, 'one.warc.gz' AS file, i * 100 AS "offset", 'Title ' || i AS title,
    'Text of page ' || i || repeat('.', 50000) AS text, 'text/html' AS mime, 'utf-8' AS charset, 'en' AS html_lang FROM pages;
CREATE VIEW kept AS SELECT * REPLACE ('Edited ' || text AS text) FROM documents
    SEMI JOIN (SELECT id FROM pages WHERE i < 7) USING (id);
CREATE VIEW shards AS SELECT 0 AS shard, i * 100 AS start, 100 AS length, id FROM pages WHERE i < 7;
CREATE VIEW records AS
    SELECT id, 'one.warc.gz' AS file, i * 100 AS "offset", 100 AS length, 'response' AS type, url AS uri,
        '2026-01-01T00:00:00Z' AS date,
        'kept' AS outcome, []::VARCHAR[] AS rules, '' AS message, {'extract.depth': i + 1} AS signals FROM pages
    UNION ALL SELECT unhex(repeat('aa', 16)), 'two.warc.gz', 0, 100, 'response', 'http://b.example/a.pdf', '', 'rejected',
        ['extract.not_html'], '', NULL
    UNION ALL SELECT unhex(repeat('bb', 16)), 'two.warc.gz', 100, 100, 'response', 'http://b.example/broken', '', 'failed',
        ['DepthError'], 'too deep', NULL;
CREATE VIEW verdicts_urls AS SELECT id, true AS alive, 'kept' AS outcome, []::VARCHAR[] AS rules,
    {'urls.domain': domain, 'urls.allowed': true, 'urls.soft_words': 0} AS signals FROM pages;
CREATE VIEW verdicts_language AS SELECT id, true AS alive, if(spoken, 'kept', 'rejected') AS outcome,
    if(spoken, [], ['language.low_score'])::VARCHAR[] AS rules,
    {'language.label': label, 'language.score': if(spoken, 0.9, 0.1)::DOUBLE} AS signals FROM pages;
CREATE VIEW verdicts_heuristics AS SELECT id, spoken AS alive, if(good, 'kept', 'rejected') AS outcome,
    if(good, [], ['gopher_quality.min_words'])::VARCHAR[] AS rules,
    {'gopher_quality.n_words_judged': words, 'gopher_quality.ratio': words / 1000.0} AS signals FROM pages;
CREATE VIEW verdicts_minhash AS SELECT id, good AS alive,
    CASE WHEN NOT good THEN NULL WHEN new THEN 'kept' ELSE 'rejected' END AS outcome,
    if(new, [], ['minhash.near_duplicate'])::VARCHAR[] AS rules,
    {'minhash.jaccard': if(new, NULL, 0.9)::DOUBLE, 'minhash.cluster_size': if(new, 1, 2)} AS signals FROM pages;
CREATE VIEW verdicts AS SELECT id, 'urls' AS stage, alive, outcome, rules, to_json(signals) AS signals FROM verdicts_urls
    UNION ALL SELECT id, 'language', alive, outcome, rules, to_json(signals) FROM verdicts_language
    UNION ALL SELECT id, 'heuristics', alive, outcome, rules, to_json(signals) FROM verdicts_heuristics
    UNION ALL SELECT id, 'minhash', alive, outcome, rules, to_json(signals) FROM verdicts_minhash WHERE outcome IS NOT NULL;
CREATE VIEW reasons AS SELECT id, stage, alive, unnest(rules) AS rule FROM verdicts;
CREATE VIEW duplicates AS SELECT p.id, 'minhash' AS stage, s.id AS survivor, 0.9::DOUBLE AS jaccard, 2 AS cluster_size
    FROM pages p JOIN pages s ON s.i = 6 WHERE p.i = 7;
"""


def tiny_ledger() -> duckdb.DuckDBPyConnection:
    """A new ledger in memory, with the tables and views of pipelines/ledger.py that the dashboard reads."""
    ledger = duckdb.connect()
    for statements in (_PAGES, _TABLES, _VIEWS):
        ledger.execute(statements)
    return ledger


def page_id(i: int) -> str:
    """The id of page i, hex."""
    return f"{i + 1:032x}"
