# Tasuki's image: two stages, one unprivileged user, no secret, exactly the locked packages.
# `tests/test_image.py` checks this file's policy and walks its steps in a clean environment.
ARG PYTHON=3.13

FROM python:${PYTHON}-slim AS build
WORKDIR /src
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
COPY requirements/ requirements/
RUN python -m venv /opt/build && /opt/build/bin/pip install --require-hashes -r requirements/build.txt
RUN python -m venv /opt/tasuki && /opt/tasuki/bin/pip install --require-hashes -r requirements/runtime.txt
COPY . .
RUN /opt/build/bin/hatchling build -t wheel -d /opt/wheel
RUN /opt/tasuki/bin/pip install --no-index --no-deps /opt/wheel/*.whl

FROM python:${PYTHON}-slim
RUN useradd --system --uid 10001 --home-dir /project --create-home tasuki
COPY --from=build /opt/tasuki /opt/tasuki
# PYTHONSAFEPATH: a stray sync.py in the project folder must not shadow the room `sync` (ADR-0001).
ENV PATH=/opt/tasuki/bin:$PATH PYTHONSAFEPATH=1 PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
ENV TASUKI_PROJECT_DIR=/project TASUKI_HEALTH_URL=http://127.0.0.1:8765/healthz
WORKDIR /project
VOLUME ["/project"]
USER 10001
EXPOSE 8765
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s --retries=3 \
  CMD ["python", "-c", "import os, urllib.request as r; r.urlopen(os.environ['TASUKI_HEALTH_URL'], timeout=4)"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["tasuki"]
CMD ["serve", "--host", "0.0.0.0", "--port", "8765"]
