# One image with the workflow and all packages of the lock files. docs/clusters.md says how to build and run it.
FROM python:3.11-slim-bookworm AS packages
RUN apt-get update && apt-get install -y --no-install-recommends build-essential && rm -rf /var/lib/apt/lists/*
WORKDIR /opt/soundcheck
COPY requirements.txt requirements-torch.txt requirements-nodeps.txt Makefile ./
RUN make setup PYTHON=python3.11

FROM python:3.11-slim-bookworm
# git, which names the version that made a result.
RUN apt-get update && apt-get install -y --no-install-recommends git && rm -rf /var/lib/apt/lists/* \
    && git config --system --add safe.directory /opt/soundcheck && useradd --create-home soundcheck
COPY --from=packages /opt/soundcheck/.venv /opt/soundcheck/.venv
COPY . /opt/soundcheck
# Anybody may run it, also with a number that has no name here: what is cached goes where everybody can write.
ENV PATH=/opt/soundcheck/.venv/bin:$PATH \
    USER=soundcheck \
    HOME=/tmp \
    PYTHONDONTWRITEBYTECODE=1 \
    XDG_CACHE_HOME=/tmp/cache \
    NUMBA_CACHE_DIR=/tmp/cache/numba \
    MPLCONFIGDIR=/tmp/cache/matplotlib
USER soundcheck
WORKDIR /work
ENTRYPOINT ["snakemake", "--snakefile", "/opt/soundcheck/Snakefile"]
