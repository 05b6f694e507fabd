import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from gristmill.core.documents import ID_BYTES, SCHEMA, document_id, file_prefix

ADDRESS = "crawl-data/CC-MAIN-2026-05/segments/1/warc/CC-MAIN-20260115000000-20260115030000-00000.warc.gz"


def test_an_id_does_not_change() -> None:
    """Pinned: ids are in ledgers, shards and other people's notes."""
    assert file_prefix(ADDRESS).hex() == "dd4aff1fee35bd61"
    found = document_id(ADDRESS, 1234, "urn:uuid:01234567-89ab-cdef-0123-456789abcdef")
    assert found.hex() == "dd4aff1fee35bd61cd11ef41f1bc7971"


@given(st.text(), st.integers(0, 2**62), st.text())
def test_an_id_starts_with_its_file(address: str, offset: int, record: str) -> None:
    found = document_id(address, offset, record)
    assert len(found) == ID_BYTES
    assert found[:8] == file_prefix(address)
    assert found == document_id(address, offset, record)


def test_address_offset_and_record_all_count() -> None:
    ids = {document_id(address, offset, record) for address in "ab" for offset in (1, 12) for record in ("", "2", "x")}
    assert len(ids) == 12


def test_no_column_of_the_documents_may_be_null() -> None:
    assert not any(field.nullable for field in SCHEMA)
    assert SCHEMA.field("id").type == pa.binary(ID_BYTES)
    assert SCHEMA.field("text").type == pa.large_string()
