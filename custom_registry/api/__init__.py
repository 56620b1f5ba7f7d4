"""HTTP over the registry: what is said on the wire, and nothing about how it is served."""
