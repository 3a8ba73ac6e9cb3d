import { assertEquals } from "@std/assert";
import { DEFAULT_SETTINGS, loadSettings, saveSettings } from "../../../src/viewer/settings.ts";

const hold = (text: string | null) => ({ getItem: () => text });

Deno.test("loadSettings() gives back what saveSettings() kept", () => {
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

Deno.test("settings live without storage", () => {
  const refuse = () => {
    throw new Error("SecurityError");
  };
  saveSettings({ setItem: refuse }, DEFAULT_SETTINGS);
  assertEquals(loadSettings({ getItem: refuse }), DEFAULT_SETTINGS);
});
