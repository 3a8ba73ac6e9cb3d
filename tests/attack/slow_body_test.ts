/** Bodies of requests that never come to their end. */
import { assertEquals, assertMatch } from "@std/assert";
import { startTimer } from "../../src/async/timer.ts";
import { startGateway } from "../fakes/gateway.ts";
import { writeAll } from "../fakes/tcp_source.ts";

const encode = (text: string) => new TextEncoder().encode(text);

/**
 * Sends a head and then a byte of the body again and again; returns the answer. The runtime does not close the connection
 * after it, and goes on dropping what comes.
 */
async function trickle(port: number, head: readonly string[], byte: string): Promise<string> {
  using conn = await Deno.connect({ hostname: "127.0.0.1", port });
  await writeAll(conn, encode([...head, `Host: 127.0.0.1:${port}`, "", ""].join("\r\n")));
  const timer = setInterval(() => writeAll(conn, encode(byte)).catch(() => clearInterval(timer)), 20);
  try {
    return await readProblem(conn);
  } finally {
    clearInterval(timer);
  }
}

async function readProblem(conn: Deno.Conn): Promise<string> {
  const decoder = new TextDecoder();
  const buffer = new Uint8Array(16 * 1024);
  let text = "";
  while (!text.endsWith("}")) {
    const count = await conn.read(buffer);
    if (count === null) throw new Error(`Closed after ${text}`);
    text += decoder.decode(buffer.subarray(0, count), { stream: true });
  }
  return text;
}

const BODIES: Readonly<Record<string, readonly [header: string, byte: string]>> = {
  "of a known length": ["Content-Length: 60000", "a"],
  "in chunks": ["Transfer-Encoding: chunked", "1\r\na\r\n"],
};

for (const [kind, [header, byte]] of Object.entries(BODIES)) {
  for (const request of ["POST /sign-in", "POST /share", "POST /api/links", "DELETE /api/sessions/1", "PUT /nothing"]) {
    Deno.test(`${request} with a body ${kind} that never ends is answered`, async () => {
      await using gateway = await startGateway("auth: none\nsources: {}\n", {
        setTimer: (work, ms) => startTimer(work, Math.min(ms, 100)),
      });
      const answer = await trickle(gateway.port, [`${request} HTTP/1.1`, header, "Accept: application/json"], byte);
      assertMatch(answer, /^HTTP\/1\.1 408 /);
      assertEquals(JSON.parse(answer.match(/\{.*\}/s)?.[0] ?? "{}").code, "request_timeout");
    });
  }
}
