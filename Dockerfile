# Two images out of one file, for any builder; docker-compose.yml says how they are run together.
#   docker build -t service-registry .                 the registry; the adapter for Consul and the examples are in it too
#   docker build --target compare -t service-compare . the comparison, which starts the registries that it compares itself
# The version stands in custom_registry/release.py only. Whoever wants it in the image's label says it; any other ends the build:
#   docker build --build-arg VERSION="$(sed -n 's/^VERSION.* = "\(.*\)"/\1/p' custom_registry/release.py)" -t service-registry .
ARG PYTHON=3.11

FROM python:${PYTHON}-slim AS wheel
# An index other than pip's own; not set unless it is given.
ARG PIP_INDEX_URL
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_ROOT_USER_ACTION=ignore
WORKDIR /source
COPY pyproject.toml constraints.txt README.md LICENSE ./
COPY discovery discovery
COPY custom_registry custom_registry
COPY consul_adapter consul_adapter
COPY compare compare
RUN pip wheel --no-deps --wheel-dir /wheel .
ARG VERSION=unknown
RUN test "$VERSION" = unknown || ls /wheel/discovery_compare-"$VERSION"-*.whl

# Environments without pip, to be copied to where they were made.
FROM wheel AS installed
RUN python -m venv --without-pip /opt/venv \
    && pip --python /opt/venv/bin/python install --constraint constraints.txt "$(echo /wheel/*.whl)[consul]"

FROM installed AS installed-compare
RUN pip --python /opt/venv/bin/python install --constraint constraints.txt "$(echo /wheel/*.whl)[compare]"

# What both images have in common. The user is a number, so that Kubernetes sees that it is not root.
FROM python:${PYTHON}-slim AS base
ARG VERSION=unknown
LABEL org.opencontainers.image.title="discovery-compare" \
      org.opencontainers.image.description="A Consul-compatible service registry, and its comparison with Consul" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.version="${VERSION}"
ENV PATH=/opt/venv/bin:$PATH
WORKDIR /app
USER 10001:10001

FROM base AS compare
COPY --from=installed-compare /opt/venv /opt/venv
CMD ["discovery-compare", "run"]

# The last stage is what is built when no other is asked for.
FROM base AS registry
COPY --from=installed /opt/venv /opt/venv
COPY examples /app/examples
# Every setting of `custom-registry --help` is such a variable. Inside a container all addresses have to be listened on;
# which of them can be reached is decided outside. The same image runs the examples, and a stand-in for a Consul agent:
#   docker run service-registry python examples/example_service.py user-service 8001 --host 0.0.0.0 --advertise ...
#   docker run service-registry custom-registry agent -dev -client=0.0.0.0
ENV CUSTOM_REGISTRY_HOST=0.0.0.0 CUSTOM_REGISTRY_PORT=5001
EXPOSE 5001
HEALTHCHECK --interval=5s --timeout=5s --start-period=5s CMD ["python", "-c", "\
import http.client, os, sys; \
registry = http.client.HTTPConnection('127.0.0.1', int(os.environ['CUSTOM_REGISTRY_PORT']), timeout=4); \
registry.request('GET', '/health'); \
sys.exit(registry.getresponse().status != 200)"]
CMD ["custom-registry"]
