import { assertEquals } from "@std/assert";
import { decideRole, type Identity, type Role } from "../../../src/access/access.ts";
import type { SourceConfig } from "../../../src/config/config.ts";
import { loadConfig } from "../../../src/config/load.ts";

async function loadSources(): Promise<ReadonlyMap<string, SourceConfig>> {
  const text = `sources:
  plain: a
  listed: { host: a, allow: [ada, "group:staff", "token:ci"] }
  both: { host: a, allow: [ada], view: ["group:guests"] }
  viewed: { host: a, view: ["group:guests"] }
  quiet: { host: a, view_only: true }
  nobody: { host: a, allow: [] }
`;
  return (await loadConfig({ text, env: () => undefined })).config.sources;
}

const identity = (name: string, groups: string[] = [], more: Partial<Identity> = {}): Identity => ({
  name,
  groups,
  admin: false,
  ambient: false,
  by: "token",
  proof: { by: "token", name },
  ...more,
});

Deno.test("decideRole() follows lists, groups and the bounds of the credential", async () => {
  const sources = await loadSources();
  const names = ["plain", "listed", "both", "viewed", "quiet", "nobody"];
  const rows: [string, Identity, (Role | null)[]][] = [
    ["named", identity("ada"), ["control", "control", "control", "control", "view", null]],
    ["in a group", identity("bob", ["staff"]), ["control", "control", null, "control", "view", null]],
    ["a guest", identity("eve", ["guests"]), ["control", null, "view", "view", "view", null]],
    ["an admin", identity("root", [], { admin: true }), [
      "control",
      "control",
      "control",
      "control",
      "view",
      "control",
    ]],
    ["a token", identity("token:ci"), ["control", "control", null, "control", "view", null]],
    ["bounded to view", identity("ada", [], { bounds: { role: "view" } }), [
      "view",
      "view",
      "view",
      "view",
      "view",
      null,
    ]],
    ["bounded to one", identity("ada", [], { bounds: { sources: ["both"] } }), [
      null,
      null,
      "control",
      null,
      null,
      null,
    ]],
    [
      "a share link",
      identity("link:x", [], { bounds: { sources: ["nobody"], role: "view", guest: true } }),
      [null, null, null, null, null, "view"],
    ],
  ];
  for (const [who, identity, expected] of rows) {
    assertEquals(names.map((name) => decideRole(identity, sources.get(name)!)), expected, who);
  }
});
