"""The same work on several registries, timed side by side: ``discovery-compare bench``; it judges no behaviour.

What is done is data: ``workloads.toml`` (which requests), ``requests.toml`` (how each API writes them), ``goals.toml``
(what is to be reached). ``generator/`` makes load, in processes of its own; ``reports/`` show a run.
"""
