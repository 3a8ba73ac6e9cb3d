/** Many tries on sources that accept connections and say nothing. */
import { assert, assertEquals } from "@std/assert";
import { startGateway, type TestGateway } from "../fakes/gateway.ts";
import { openRaw } from "../fakes/raw_viewer.ts";
import { listenPatiently, listenTcp, readToEnd } from "../fakes/tcp_source.ts";

const SLOTS = 16;
const TRIES = 40;

function write(ports: Readonly<Record<string, number>>): string {
  const sources = Object.entries(ports).map(([name, port]) => `  ${name}: { host: 127.0.0.1, port: ${port} }\n`);
  return `gateway: { trusted_proxies: [127.0.0.1] }
auth: none
limits: { handshakes: ${SLOTS}, per_address: 100, per_source: 100, connects_per_minute: 1000 }
sources:
${sources.join("")}`;
}

/** Tries to open the source from an address; the viewers live as long as the stack. Returns the status. */
async function tryToOpen(rig: TestGateway, stack: AsyncDisposableStack, name: string, from: string): Promise<number> {
  const viewer = stack.use(await openRaw(rig.port, `/ws/vnc/${name}`, { "X-Forwarded-For": from }));
  return viewer.status;
}

Deno.test("tries on a silent source, from many addresses, keep no other source closed", async () => {
  await using silent = listenTcp(async (conn) => void await readToEnd(conn));
  await using patient = listenPatiently();
  await using rig = await startGateway(write({ silent: silent.port, pi: patient.port }));
  await using stack = new AsyncDisposableStack();
  const statuses = [];
  for (let at = 0; at < TRIES; at++) statuses.push(await tryToOpen(rig, stack, "silent", `10.1.${at % 8}.1`));
  const held = statuses.filter((status) => status === 101).length;
  assert(held > 0 && held < SLOTS, `${held} of ${SLOTS}`);
  assertEquals(statuses.filter((status) => status === 429).length, TRIES - held);
  assertEquals(await tryToOpen(rig, stack, "pi", "10.9.9.9"), 101);
  assertEquals(await tryToOpen(rig, stack, "pi", "10.1.0.1"), 101, "from an address that waits for the silent one");
});

Deno.test("silent sources that take every slot keep no other source closed", async () => {
  await using silent = listenTcp(async (conn) => void await readToEnd(conn));
  await using patient = listenPatiently();
  const names = Array.from({ length: TRIES }, (_, at) => `silent${at}`);
  const ports = { ...Object.fromEntries(names.map((name) => [name, silent.port])), pi: patient.port };
  await using rig = await startGateway(write(ports));
  await using stack = new AsyncDisposableStack();
  for (const name of names) assertEquals(await tryToOpen(rig, stack, name, "10.1.0.1"), 101);
  assertEquals(await tryToOpen(rig, stack, names[0]!, "10.1.0.1"), 429, "there is no second one on a silent source");
  assertEquals(await tryToOpen(rig, stack, "pi", "10.9.9.9"), 101);
});
