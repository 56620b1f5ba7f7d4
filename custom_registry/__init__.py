"""A service registry of our own: a pure core, a live registry around it, and HTTP over that, natively and as Consul."""
