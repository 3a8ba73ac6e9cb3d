#!/bin/sh
# The command `porthole` of the container: its entry point, and for a running container `docker exec -it NAME porthole link`.
# The same permissions as the task `start`, with reading and writing limited to the container's folders.
cd /app
# Without it, small updates over TLS can wait 40 ms; see deploy/nodelay.c.
nodelay=/usr/local/lib/porthole/nodelay.so
if [ -r "$nodelay" ]; then export LD_PRELOAD="${LD_PRELOAD:+$LD_PRELOAD:}$nodelay"; fi
exec deno run --cached-only --frozen --v8-flags=--max-semi-space-size=4,--expose-gc \
  --allow-net \
  --allow-read=/app,/config,/data,/run \
  --allow-write=/data,/run/porthole \
  --allow-env \
  --allow-sys=hostname,networkInterfaces,osRelease,systemMemoryInfo \
  main.ts "$@"
