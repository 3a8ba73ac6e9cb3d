/// <reference lib="deno.worker" />
/** Opens WebSockets that are refused, evenly spread, from an address of its own, and says when enough were. */

interface Flood {
  readonly port: number;
  readonly perSecond: number;
  /** How many have to be refused. */
  readonly count: number;
}

self.onmessage = ({ data: { port, perSecond, count } }: MessageEvent<Flood>) => {
  let [begun, refused] = [0, 0];
  const timer = setInterval(async () => {
    if (++begun >= count) clearInterval(timer);
    await connect(port);
    if (++refused === count) self.postMessage("refused");
  }, 1000 / perSecond);
};

/** Connects until it is refused by HTTP. */
async function connect(port: number): Promise<void> {
  for (;;) if (await isRefused(port).catch(() => false)) return;
}

async function isRefused(port: number): Promise<boolean> {
  using conn = await Deno.connect({ hostname: "127.0.0.1", port });
  const head = [
    "GET /ws/vnc/echo HTTP/1.1",
    `Host: 127.0.0.1:${port}`,
    "X-Forwarded-For: 203.0.113.7",
    "Upgrade: websocket",
    "Connection: Upgrade",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Protocol: porthole.token.wrong",
  ];
  await conn.write(new TextEncoder().encode(`${head.join("\r\n")}\r\n\r\n`));
  const buffer = new Uint8Array(1024);
  const got = await conn.read(buffer);
  return got !== null && new TextDecoder().decode(buffer.subarray(0, got)).startsWith("HTTP/1.1 4");
}
