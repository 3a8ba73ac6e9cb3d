# Porthole in a container: the configuration is /config/sources.yaml, certificates and state are in /data.
#   docker build -t porthole .
#   docker run --rm -p 127.0.0.1:8443:8443 -v porthole-data:/data porthole --open
# Arguments after the image name go to Porthole: targets, flags, check.

ARG DENO_VERSION=2.9.6
FROM denoland/deno:bin-${DENO_VERSION} AS deno

# The library that porthole.sh preloads, for the platform of the image. The image itself has no compiler.
FROM debian:trixie-slim AS nodelay
RUN apt-get update && apt-get install -y --no-install-recommends gcc libc6-dev
COPY deploy/build-nodelay deploy/nodelay.c /build/
RUN sh /build/build-nodelay

FROM debian:trixie-slim
COPY --from=deno /deno /usr/local/bin/deno
COPY --from=nodelay /usr/local/lib/porthole/nodelay.so /usr/local/lib/porthole/nodelay.so

RUN useradd --system --uid 10001 --user-group --home-dir /nonexistent --shell /usr/sbin/nologin porthole \
  && install -d -m 0755 /config \
  && install -d -m 0700 -o porthole -g porthole /data \
  && install -d -m 0750 -o porthole -g porthole /run/porthole

WORKDIR /app
# Deno accepts deno.json only if every member of the workspace exists.
COPY deno.json deno.lock main.ts ./
COPY src src
COPY static static
COPY tests/browser/deno.json tests/browser/deno.json
COPY deploy/healthcheck.ts deploy/healthcheck.ts
COPY --chmod=0755 deploy/porthole.sh /usr/local/bin/porthole
COPY sources.yaml /config/sources.yaml

# Download every package now: the container starts without a network, and its cache is read-only.
ENV DENO_DIR=/deno-dir DENO_NO_UPDATE_CHECK=1 DENO_NO_PROMPT=1
RUN deno install --frozen --entrypoint main.ts deploy/healthcheck.ts && chmod -R a+rX /deno-dir

# As in the task `start`: keep the memory of sent frames for the next ones instead of returning it to the system, and look
# for what has arrived after every second step, so that one fast stream does not hold up everybody else.
ENV MALLOC_MMAP_THRESHOLD_=16777216 MALLOC_TRIM_THRESHOLD_=33554432 DENO_TOKIO_EVENT_INTERVAL=2
ENV PORTHOLE_CONFIG=/config/sources.yaml PORTHOLE_DATA=/data PORTHOLE_LISTEN=0.0.0.0:8443 PORTHOLE_COMMAND=porthole
USER porthole
VOLUME ["/config", "/data"]
EXPOSE 8443
STOPSIGNAL SIGTERM

# A shell that is replaced at once: PID 1 is deno itself.
ENTRYPOINT ["porthole"]

HEALTHCHECK --interval=30s --timeout=5s --start-period=15s --retries=3 \
  CMD ["deno", "run", "--cached-only", "--frozen", "--allow-net=127.0.0.1:8443", "deploy/healthcheck.ts"]
