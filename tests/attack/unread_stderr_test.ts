/** A stderr that nobody reads: a stopped terminal, or a log collector that hangs. */
import { assertEquals } from "@std/assert";
import { waitUntil } from "../fakes/wait_until.ts";
import { openViewer } from "../fakes/web_viewer.ts";
import { Place } from "../process/porthole.ts";

const YAML = "gateway: { listen: '127.0.0.1:0', tls: none }\nauth: none\nsources: { demo: { demo: true } }\n";

/** At a signal, makes a library write three MiB to the console: more than the pipe and the queue hold. */
const FLOOD = `
Deno.addSignalListener("SIGWINCH", () => {
  for (let line = 0; line < 3_000; line++) console.error(\`flood \${line} \`.padEnd(1024, "x"));
});
`;

/** Starts a gateway and fills its stderr; resolves with the number of lines that were lost. */
async function startFlooded(place: Place) {
  await Deno.writeTextFile(`${place.folder}/flood.ts`, FLOOD);
  const porthole = await place.serve([], { preload: "./flood.ts", stderrUnread: true });
  porthole.signal("SIGWINCH");
  const readLost = async () => {
    const text = await (await fetch(new URL("metrics", porthole.url), { signal: AbortSignal.timeout(60_000) })).text();
    return Number(/^porthole_lines_lost_total\{to="log"\} (\d+)$/m.exec(text)?.[1]) || undefined;
  };
  return { porthole, lost: await waitUntil(readLost) };
}

Deno.test("a stderr that nobody reads costs lines of the log, and nothing else", async () => {
  await using place = await Place.make(YAML);
  const { porthole, lost } = await startFlooded(place);
  await using viewer = openViewer(`${porthole.url.href.replace("http", "ws")}ws/vnc/demo`, ["porthole.v1"]);
  await viewer.until(({ byteCount }) => byteCount >= 12);
  porthole.readStderr();
  const [, told] = await porthole.waitFor("stderr", /WARN Log lines were lost, because nothing read them lines=(\d+)/);
  assertEquals(Number(told), lost);
  porthole.signal("SIGTERM");
  assertEquals((await porthole.ended).code, 0);
});

Deno.test("SIGTERM ends a gateway whose stderr nobody reads", async () => {
  await using place = await Place.make(YAML);
  const { porthole } = await startFlooded(place);
  porthole.signal("SIGTERM");
  assertEquals((await porthole.ended).code, 0);
});
