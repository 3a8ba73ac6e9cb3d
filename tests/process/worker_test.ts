import { assertEquals } from "@std/assert";
import worker from "../../src/worker.ts";
import { Program } from "../live/programs.ts";

Deno.test("fetch() of the worker requires sign-in without an auth section, because its listener is not known", async () => {
  const answer = await worker.fetch(new Request("http://127.0.0.1/api/sources"));
  assertEquals([answer.status, (await answer.json()).code], [401, "sign_in_required"]);
});

Deno.test("`deno serve src/worker.ts` serves pages, refuses who has not signed in, and opens a source", async () => {
  await using stack = new AsyncDisposableStack();
  const folder = await Deno.makeTempDir();
  stack.defer(() => Deno.remove(folder, { recursive: true }));
  const [file, token] = [`${folder}/sources.yaml`, "a".repeat(43)];
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(token))).toHex();
  const auth = { tokens: [{ name: "reader", hash: `sha256:${hash}` }] };
  await Deno.writeTextFile(file, JSON.stringify({ auth, sources: { demo: { demo: true } } }));
  const program = stack.use(await serveWorker({ PORTHOLE_CONFIG: file, PORTHOLE_DATA: folder }));
  const [, url = ""] = await program.waitFor(/Listening on (http:\S+)/);

  const page = await fetch(url, { headers: { accept: "text/html" } });
  assertEquals([page.status, /<h1>Sign in<\/h1>/.test(await page.text())], [401, true], program.output);
  assertEquals((await readJson(`${url}api/sources`)).code, "sign_in_required");
  const [source] = await readJson(`${url}api/sources`, token) as unknown as { name: string }[];
  assertEquals(source?.name, "demo");
  assertEquals(await readBanner(`${url}ws/vnc/demo`, token), "RFB 003.008\n", program.output);
});

function serveWorker(env: Record<string, string>): Promise<Program> {
  const task = JSON.parse(Deno.readTextFileSync(new URL("../../deno.json", import.meta.url))).tasks.start as string;
  const permissions = task.split(/\s+/).filter((word) => word.startsWith("--allow-"));
  const path = new URL("../../src/worker.ts", import.meta.url).pathname;
  const args = ["serve", "--no-prompt", "--host=127.0.0.1", "--port=0", ...permissions, path];
  return Program.start(Deno.execPath(), { args, env: { ...env, NO_COLOR: "1" } });
}

async function readJson(url: string, token?: string): Promise<{ code?: string }> {
  const answer = await fetch(url, token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } });
  return await answer.json();
}

/** The first message of a WebSocket. */
async function readBanner(url: string, token: string): Promise<string> {
  const headers = { authorization: `Bearer ${token}`, origin: new URL(url).origin };
  const socket = new WebSocket(url.replace("http", "ws"), { headers });
  socket.binaryType = "arraybuffer";
  const first = await new Promise<MessageEvent>((resolve, reject) => {
    socket.addEventListener("message", resolve, { once: true });
    socket.addEventListener("close", ({ code, reason }) => reject(new Error(`Closed: ${code} ${reason}`)));
  });
  const closed = new Promise((resolve) => socket.addEventListener("close", resolve));
  socket.close();
  await closed;
  return new TextDecoder().decode(first.data);
}
