import { assertEquals } from "@std/assert";
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

Deno.test("askListener() knows nothing while the machine does not have the address, as a laptop without its network", async () => {
  // RFC 5737: an address for documents, which no machine has.
  const away = { kind: "tcp", hostname: "192.0.2.1", port: 80 } as const;
  assertEquals(await askListener(away, false, 50), "unknown");
});

Deno.test("watchListener() counts misses in a row, however long they take, and not what it cannot know", async () => {
  const answers: Reached[] = ["no", "yes", "no", "unknown", "unknown", "no", "no", "yes", "no"];
  const told: number[][] = [];
  const watch = watchListener({
    ask: () => Promise.resolve(answers.shift() ?? "yes"),
    onSilent: (misses) => void told.push([misses, answers.length]),
    everyMs: 1,
  });
  await waitUntil(() => answers.length === 0);
  watch.close();
  assertEquals(told, [[2, 3], [3, 2]]);
});

Deno.test("watchListener() says nothing of a listener that it never reached, as behind a firewall", async () => {
  let asked = 0;
  const told: number[] = [];
  const ask = () => {
    asked++;
    return Promise.resolve<Reached>("no");
  };
  const watch = watchListener({ ask, onSilent: (misses) => void told.push(misses), everyMs: 1 });
  await waitUntil(() => asked >= 5);
  watch.close();
  assertEquals(told, []);
});
