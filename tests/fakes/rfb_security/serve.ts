/** Runs a source's script over a byte stream, with real TLS where the script asks for it. */
import { connect, type Server, type Socket } from "node:net";
import { createServer, type TLSSocket } from "node:tls";
import type { ByteStream } from "../../../src/bridge/byte_stream.ts";
import { sealStream } from "../../../src/source/sealed_stream.ts";
import type { LoginStep } from "../../../src/rfb/login_step.ts";
import { runScript, type Script, StreamEnded } from "../../../src/rfb/script.ts";
import { SocketStream } from "../socket_stream.ts";

/** A certificate and its key in PEM. */
export interface Pair {
  readonly cert: string;
  readonly key: string;
}

/** The source after its script: its stream as it is by then, and what the script gave. */
export interface Served<Result> {
  readonly stream: ByteStream;
  readonly result: Result;
}

/** Plays the script on `stream`, with TLS by this certificate, or by a function; `await using` it, or call `close()`. */
export async function serve<Result>(
  stream: ByteStream,
  script: Script<Result, LoginStep>,
  tls?: Pair | ((stream: ByteStream) => Promise<ByteStream>),
): Promise<Served<Result>> {
  let current = stream;
  const perform = async (step: LoginStep): Promise<unknown> => {
    switch (step.do) {
      case "read":
        return await readExactly(current, step.bytes, step.what);
      case "write":
        return await writeAll(current, step.bytes);
      case "start_tls":
        return current = await (typeof tls === "function" ? tls(current) : terminateTls(current, tls!));
      case "seal":
        return current = sealStream(current, step.opener, step.sealer);
    }
  };
  try {
    return { result: await runScript(script, perform), stream: current };
  } catch (error) {
    current.close();
    throw error;
  }
}

async function readExactly(stream: ByteStream, bytes: number, what: string): Promise<Uint8Array> {
  const reader = stream.readable.getReader({ mode: "byob" });
  try {
    const { value } = await reader.read(new Uint8Array(bytes), { min: bytes });
    if (value?.length !== bytes) throw new StreamEnded(what);
    return value;
  } finally {
    reader.releaseLock();
  }
}

async function writeAll(stream: ByteStream, bytes: Uint8Array): Promise<void> {
  const writer = stream.writable.getWriter();
  await writer.write(bytes).finally(() => writer.releaseLock());
}

/** The server's end of TLS over the stream, by way of a TLS server on the loopback. */
async function terminateTls(stream: ByteStream, pair: Pair): Promise<ByteStream> {
  const secured = Promise.withResolvers<TLSSocket>();
  const server = createServer(pair, (socket) => secured.resolve(socket));
  server.on("tlsClientError", secured.reject);
  await listen(server);
  const { port } = server.address() as { port: number };
  const raw = await new Promise<Socket>((done) => {
    const socket = connect(port, "127.0.0.1", () => done(socket));
  });
  const wire = new SocketStream(raw);
  const closeAll = () => {
    wire.close();
    stream.close();
    server.close();
  };
  stream.readable.pipeTo(wire.writable).catch(() => {}).finally(closeAll);
  wire.readable.pipeTo(stream.writable).catch(() => {}).finally(closeAll);
  const inner = new SocketStream(await secured.promise as unknown as Socket);
  return { readable: inner.readable, writable: inner.writable, close: () => (inner.close(), closeAll()) };
}

function listen(server: Server): Promise<void> {
  return new Promise((done) => server.listen(0, "127.0.0.1", done));
}
