from gristmill.dashboard import queries
from tests.dashboard.ledgers import page_id, tiny_ledger


def test_run_facts_count_files_documents_and_tokens() -> None:
    facts = queries.run_facts(tiny_ledger())
    sizes = [facts[name] for name in ("files", "records", "documents", "kept", "tokens")]
    assert sizes == [2, 12, 10, 7, 700]
    assert (facts["recipe"], facts["root"], facts["balanced"]) == ("tiny", "f00d", True)


def test_funnel_is_in_the_order_of_the_flow() -> None:
    rows = queries.funnel(tiny_ledger())
    assert [row["name"] for row in rows] == ["fetch", "extract", "urls", "language", "heuristics", "minhash", "shards"]
    assert all(row["in"] == row["kept"] + row["rejected"] + row["failed"] for row in rows)


def test_removals_tell_alive_from_beside() -> None:
    rows = {row["rule"]: (row["alive"], row["beside"], row["unit"]) for row in queries.removals(tiny_ledger())}
    assert rows["gopher_quality.min_words"] == (1, 1, "document")
    assert rows["extract.not_html"] == (1, 0, "record")
    assert len(rows) == 4


def test_stages_with_verdicts_are_those_with_a_view() -> None:
    assert queries.judged_stages(tiny_ledger()) == ["urls", "language", "heuristics", "minhash"]
    assert queries.stage_params(tiny_ledger())["minhash"] == '{"threshold": 0.8}'


def test_languages_count_what_reached_the_shards() -> None:
    rows = [(row["name"], row["total"], row["kept"], row["removed"]) for row in queries.languages(tiny_ledger())]
    assert rows == [("en", 6, 6, 0), ("de", 3, 1, 2), ("und", 1, 0, 1)]
    assert len(queries.languages(tiny_ledger(), limit=1)) == 1


def test_domains_are_sorted_as_asked() -> None:
    assert [row["name"] for row in queries.domains(tiny_ledger(), "kept")] == ["a.example", "b.example"]
    first = queries.domains(tiny_ledger(), "removed", limit=1)
    assert first == [{"name": "b.example", "total": 4, "kept": 1, "removed": 3}]


def test_without_their_stages_domains_are_hosts_and_languages_none() -> None:
    ledger = tiny_ledger()
    ledger.execute("DROP VIEW verdicts_urls; DROP VIEW verdicts_language")
    assert [row["name"] for row in queries.domains(ledger)] == ["www.a.example", "b.example"]
    assert queries.languages(ledger) == []


def test_clusters_and_jaccards() -> None:
    ledger = tiny_ledger()
    assert queries.cluster_sizes(ledger) == [{"stage": "minhash", "cluster_size": 2, "clusters": 1, "removed": 1}]
    (cluster,) = queries.largest_clusters(ledger)
    assert (cluster["id"], cluster["url"], cluster["removed"]) == (page_id(6), "http://b.example/6", 1)
    (bin_,) = queries.near_duplicates(ledger)
    assert bin_["start"] <= 0.9 < bin_["end"] and bin_["documents"] == 1


def test_a_run_without_duplicates_has_none() -> None:
    ledger = tiny_ledger()
    ledger.execute("CREATE TABLE none AS FROM duplicates LIMIT 0; CREATE OR REPLACE VIEW duplicates AS FROM none")
    assert queries.cluster_sizes(ledger) == queries.largest_clusters(ledger) == queries.near_duplicates(ledger) == []
