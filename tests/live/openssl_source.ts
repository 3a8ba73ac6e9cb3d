/** A VNC server whose TLS is OpenSSL's, old and weak kinds included. */
import type { ByteStream } from "../../src/bridge/byte_stream.ts";
import { type FakeRfb, startFakeRfb } from "../fakes/rfb_server.ts";
import { serve } from "../fakes/rfb_security/serve.ts";
import { playSource } from "../fakes/rfb_security/source.ts";
import { waitUntil } from "../fakes/wait_until.ts";
import { checkDeclared, runProgram } from "./programs.ts";

/** One kind of TLS. */
export interface TlsKind {
  readonly name: string;
  /** Arguments of `openssl req` for the key and the signature. */
  readonly certificate: string;
  /** Arguments of `openssl s_server`. */
  readonly server?: string;
}

/** Starts it with `X509Vnc`, and the password `secret12`; how many connections came is in `fake.accepted`. */
export async function startOpensslSource({ certificate, server = "" }: TlsKind) {
  await using stack = new AsyncDisposableStack();
  const folder = await Deno.makeTempDir();
  stack.defer(() => Deno.remove(folder, { recursive: true }));
  const files = ["-keyout", `${folder}/key`, "-out", `${folder}/crt`];
  const renew = async () => {
    const args = ["req", "-x509", "-nodes", "-days", "9", "-subj", "/CN=127.0.0.1", ...split(certificate), ...files];
    await runProgram("openssl", { args });
  };
  await renew();
  const ends: Terminated[] = [];
  stack.defer(async () => void await Promise.all(ends.map((end) => end.ended)));
  const startTls = async (stream: ByteStream) => {
    const end = await terminateTls(stream, `${folder}/${ends.length}`, folder, split(server));
    ends.push(end);
    return end;
  };
  const source = { types: [19], subtypes: [261], password: "secret12" };
  const fake: FakeRfb = stack.use(
    await startFakeRfb({
      script: async (stream) => {
        await serve(stream, playSource(source), startTls).catch(() => {});
        await stream.ended;
      },
    }),
  );
  const rest = stack.move();
  return { fake, port: fake.port, folder, renew, [Symbol.asyncDispose]: () => rest.disposeAsync() };
}

/** The server's end of TLS. */
interface Terminated extends ByteStream {
  /** Resolves when its process has ended, because the connection has. */
  readonly ended: Promise<unknown>;
}

/** Puts a process between the connection and the stream inside TLS. */
async function terminateTls(
  stream: ByteStream,
  path: string,
  folder: string,
  more: readonly string[],
): Promise<Terminated> {
  checkDeclared("openssl");
  const key = ["-key", `${folder}/key`, "-cert", `${folder}/crt`];
  const child = new Deno.Command("openssl", {
    args: ["s_server", "-quiet", "-unix", path, "-unlink", "-naccept", "1", ...key, ...more],
    stdin: "piped",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const wire = await waitUntil(() => Deno.connect({ transport: "unix", path }).catch(() => undefined), "s_server");
  const below = [
    stream.readable.pipeTo(wire.writable).catch(() => {}),
    wire.readable.pipeTo(stream.writable).catch(() => {}),
  ];
  const close = () => {
    stream.close();
    for (const end of [() => child.kill("SIGKILL"), () => wire.close()]) tryTo(end);
  };
  const ended = Promise.race([...below, child.status]).finally(close).then(async () => {
    await Promise.allSettled([child.status, ...below]);
    await Promise.allSettled([child.stdin.abort(), child.stdout.cancel()]);
  });
  return {
    readable: child.stdout as ByteStream["readable"],
    writable: child.stdin as ByteStream["writable"],
    close,
    ended,
  };
}

function tryTo(end: () => void): void {
  try {
    end();
  } catch {
    // It has ended.
  }
}

function split(args: string): string[] {
  return args.split(" ").filter((arg) => arg !== "");
}
