/** Reverse proxies in front of a gateway: the files of deploy/, unchanged except for ports and paths. */
import { makeCa, makeLeaf } from "../../src/tls/ca.ts";
import { type FakeRfb, startFakeRfb } from "../fakes/rfb_server.ts";
import { waitUntil } from "../fakes/wait_until.ts";
import { startGateway } from "./gateway.ts";
import { accepts, Program } from "./programs.ts";

const NAMES = ["localhost"];

/** What a configuration refers to. */
interface Place {
  /** A folder with example.net.crt, .key and, with both, .pem. */
  readonly folder: string;
  readonly https: number;
  readonly http: number;
  readonly gateway: number;
}

/** A proxy that apt has. */
export interface ProxyKind {
  readonly program: string;
  readonly file: string;
  /** The text of a file of deploy/ for this place. */
  fit(text: string, place: Place): string;
  args(config: string): readonly string[];
  /** Removes /vnc from the path and tells nothing, where `fit` makes that of the file. */
  strip?(text: string): string;
}

const nginx: ProxyKind = {
  program: "nginx",
  file: "deploy/nginx.conf",
  fit: (text, { folder, https, http, gateway }) => {
    const paths = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((name) =>
      `${name}_temp_path ${folder}/${name};`
    );
    const site = text.replaceAll("/etc/nginx/", `${folder}/`).replaceAll("127.0.0.1:8443", `127.0.0.1:${gateway}`)
      .replace("listen 80;", `listen 127.0.0.1:${http};`).replace("listen 443 ", `listen 127.0.0.1:${https} `);
    return `daemon off; master_process off; pid ${folder}/pid; events {} ` +
      `http { access_log off; ${paths.join(" ")}\n${site}}`;
  },
  args: (config) => ["-c", config, "-e", "stderr"],
  strip: (text) =>
    text.replace("proxy_pass http://porthole;", "proxy_pass http://porthole/;").replace(/.*X-Forwarded.*\n/g, "")
      .replace("Host $host", "Host $http_host"),
};

const caddy: ProxyKind = {
  program: "caddy",
  file: "deploy/Caddyfile",
  fit: (text, { folder, https, http, gateway }) =>
    text.replace(
      /^\{$/m,
      `{\n\tadmin off\n\thttp_port ${http}\n\tdefault_bind 127.0.0.1\n\tstorage file_system ${folder}/caddy`,
    ).replace(
      "example.net {",
      `https://localhost:${https} {\n\ttls ${folder}/example.net.crt ${folder}/example.net.key`,
    )
      .replaceAll("127.0.0.1:8443 {", `127.0.0.1:${gateway} {`),
  args: (config) => ["run", "--adapter", "caddyfile", "--config", config],
  strip: (text) => text.replace("handle /vnc/*", "handle_path /vnc/*").replace("-X-Forwarded-Prefix", "-X-Forwarded-*"),
};

const haproxy: ProxyKind = {
  program: "haproxy",
  file: "deploy/haproxy.cfg",
  fit: (text, { folder, https, http, gateway }) =>
    text.replace("bind :80", `bind 127.0.0.1:${http}`).replace("bind :443", `bind 127.0.0.1:${https}`)
      .replaceAll("/etc/haproxy/", `${folder}/`).replaceAll("127.0.0.1:8443", `127.0.0.1:${gateway}`),
  args: (config) => ["-db", "-f", config],
  strip: (text) =>
    text.replace(/.*set-header X-Forwarded.*\n/g, "").replace(
      "option http-no-delay",
      "http-request replace-path /vnc(/.*) \\1",
    ),
};

const MODULES = ["mpm_event", "authz_core", "alias", "headers", "proxy", "proxy_http", "socache_shmcb", "ssl"];

const apache: ProxyKind = {
  program: "apache2",
  file: "deploy/apache.conf",
  fit: (text, { folder, https, http, gateway }) =>
    MODULES.map((name) => `LoadModule ${name}_module /usr/lib/apache2/modules/mod_${name}.so\n`).join("") +
    `ServerRoot ${folder}\nServerName localhost\nPidFile ${folder}/pid\nDefaultRuntimeDir ${folder}\n` +
    `ErrorLog /dev/stderr\nUser www-data\nGroup www-data\nListen 127.0.0.1:${http}\nListen 127.0.0.1:${https}\n` +
    text.replace("*:80", `*:${http}`).replace("*:443", `*:${https}`).replaceAll("/etc/apache2/", `${folder}/`)
      .replaceAll("127.0.0.1:8443", `127.0.0.1:${gateway}`),
  args: (config) => ["-D", "FOREGROUND", "-f", config],
  strip: (text) => text.replace(/.*RequestHeader.*\n/g, "").replace("8443/vnc/", "8443/"),
};

/** All of them. */
export const PROXIES: readonly ProxyKind[] = [nginx, caddy, haproxy, apache];

/** A gateway with one source behind a proxy. */
export interface ProxyRig extends AsyncDisposable {
  readonly fake: FakeRfb;
  /** "https://localhost:PORT" of the proxy. */
  readonly origin: string;
  readonly httpPort: number;
  /** Trusts the proxy's certificate. */
  readonly client: Deno.HttpClient;
}

interface ProxyRigOptions {
  /** Whether the proxy removes /vnc and tells nothing of what the browser sent; the gateway then knows `public_url` only. */
  readonly strip?: boolean;
  readonly auth?: unknown;
  /** Changes the file. */
  readonly edit?: (text: string) => string;
}

/** Starts the proxy with its file, in front of a gateway that is at /vnc/. */
export async function startBehind(
  kind: ProxyKind,
  { strip = false, auth, edit = String }: ProxyRigOptions = {},
): Promise<ProxyRig> {
  await using stack = new AsyncDisposableStack();
  const folder = await Deno.makeTempDir();
  stack.defer(() => Deno.remove(folder, { recursive: true }));
  const caCert = await writeCertificate(folder);
  const fake = stack.use(await startFakeRfb());
  // Held until the proxy takes them; otherwise the gateway, which takes any free port, may get one of them.
  const held = [holdPort(), holdPort()] as const;
  const [https, http] = held.map(({ addr }) => addr.port) as [number, number];
  const origin = `https://localhost:${https}`;
  const behind = strip ? {} : { base_path: "/vnc/", trusted_proxies: ["127.0.0.1"] };
  const sources = { fake: { host: "127.0.0.1", port: fake.port }, demo: { demo: true } };
  const gateway = stack.use(await startGateway(sources, { ...behind, public_url: `${origin}/vnc/` }, auth));
  const text = edit(await Deno.readTextFile(new URL(`../../${kind.file}`, import.meta.url)));
  const own = kind.fit(strip ? kind.strip!(text) : text, { folder, https, http, gateway: Number(gateway.url.port) });
  await Deno.writeTextFile(`${folder}/proxy.conf`, own);
  for (const listener of held) listener.close();
  const program = stack.use(
    await Program.start(kind.program, { args: kind.args(`${folder}/proxy.conf`), cwd: folder }),
  );
  await waitUntil(() => {
    if (program.hasEnded) throw new Error(program.output);
    return accepts(https);
  }, kind.program);
  const client = stack.use(Deno.createHttpClient({ caCerts: [caCert] }));
  const rest = stack.move();
  return { fake, origin, httpPort: http, client, [Symbol.asyncDispose]: () => rest.disposeAsync() };
}

async function writeCertificate(folder: string): Promise<string> {
  const ca = await makeCa({ host: "example", names: NAMES, nowMs: Date.now() });
  const { cert, key } = await makeLeaf({ ca, names: NAMES, nowMs: Date.now() });
  const files = { crt: cert, key, pem: cert + key };
  for (const [end, text] of Object.entries(files)) await Deno.writeTextFile(`${folder}/example.net.${end}`, text);
  return ca.cert;
}

function holdPort(): Deno.TcpListener {
  return Deno.listen({ hostname: "127.0.0.1", port: 0 });
}
