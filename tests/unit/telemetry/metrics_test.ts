import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { createMetrics } from "../../../src/telemetry/metrics.ts";

interface FakeSession {
  state: string;
  count: { upBytes: number; downBytes: number };
}

function createRig() {
  const sessions: FakeSession[] = [];
  const metrics = createMetrics({
    sessions: () => sessions,
    states: ["dialing", "open"],
    prewarmed: () => 2,
    unsaved: () => 3,
    stuck: () => 4,
  });
  return {
    metrics,
    sessions,
    open(upBytes: number, downBytes: number): FakeSession {
      const session = { state: "open", count: { upBytes, downBytes } };
      sessions.push(session);
      return session;
    },
    /** The value of one line of the rendered text. */
    async read(series: string): Promise<number | undefined> {
      const line = (await metrics.render()).split("\n").find((text) => text.startsWith(`${series} `));
      return line === undefined ? undefined : Number(line.slice(series.length + 1));
    },
  };
}

const DOWN = 'porthole_bytes_total{direction="down"}';
const UP = 'porthole_bytes_total{direction="up"}';

Deno.test("porthole_bytes_total is a counter that begins at 0", async () => {
  const rig = createRig();
  assertStringIncludes(await rig.metrics.render(), "# TYPE porthole_bytes_total counter");
  assertEquals([await rig.read(UP), await rig.read(DOWN)], [0, 0]);
});

Deno.test("porthole_bytes_total counts a live session once, however often it is scraped", async () => {
  const rig = createRig();
  const { count } = rig.open(10, 1_000);
  assertEquals([await rig.read(UP), await rig.read(DOWN), await rig.read(DOWN)], [10, 1_000, 1_000]);
  count.downBytes += 5;
  assertEquals(await rig.read(DOWN), 1_005);
});

Deno.test("porthole_bytes_total counts a session once, whether it leaves the list before or after sessionEnded()", async () => {
  const rig = createRig();
  const [first, second] = [rig.open(0, 100), rig.open(0, 200)];
  assertEquals(await rig.read(DOWN), 300);
  first.count.downBytes = 110;
  rig.metrics.sessionEnded("internal", first.count);
  assertEquals(await rig.read(DOWN), 310);
  rig.sessions.splice(0, 2);
  assertEquals(await rig.read(DOWN), 310);
  second.count.downBytes = 220;
  rig.metrics.sessionEnded("idle", second.count);
  assertEquals(await rig.read(DOWN), 330);
});

Deno.test("porthole_sessions says 0 for each state before the first session", async () => {
  const { read } = createRig();
  assertEquals([await read('porthole_sessions{state="dialing"}'), await read('porthole_sessions{state="open"}')], [
    0,
    0,
  ]);
});

Deno.test("porthole_sessions is 0 for a state that no session has any more", async () => {
  const rig = createRig();
  const session = rig.open(0, 0);
  assertEquals(await rig.read('porthole_sessions{state="open"}'), 1);
  session.state = "closing";
  assertEquals(await rig.read('porthole_sessions{state="open"}'), 0);
  assertEquals(await rig.read('porthole_sessions{state="closing"}'), 1);
});

Deno.test("the histograms distinguish a source on this machine from one that takes 30 s", async () => {
  const { metrics, read } = createRig();
  for (const seconds of [0.0008, 0.002, 29]) metrics.dialed("ok", seconds);
  metrics.dialed("vnc_unreachable", 5);
  metrics.sessionOpened(0.02);
  const dialsWithin = (le: string) => read(`porthole_dial_seconds_bucket{le="${le}"}`);
  assertEquals([await dialsWithin("0.001"), await dialsWithin("20"), await dialsWithin("30")], [1, 2, 3]);
  assertEquals(await read("porthole_dial_seconds_count"), 3);
  assertEquals(await read('porthole_dials_total{code="vnc_unreachable"}'), 1);
  assertEquals(await read('porthole_first_byte_seconds_bucket{le="0.025"}'), 1);
});

/** What `promtool check metrics` complains about, for the metrics of one rendered text. */
function lint(text: string): string[] {
  const types = text.matchAll(/^# TYPE (\S+) (\w+)$/gm).map(([, name, type]) => [name!, type!] as const).toArray();
  const helped = new Set(text.matchAll(/^# HELP (\S+) \S.*$/gm).map(([, name]) => name));
  const rules: [complaint: string, breaks: (name: string, type: string) => boolean][] = [
    ["has no help text", (name) => !helped.has(name)],
    ["begins with another prefix", (name) => !name.startsWith("porthole_")],
    ["is not in snake_case", (name) => !/^[a-z]+(_[a-z]+)*$/.test(name)],
    ["is a counter without _total", (name, type) => type === "counter" && !name.endsWith("_total")],
    ["ends with _total and is no counter", (name, type) => type !== "counter" && name.endsWith("_total")],
    ["ends as the parts of a histogram do", (name) => /_(count|sum|bucket)$/.test(name)],
    ["carries its type in its name", (name, type) => name.split("_").includes(type)],
    ["is a histogram without a base unit", (name, type) => type === "histogram" && !/_(seconds|bytes)$/.test(name)],
    [
      "has a unit that is not a base unit",
      (name) => /_(ms|milliseconds?|minutes?|hours?|kb|mb|bits?|s|b)(_|$)/.test(name),
    ],
  ];
  return types.flatMap(([name, type]) =>
    rules.filter(([, breaks]) => breaks(name, type)).map(([complaint]) => `${name} ${complaint}`)
  );
}

Deno.test("the names of the metrics follow Prometheus's rules", async () => {
  const { metrics } = createRig();
  const text = await metrics.render();
  assert([...text.matchAll(/^# TYPE /gm)].length >= 9);
  assertEquals(lint(text), []);
});

Deno.test("lint() notices what promtool would", () => {
  const text = "# HELP porthole_x_total X.\n# TYPE porthole_x_total gauge\n# TYPE wait_ms histogram\n";
  assertEquals(lint(text), [
    "porthole_x_total ends with _total and is no counter",
    "wait_ms has no help text",
    "wait_ms begins with another prefix",
    "wait_ms is a histogram without a base unit",
    "wait_ms has a unit that is not a base unit",
  ]);
});
