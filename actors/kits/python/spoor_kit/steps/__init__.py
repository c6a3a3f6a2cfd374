"""Enrichment steps that come with the kit."""
