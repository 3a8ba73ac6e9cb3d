import { assertEquals } from "@std/assert";
import { loadSettings, saveSettings } from "../../../src/viewer/settings.ts";

/** What the page starts with. */
const DEFAULT_SETTINGS = { fit: "fit", pinned: false, viewOnly: false, quality: 6, compression: 2 } as const;

const hold = (text: string | null) => ({ getItem: () => text });

Deno.test("loadSettings() returns what saveSettings() stored", () => {
  const kept = new Map<string, string>();
  const settings = { fit: "remote", pinned: true, viewOnly: true, quality: 0, compression: 9 } as const;
  saveSettings({ setItem: (key, value) => void kept.set(key, value) }, settings);
  assertEquals(loadSettings({ getItem: (key) => kept.get(key) ?? null }), settings);
});

Deno.test("loadSettings() falls back to the defaults, one by one", () => {
  for (const odd of [null, "", "{", "7", "[]", '"x"', "null"]) assertEquals(loadSettings(hold(odd)), DEFAULT_SETTINGS);
  const odd = JSON.stringify({ fit: "wide", pinned: 1, quality: 10, compression: 1.5, viewOnly: true });
  assertEquals(loadSettings(hold(odd)), { ...DEFAULT_SETTINGS, viewOnly: true });
});

Deno.test("settings work without storage", () => {
  const refuse = () => {
    throw new Error("SecurityError");
  };
  saveSettings({ setItem: refuse }, DEFAULT_SETTINGS);
  assertEquals(loadSettings({ getItem: refuse }), DEFAULT_SETTINGS);
});
