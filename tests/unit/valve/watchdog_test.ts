import { assert, assertEquals } from "@std/assert";
import { askListener, type Reached, watchListener } from "../../../src/valve/watchdog.ts";
import { waitUntil } from "../../fakes/wait_until.ts";

const at = (addr: Deno.Addr) => ({ kind: "tcp", hostname: "0.0.0.0", port: (addr as Deno.NetAddr).port }) as const;

Deno.test("askListener() tells a listener that answers from one that accepts nothing, and from none", async () => {
  const asked: string[] = [];
  await using server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, (request) => {
    asked.push(new URL(request.url).pathname);
    return new Response("ok");
  });
  assertEquals(await askListener(at(server.addr), false), "yes");
  assertEquals(asked, ["/healthz"]);
  const none = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  none.close();
  assertEquals(await askListener(at(none.addr), false), "no");
});

Deno.test("askListener() gives up on a listener that accepts nothing", async () => {
  using deaf = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  assertEquals(await askListener(at(deaf.addr), false, 50), "no");
});

Deno.test("watchListener() tells of silence after two misses in a row, and not of what it cannot know", async () => {
  const answers: Reached[] = ["no", "yes", "no", "unknown", "unknown", "no", "no"];
  const silences: number[] = [];
  const left: number[] = [];
  const clock = { ms: 0 };
  const watch = watchListener({
    ask: () => Promise.resolve(answers.shift() ?? "yes"),
    onSilent: (silentMs) => {
      silences.push(silentMs);
      left.push(answers.length);
    },
    everyMs: 1,
    now: () => clock.ms += 10,
  });
  await waitUntil(() => answers.length === 0 && silences.length === 2);
  watch.close();
  assertEquals(left, [1, 0]);
  assert(silences[0]! > 0 && silences[1]! > silences[0]!);
});
