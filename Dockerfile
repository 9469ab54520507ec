# customer360 as the services of docker-compose.yml run it: the same lock as `make setup`, no root, nothing built at start.
FROM python:3.11.14-slim-bookworm AS packages

ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
ARG UV_VERSION=0.13.9
RUN python -m venv /opt/venv && /opt/venv/bin/pip install uv==${UV_VERSION}
COPY requirements.lock /tmp/requirements.lock
RUN VIRTUAL_ENV=/opt/venv /opt/venv/bin/uv pip sync --compile-bytecode --require-hashes /tmp/requirements.lock

# Superset needs an older SQLAlchemy, so it has an environment of its own.
FROM packages AS superset

COPY dashboards/requirements.lock /tmp/superset.lock
RUN python -m venv /opt/customer360/.venv-superset \
    && /opt/venv/bin/uv pip sync --python /opt/customer360/.venv-superset/bin/python --compile-bytecode --require-hashes /tmp/superset.lock

FROM python:3.11.14-slim-bookworm AS customer360

RUN groupadd --gid 10001 customer360 \
    && useradd --uid 10001 --gid 10001 --home-dir /var/lib/customer360 --create-home customer360
COPY --from=packages /opt/venv /opt/venv
COPY --chown=root:root . /opt/customer360
RUN /opt/venv/bin/python -c "import pathlib, sysconfig; pathlib.Path(sysconfig.get_path('purelib'), 'customer360.pth').write_text('/opt/customer360/plugins')" \
    && /opt/venv/bin/python -m compileall -q /opt/customer360/plugins \
    && printf '#!/bin/sh\nexec /opt/venv/bin/python -m customer360.cli "$@"\n' > /usr/local/bin/customer360 \
    && chmod 0755 /usr/local/bin/customer360

ENV PATH=/opt/venv/bin:/usr/local/bin:/usr/bin:/bin \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
WORKDIR /opt/customer360
USER 10001:10001
CMD ["airflow", "version"]

FROM customer360 AS dashboards

COPY --from=superset /opt/customer360/.venv-superset /opt/customer360/.venv-superset
CMD ["python", "-m", "customer360.dashboards"]
