# The registry and the comparison in one small image; docker-compose.yml says how they are run together.
FROM python:3.11-slim
WORKDIR /app
COPY pyproject.toml constraints.txt README.md LICENSE ./
COPY discovery discovery
COPY custom_registry custom_registry
COPY consul_adapter consul_adapter
COPY compare compare
RUN pip install --no-cache-dir --constraint constraints.txt '.[compare]'
USER nobody
EXPOSE 5001
# Inside a container every address has to be listened on; which of them is reachable, docker-compose.yml decides.
CMD ["custom-registry", "--host", "0.0.0.0", "--port", "5001"]
