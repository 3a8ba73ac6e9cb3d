/** A guarded gateway whose configuration and clock a test can change. */
import { openAccessStores } from "../../src/access/stores.ts";
import type { Config } from "../../src/config/config.ts";
import { loadConfig } from "../../src/config/load.ts";
import { createDemo } from "../../src/demo/connect.ts";
import { makeStores, writeGuardedYaml } from "./callers.ts";
import { startGateway } from "./gateway.ts";

/** Starts it with the built-in desktop for every source; `edit` is done first. */
export async function startEditable(edit: (yaml: string) => string = (yaml) => yaml) {
  const demo = createDemo();
  const clock = { aheadMs: 0 };
  const stores = await makeStores();
  const load = async (change: (yaml: string) => string) => {
    const text = change(edit(writeGuardedYaml(1).replaceAll(/host: 127.0.0.1, port: 1\b/g, "demo: true")));
    return (await loadConfig({ text, env: () => undefined, overrides: { tls: { mode: "none" } } })).config;
  };
  const live: { current: Config; problems: string[] } = { current: await load((yaml) => yaml), problems: [] };
  const gateway = await startGateway("sources: {}", {
    live,
    stores,
    openDemo: () => demo.connect(),
    now: () => Date.now() + clock.aheadMs,
  });
  return {
    ...gateway,
    live,
    stores: openAccessStores(stores),
    allStores: stores,
    clock,
    /** Loads the edited file as the watcher does; sources that did not change keep their identity. */
    async edit(change: (yaml: string) => string) {
      const next = await load(change);
      const sources = new Map([...next.sources].map(([name, source]) => {
        const before = live.current.sources.get(name);
        return [name, before && JSON.stringify(before) === JSON.stringify(source) ? before : source];
      }));
      live.current = { ...next, sources };
      gateway.gateway.applyConfig();
    },
  };
}

/** The gateway that startEditable() starts. */
export type EditableGateway = Awaited<ReturnType<typeof startEditable>>;
