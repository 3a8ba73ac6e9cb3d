/**
 * The bench's VNC server, a process of its own: a minimal RFB 3.8 handshake, then the behaviour of its port.
 * `flood` sends as many updates as asked, `echo` sends back what comes, `cut` sends what is asked and closes; `pieces` answers
 * each request with an update in two pieces, `paint` with a whole picture, as for a page; `endless` never stops sending
 * small updates, 4 MB of them each second, and a line on stdin is answered with how many bytes they were; `asks` floods after VNC
 * authentication, `sealed` over RSA-AES.
 */
import type { ByteStream } from "../../src/bridge/byte_stream.ts";
import { makeClientKey } from "../../src/rfb/security/ra2.ts";
import { serve as playLogin } from "../fakes/rfb_security/serve.ts";
import { playSource } from "../fakes/rfb_security/source.ts";
import { ClientMessages, type UpdateRequest } from "./client_messages.ts";
import { buildPieces, buildSquare, buildUpdate, readRequest, SOURCE_STEPS, VIEWER_STEPS } from "./wire.ts";

type Play = (conn: Deno.TcpConn, buffer: Uint8Array<ArrayBuffer>) => Promise<void>;

const VNC_AUTHENTICATION = 2;
const RSA_AES = 5;

const PIECES_APART_MS = 1;

const ENDLESS_SIDE = 64;
const ENDLESS_EVERY_MS = 4;

const update = buildUpdate();
const endless = buildSquare(ENDLESS_SIDE);
const pieces = buildPieces();

async function readFull(conn: Deno.TcpConn, into: Uint8Array<ArrayBuffer>): Promise<boolean> {
  for (let have = 0; have < into.length;) {
    const got = await conn.read(into.subarray(have));
    if (got === null) return false;
    have += got;
  }
  return true;
}

async function writeAll(conn: Deno.TcpConn, bytes: Uint8Array<ArrayBuffer>, length: number): Promise<void> {
  let done = await conn.write(length === bytes.length ? bytes : bytes.subarray(0, length));
  while (done < length) done += await conn.write(bytes.subarray(done, length));
}

async function shakeHands(conn: Deno.TcpConn): Promise<boolean> {
  for (const [index, step] of SOURCE_STEPS.entries()) {
    await writeAll(conn, step, step.length);
    const answer = VIEWER_STEPS[index];
    if (answer !== undefined && !await readFull(conn, new Uint8Array(answer.length))) return false;
  }
  return true;
}

async function sendAsked(conn: Deno.TcpConn): Promise<boolean> {
  const request = new Uint8Array(10);
  if (!await readFull(conn, request)) return false;
  const updates = readRequest(request);
  for (let sent = 0; sent < updates; sent++) await writeAll(conn, update, update.length);
  return true;
}

const playFlood: Play = async (conn) => {
  while (await sendAsked(conn));
};

const playEcho: Play = async (conn, buffer) => {
  for (let got = await conn.read(buffer); got !== null; got = await conn.read(buffer)) {
    await writeAll(conn, buffer, got);
  }
};

/** Half-closes and reads on to the end: an unread byte at close would reset the stream, and the loss would be ours. */
const playCut: Play = async (conn, buffer) => {
  if (!await sendAsked(conn)) return;
  const drained = (async () => {
    while (await conn.read(buffer) !== null);
  })();
  await conn.closeWrite();
  await drained;
};

/** Answers a viewer's requests, one after another. */
function answerRequests(answer: (conn: Deno.TcpConn, request: UpdateRequest) => Promise<void>): Play {
  return async (conn, buffer) => {
    const messages = new ClientMessages();
    for (let got = await conn.read(buffer); got !== null; got = await conn.read(buffer)) {
      for (const request of messages.push(buffer.subarray(0, got))) await answer(conn, request);
    }
  };
}

const playPieces = answerRequests(async (conn, { isIncremental }) => {
  // A page asks for the whole screen first, and draws nothing before that.
  if (!isIncremental) return await writeAll(conn, update, update.length);
  for (const [index, piece] of pieces.entries()) {
    if (index > 0) await new Promise((resolve) => setTimeout(resolve, PIECES_APART_MS));
    await writeAll(conn, piece, piece.length);
  }
});

const playPaint = answerRequests(async (conn, { isIncremental }) => {
  if (!isIncremental) await writeAll(conn, update, update.length);
});

/** What the last viewer of `endless` was sent. */
let last = { bytes: 0 };

/** Sends more than any of the slow links passes, but not so much that keeping it all fills the memory. */
const playEndless: Play = async (conn, buffer) => {
  if (await conn.read(buffer) === null) return;
  (async () => {
    while (await conn.read(buffer) !== null);
  })().catch(() => {});
  const own = last = { bytes: 0 };
  const began = performance.now();
  for (let sent = 0;; sent++) {
    const waitMs = began + sent * ENDLESS_EVERY_MS - performance.now();
    if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
    await writeAll(conn, endless, endless.length);
    own.bytes += endless.length;
  }
};

const key = await makeClientKey();

/** The fake source's own handshake, with a real secret; then a flood. */
async function playWithLogin(conn: Deno.TcpConn, type: number): Promise<void> {
  conn.setNoDelay(true);
  const secret = { username: "bench", password: "bench", key };
  const serverInit = SOURCE_STEPS.at(-1)!;
  const wire = { readable: conn.readable, writable: conn.writable, close: () => conn.close() } as ByteStream;
  const { stream } = await playLogin(wire, playSource({ types: [type], ...secret, serverInit }));
  const reader = stream.readable.getReader({ mode: "byob" });
  const writer = stream.writable.getWriter();
  for (;;) {
    const { value } = await reader.read(new Uint8Array(10), { min: 10 });
    if (value?.length !== 10) return;
    for (let left = readRequest(value); left > 0; left--) await writer.write(update);
  }
}

async function serve(conn: Deno.TcpConn, play: Play): Promise<void> {
  try {
    conn.setNoDelay(true);
    if (await shakeHands(conn)) await play(conn, new Uint8Array(4096));
  } catch {
    // The viewer's end of the bench says whether a stream was whole; here a reset is just an end.
  } finally {
    conn.close();
  }
}

function listen(take: (conn: Deno.TcpConn) => Promise<void>): number {
  const listener = Deno.listen({ hostname: Deno.args[0] ?? "127.0.0.1", port: 0 });
  (async () => {
    for await (const conn of listener) take(conn).catch(() => {});
  })();
  return listener.addr.port;
}

console.log(JSON.stringify({
  flood: listen((conn) => serve(conn, playFlood)),
  echo: listen((conn) => serve(conn, playEcho)),
  cut: listen((conn) => serve(conn, playCut)),
  pieces: listen((conn) => serve(conn, playPieces)),
  endless: listen((conn) => serve(conn, playEndless)),
  paint: listen((conn) => serve(conn, playPaint)),
  asks: listen((conn) => playWithLogin(conn, VNC_AUTHENTICATION)),
  sealed: listen((conn) => playWithLogin(conn, RSA_AES)),
}));

for await (const _ of Deno.stdin.readable) console.log(JSON.stringify(last.bytes));
