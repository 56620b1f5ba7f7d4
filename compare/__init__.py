"""Drives registries through the same scenarios and judges where they differ; it opens URLs and imports no backend."""
