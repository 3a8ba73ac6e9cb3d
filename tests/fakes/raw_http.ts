/** One HTTP/1.1 request over a bare socket: any header, any Host, an upgrade, nothing added. */

/** What came back. */
export interface RawAnswer {
  readonly status: number;
  /** Names in lower case; the values of several with one name are joined by commas. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

interface RawRequest {
  method?: string;
  path: string;
  headers?: Readonly<Record<string, string>>;
  body?: string;
}

/** Headers of a WebSocket handshake (RFC 6455 section 4.1). */
export const UPGRADE = {
  Upgrade: "websocket",
  Connection: "Upgrade",
  "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
  "Sec-WebSocket-Version": "13",
} as const;

/** Sends it and reads the answer; after a 101 the connection is closed. */
export async function sendRaw(port: number, request: RawRequest): Promise<RawAnswer> {
  const { method = "GET", path, headers = {}, body = "" } = request;
  const all = {
    Host: `127.0.0.1:${port}`,
    ...(headers.Upgrade === undefined && { Connection: "close" }),
    ...(body !== "" && { "Content-Length": String(new TextEncoder().encode(body).length) }),
    ...headers,
  };
  const head = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`).join("");
  const conn = await Deno.connect({ hostname: "127.0.0.1", port });
  try {
    const bytes = new TextEncoder().encode(`${method} ${path} HTTP/1.1\r\n${head}\r\n${body}`);
    for (let at = 0; at < bytes.length;) at += await conn.write(bytes.subarray(at));
    return await readAnswer(conn);
  } finally {
    conn.close();
  }
}

async function readAnswer(conn: Deno.TcpConn): Promise<RawAnswer> {
  const decoder = new TextDecoder();
  const buffer = new Uint8Array(64 * 1024);
  let text = "";
  for (;;) {
    const end = text.indexOf("\r\n\r\n");
    if (end !== -1 && isWhole(text, end)) return parseAnswer(text, end);
    const count = await conn.read(buffer).catch(() => null);
    if (count === null) return parseAnswer(text, end === -1 ? text.length : end);
    text += decoder.decode(buffer.subarray(0, count), { stream: true });
  }
}

function isWhole(text: string, end: number): boolean {
  const { status, headers } = parseAnswer(text, end);
  if (status === 101 || status === 204 || status === 304) return true;
  const length = headers.get("content-length");
  return length !== undefined && new TextEncoder().encode(text.slice(end + 4)).length >= Number(length);
}

function parseAnswer(text: string, end: number): RawAnswer {
  const [first = "", ...lines] = text.slice(0, end).split("\r\n");
  const headers = new Map<string, string>();
  for (const line of lines) {
    const at = line.indexOf(":");
    const [name, value] = [line.slice(0, at).toLowerCase(), line.slice(at + 1).trim()];
    headers.set(name, headers.has(name) ? `${headers.get(name)}, ${value}` : value);
  }
  return { status: Number(first.split(" ")[1]), headers, body: text.slice(end + 4) };
}
