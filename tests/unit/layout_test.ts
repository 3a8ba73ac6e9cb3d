/** The layout that the README draws, held against the imports as they are. */
import { assertEquals } from "@std/assert";

/** What each module may import besides itself, `errors` and the configuration's types. */
const ALLOWED: Record<string, readonly string[]> = {
  access: ["store"],
  async: [],
  bridge: ["rfb", "side_channel"],
  config: [],
  demo: ["bridge"],
  files: [],
  rfb: [],
  session: ["source", "bridge", "rfb", "side_channel", "telemetry"],
  side_channel: [],
  source: ["bridge", "rfb", "store", "telemetry"],
  store: [],
  telemetry: [],
  tls: ["store"],
  valve: ["telemetry"],
  viewer: ["rfb", "side_channel"],
  web: ["access", "bridge", "session", "side_channel", "source", "telemetry", "tls"],
};

/** What is run: the gateway, by itself or under another server, and the two scripts of its pages. */
const ENTRIES = ["main.ts", "src/worker.ts", "src/viewer/viewer.ts", "src/viewer/dashboard.ts"];

/**
 * What every module may know: failures, types and plain facts of the configuration, waiting, memoizing, fair shares,
 * reading files.
 */
const COMMON =
  /^src\/(errors|fair_shares|memoize|config\/(command_hint|config|exposure|secret|source_token|taken_up|units)|(async|files)\/\w+)\.ts$/;

interface ImportingFile {
  specifier: string;
  dependencies?: { code?: { specifier?: string }; type?: { specifier?: string } }[];
}

async function listImports(): Promise<[from: string, to: string][]> {
  return (await Promise.all(ENTRIES.map(listImportsBelow))).flat();
}

async function listImportsBelow(entry: string): Promise<[from: string, to: string][]> {
  const args = ["info", "--json", entry];
  const { stdout } = await new Deno.Command(Deno.execPath(), { args, stderr: "null" }).output();
  const { modules } = JSON.parse(new TextDecoder().decode(stdout)) as { modules: ImportingFile[] };
  const root = new URL("../../", import.meta.url).href;
  const inside = (url: string | undefined) => url?.startsWith(root) ? url.slice(root.length) : undefined;
  return modules.flatMap(({ specifier, dependencies = [] }) =>
    dependencies.flatMap(({ code, type }) => {
      const [from, to] = [inside(specifier), inside(code?.specifier ?? type?.specifier)];
      return from && to ? [[from, to] as [string, string]] : [];
    })
  );
}

function moduleOf(path: string): string {
  return /^src\/(\w+)\//.exec(path)?.[1] ?? "top";
}

Deno.test("imports point downwards, and modules that are to stand alone do", async () => {
  const imports = await listImports();
  const wrong = imports.filter(([from, to]) => {
    const [module, target] = [moduleOf(from), moduleOf(to)];
    if (module === "top" || module === target || COMMON.test(to)) return false;
    return !ALLOWED[module]?.includes(target);
  });
  assertEquals(wrong.map((pair) => pair.join(" imports ")), []);
});

Deno.test("no file imports itself by way of others, types included", async () => {
  const imports = new Map<string, string[]>();
  for (const [from, to] of await listImports()) {
    imports.set(from, [...imports.get(from) ?? [], to]);
  }
  assertEquals(findCycle(imports), undefined);
});

/** The files of one import cycle in order, the first one again at the end; undefined where there is none. */
function findCycle(imports: ReadonlyMap<string, readonly string[]>): string[] | undefined {
  const done = new Set<string>();
  const visit = (file: string, path: readonly string[]): string[] | undefined => {
    if (path.includes(file)) return [...path.slice(path.indexOf(file)), file];
    if (done.has(file)) return undefined;
    for (const next of imports.get(file) ?? []) {
      const cycle = visit(next, [...path, file]);
      if (cycle) return cycle;
    }
    done.add(file);
    return undefined;
  };
  for (const file of imports.keys()) {
    const cycle = visit(file, []);
    if (cycle) return cycle;
  }
  return undefined;
}

/** Where each permission of the runtime is used. */
const PERMISSIONS: readonly (readonly [permission: RegExp, places: RegExp])[] = [
  [/\bDeno\.serve\(|serve: Deno\.serve\b/, /^main\.ts$/],
  [/\bDeno\.env\b/, /^(main|src\/worker)\.ts$/],
  [/\bDeno\.(exit|addSignalListener)\b/, /^main\.ts$/],
  [/\bDeno\.upgradeWebSocket\b/, /^src\/web\/viewer\/socket_route\.ts$/],
  [/\bDeno\.connect\(/, /^src\/source\/dial\/(tcp|unix)\.ts$/],
  [/\bDeno, "internal"/, /^src\/bridge\/drop_socket\.ts$/],
  [/#socket\.send\(/, /^src\/(bridge\/link|viewer\/\w+)\.ts$/],
  [/\bDeno\.|\bset(Timeout|Interval)\b|\bconsole\./, /^(?!src\/(rfb|side_channel)\/)/],
  [/\bDeno\.|\bglobalThis\b|\bdocument\b|\bnode:/, /^(?!src\/(side_channel\/|errors\.ts))/],
];

Deno.test("each permission of the runtime is used in one place", async () => {
  const files = new Set((await listImports()).flat().filter((path) => /\.tsx?$/.test(path)));
  const wrong: string[] = [];
  for (const file of files) {
    const text = await Deno.readTextFile(new URL(`../../${file}`, import.meta.url));
    const code = text.replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, "");
    for (const [permission, places] of PERMISSIONS) {
      if (permission.test(code) && !places.test(file)) wrong.push(`${file}: ${permission}`);
    }
  }
  assertEquals(wrong, []);
});
