/** Two viewers on a real VNC server that keeps only one: each learns what became of it. */
import { assertEquals } from "@std/assert";
import { enterDesktop } from "../fakes/enter_desktop.ts";
import { startGateway, type TestGateway } from "../fakes/gateway.ts";
import { waitUntil } from "../fakes/wait_until.ts";
import { openViewer, type TestViewer } from "../fakes/web_viewer.ts";
import { type Mode, MODES } from "./modes.ts";
import { findPlaces, startServer, testMode } from "./servers.ts";

const places = await findPlaces();

/** What becomes of the first viewer when a second one comes, and of the second. */
interface Case {
  readonly mode: string;
  /** Added to the command of the mode. */
  readonly args?: string;
  /** Removed from it. */
  readonly without?: string;
  readonly source?: Readonly<Record<string, unknown>>;
  readonly first: "stays" | "taken_over";
  readonly second: "stays" | "turned away";
}

const BOTH = { first: "stays", second: "stays" } as const;
const NEW_ONE = { first: "taken_over", second: "stays" } as const;
const OLD_ONE = { first: "stays", second: "turned away" } as const;
const UNSHARED = { shared: false };
const READY = { prewarm: 1 };
/** Makes the gateway log in. A viewer that logs in itself gets TigerVNC's refusal as the server sends it. */
const BY_GATEWAY = { clipboard: "in" };

const CASES: readonly Case[] = [
  { mode: "TigerVNC 1.12, None", ...BOTH },
  { mode: "TigerVNC 1.12, None", source: UNSHARED, ...NEW_ONE },
  { mode: "TigerVNC 1.12, None", args: " -NeverShared=1", ...NEW_ONE },
  { mode: "TigerVNC 1.12, VncAuth", args: " -NeverShared=1", source: READY, ...NEW_ONE },
  { mode: "TigerVNC 1.12, None", args: " -NeverShared=1 -DisconnectClients=0", source: BY_GATEWAY, ...OLD_ONE },
  { mode: "TigerVNC 1.12, VncAuth", args: " -NeverShared=1 -DisconnectClients=0", ...OLD_ONE },
  { mode: "TightVNC 1.3, VncAuth", args: " -nevershared", ...NEW_ONE },
  { mode: "TightVNC 1.3, VncAuth", args: " -nevershared -dontdisconnect", source: READY, ...OLD_ONE },
  { mode: "x11vnc 0.9, None", without: "-shared ", ...OLD_ONE },
  { mode: "x11vnc 0.9, None", without: "-forever -shared ", ...OLD_ONE },
  { mode: "QEMU 7.2, None", source: UNSHARED, ...NEW_ONE },
  { mode: "wayvnc 0.5, None", source: UNSHARED, ...NEW_ONE },
];

for (const { mode: name, args = "", without = "", source = {}, first, second } of CASES) {
  const found = MODES.find((mode) => mode.name === name);
  if (!found) throw new Error(`There is no ${name}`);
  const mode = { ...found, command: found.command.replace(without, "") + args };
  const settings = Object.keys(source).length === 0 ? "" : ` and ${JSON.stringify(source)}`;
  const title = `${name}${args}${without && ` without ${without.trim()}`}${settings}`;
  const what = `of two viewers on ${title}, the first ${first}, the second ${second}`;
  testMode(mode, places, { what }, () => meet(mode, source, { first, second }));
}

async function meet(mode: Mode, settings: Case["source"], { first, second }: Pick<Case, "first" | "second">) {
  await using server = await startServer(mode, places);
  const live = { ...server.address, ...mode.login, ...settings };
  const yaml = JSON.stringify({ gateway: { data: server.lab.folder }, auth: "none", sources: { live } });
  await using gateway = await startGateway(yaml);
  gateway.gateway.applyConfig();
  await using old = await enter(gateway);
  // Two that arrive within a second of each other cannot be told apart if the server keeps the first.
  await waitUntil(() => gateway.gateway.registry.list()[0]!.ageMs > 1_200, "the first to have been there for a while");
  await using newer = await enter(gateway);
  if (first === "taken_over") {
    assertEquals(await old.closed, { code: 4409, reason: "Another viewer has taken over this screen" });
  }
  if (second === "turned away") {
    const reason = "Cannot open live: another viewer has it open, and the server does not accept a second viewer";
    assertEquals(await newer.closed, { code: 4502, reason });
  }
  const stays = [first, second].filter((outcome) => outcome === "stays").length;
  await waitUntil(() => gateway.gateway.registry.list().filter(isOpen).length === stays, "the others to stay");
  assertEquals([old, newer].filter(({ socket }) => socket.readyState === WebSocket.OPEN).length, stays);
  assertEquals(gateway.gateway.sources.get(gateway.live.current.sources.get("live")!).finding.status, "up");
}

const isOpen = ({ state }: { state: string }) => state === "open";

async function enter({ wsOrigin }: TestGateway): Promise<TestViewer> {
  const viewer = openViewer(`${wsOrigin}/ws/vnc/live`, ["binary"]);
  // A server may turn it away before or after its ServerInit.
  await enterDesktop(viewer).catch(() => {});
  return viewer;
}
