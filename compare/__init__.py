"""Drives registries through the same scenarios, or requests, and judges where they differ; it imports no backend."""
