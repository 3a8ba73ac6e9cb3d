/// <reference lib="deno.worker" />
/** Opens WebSockets that are refused, evenly spread, from an address of its own. */

interface Flood {
  port: number;
  perSecond: number;
}

const count = { refused: 0 };

self.onmessage = ({ data }: MessageEvent<Flood | "stop">) => {
  if (data === "stop") return stop();
  timer = setInterval(() => connect(data.port), 1000 / data.perSecond);
};

let timer: ReturnType<typeof setInterval> | undefined;

async function connect(port: number): Promise<void> {
  const conn = await Deno.connect({ hostname: "127.0.0.1", port }).catch(() => undefined);
  if (!conn) return;
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
  const got = await conn.read(buffer).catch(() => null);
  if (got && new TextDecoder().decode(buffer.subarray(0, got)).startsWith("HTTP/1.1 4")) count.refused++;
  conn.close();
}

function stop(): void {
  clearInterval(timer);
  self.postMessage(count.refused);
  count.refused = 0;
}
