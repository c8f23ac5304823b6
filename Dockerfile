# One image: `docker run IMAGE` serves the page, `docker run IMAGE worker` runs the queue's workers, `docker run IMAGE all` does both.
# Target `flower` is an image of its own: Flower needs the broker and nothing of ours. See README.md and compose.yaml.

FROM python:3.11-slim AS build
RUN python -m venv /opt/venv
WORKDIR /build
COPY requirements.txt ./
# With a registry of your own: docker build --secret id=pip.conf,src=/etc/pip.conf .
RUN --mount=type=secret,id=pip.conf,target=/etc/pip.conf \
    /opt/venv/bin/python -m pip install --no-cache-dir --disable-pip-version-check --require-hashes -r requirements.txt

FROM python:3.11-slim AS flower
RUN python -m venv /opt/venv
COPY requirements-flower.txt ./
RUN --mount=type=secret,id=pip.conf,target=/etc/pip.conf \
    /opt/venv/bin/python -m pip install --no-cache-dir --disable-pip-version-check --require-hashes -r requirements-flower.txt
COPY docker/flower /usr/local/bin/flower
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    FLOWER_ADDRESS=0.0.0.0 \
    FLOWER_PORT=5555
USER 10001:10001
WORKDIR /tmp
EXPOSE 5555
ENTRYPOINT ["/usr/local/bin/flower"]

FROM python:3.11-slim
# Numbers, so that a cluster can see that this is not root.
RUN groupadd --gid 10001 tenderline \
 && useradd --uid 10001 --gid 10001 --home-dir /data --no-create-home --shell /usr/sbin/nologin tenderline \
 && install --directory --owner=10001 --group=10001 --mode=0700 /data
COPY --from=build /opt/venv /opt/venv
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1
WORKDIR /app
COPY LICENSE app.py celery_config.py celery_integration.py celery_tasks.py gunicorn.conf.py ./
COPY docker docker
COPY migrations migrations
COPY templates templates
COPY static static
COPY tenderline tenderline
RUN python -m tenderline.web.vendor && python -m compileall -q .

# Reachable from outside the container, so it starts only with ACCESS_PASSWORD or ALLOW_ANONYMOUS=true.
ENV HOST=0.0.0.0 \
    PORT=8000 \
    DATA_DIR=/data \
    LOG_FORMAT=json
USER 10001:10001
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s --start-interval=2s CMD ["python", "/app/docker/healthcheck.py"]
ENTRYPOINT ["/app/docker/entrypoint"]
CMD ["web"]
