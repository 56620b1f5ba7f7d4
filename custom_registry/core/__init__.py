"""The pure core: a command and ``now`` go in, a change comes out. It knows no HTTP, thread, clock or file."""
