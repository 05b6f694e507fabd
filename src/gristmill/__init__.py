"""Gristmill: Common Crawl in, language-model training shards out, and every record accounted for."""

__version__ = "0.1.0"
