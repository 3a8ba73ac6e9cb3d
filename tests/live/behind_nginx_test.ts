import { assertEquals, assertMatch, assertRejects, assertStringIncludes } from "@std/assert";
import { makeCa, makeLeaf } from "../../src/tls/ca.ts";
import { startFakeRfb } from "../fakes/rfb_server.ts";
import { RfbViewer } from "../fakes/rfb_viewer.ts";
import { startGateway } from "./gateway.ts";
import { Program, testWith, waitUntil } from "./programs.ts";
import { openWebStream } from "./web_stream.ts";

const NAMES = ["localhost"];

/** deploy/nginx.conf unchanged except for ports and paths, in front of a gateway. */
async function startNginx() {
  await using stack = new AsyncDisposableStack();
  const folder = await Deno.makeTempDir();
  stack.defer(() => Deno.remove(folder, { recursive: true }));
  const ca = await makeCa({ host: "example", names: NAMES, nowMs: Date.now() });
  const { cert, key } = await makeLeaf({ ca, names: NAMES, nowMs: Date.now() });
  await Deno.writeTextFile(`${folder}/example.net.crt`, cert);
  await Deno.writeTextFile(`${folder}/example.net.key`, key);

  const fake = stack.use(await startFakeRfb());
  // Held until nginx takes them; otherwise the gateway, which takes any free port, may get one of them.
  const held = { https: holdPort(), http: holdPort() };
  const ports = { https: held.https.addr.port, http: held.http.addr.port };
  const origin = `https://localhost:${ports.https}`;
  const gateway = stack.use(
    await startGateway({ fake: { host: "127.0.0.1", port: fake.port } }, {
      base_path: "/vnc/",
      public_url: `${origin}/vnc/`,
      trusted_proxies: ["127.0.0.1"],
    }),
  );
  const text = (await Deno.readTextFile(new URL("../../deploy/nginx.conf", import.meta.url)))
    .replaceAll("/etc/nginx/", `${folder}/`)
    .replace("server 127.0.0.1:8443", `server 127.0.0.1:${gateway.url.port}`)
    .replace("listen 80;", `listen 127.0.0.1:${ports.http};`)
    .replace("listen 443 ", `listen 127.0.0.1:${ports.https} `);
  const paths = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((name) =>
    `${name}_temp_path ${folder}/${name};`
  );
  await Deno.writeTextFile(
    `${folder}/nginx.conf`,
    `daemon off; master_process off; pid ${folder}/pid; events {} http { access_log off; ${paths.join(" ")}\n${text}}`,
  );
  for (const listener of Object.values(held)) listener.close();
  stack.use(await Program.start("nginx", { args: ["-c", `${folder}/nginx.conf`, "-e", "stderr"] }));
  await waitUntil("nginx", () => accepts(ports.https));
  const client = stack.use(Deno.createHttpClient({ caCerts: [ca.cert] }));
  const rest = stack.move();
  return { fake, origin, ports, client, [Symbol.asyncDispose]: () => rest.disposeAsync() };
}

function holdPort(): Deno.TcpListener {
  return Deno.listen({ hostname: "127.0.0.1", port: 0 });
}

async function accepts(port: number): Promise<boolean> {
  try {
    (await Deno.connect({ hostname: "127.0.0.1", port })).close();
    return true;
  } catch {
    return false;
  }
}

testWith(
  ["nginx"],
  "behind nginx the pages are below the base path and a session works in both directions",
  async () => {
    await using rig = await startNginx();
    const { fake, origin, client } = rig;
    const dashboard = await (await fetch(`${origin}/vnc/`, { client })).text();
    assertStringIncludes(dashboard, 'href="/vnc/static/porthole.css"');
    assertStringIncludes(dashboard, "/vnc/site/vnc/fake");
    const style = await fetch(`${origin}/vnc/static/porthole.css`, { client });
    assertMatch(await style.text(), /:root/);
    assertEquals(style.status, 200);

    const url = `${origin.replace("https", "wss")}/vnc/ws/vnc/fake`;
    const stream = await openWebStream(url, { client, headers: { origin }, protocols: ["binary"] });
    const viewer = await RfbViewer.open(stream);
    assertEquals([viewer.width, viewer.height], [64, 48]);
    await viewer.key(0x41);
    await fake.waitFor(() => fake.seen("KeyEvent").length > 0);
    stream.close();
    await stream.closed;
    await fake.waitFor(() => fake.live === 0);
  },
);

testWith(["nginx"], "behind nginx a foreign origin is refused and plain HTTP redirects to HTTPS", async () => {
  await using rig = await startNginx();
  const { origin, client, ports, fake } = rig;
  // The gateway probes each source once when it starts.
  await waitUntil("the first probe", () => fake.accepted > 0);
  const before = fake.accepted;
  const url = `${origin.replace("https", "wss")}/vnc/ws/vnc/fake`;
  await assertRejects(() => openWebStream(url, { client, headers: { origin: "https://evil.example" } }));
  assertEquals(fake.accepted, before);
  const plain = await fetch(`http://localhost:${ports.http}/vnc/?a`, { redirect: "manual" });
  await plain.body?.cancel();
  assertEquals([plain.status, plain.headers.get("location")], [308, "https://example.net/vnc/?a"]);
});
