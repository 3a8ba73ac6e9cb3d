/** A listener whose server ends by itself, as when no file descriptors are left. */
import { assertEquals, assertMatch } from "@std/assert";
import { makeCa, makeLeaf } from "../../src/tls/ca.ts";
import { type CertificateSource, readPair } from "../../src/tls/certificate.ts";
import { createPublished } from "../../src/tls/published.ts";
import { createListener, type ListenerOptions } from "../../src/tls/serve.ts";

function listen(options: Partial<ListenerOptions>) {
  const listener = createListener({
    serve: Deno.serve,
    address: { kind: "tcp", hostname: "127.0.0.1", port: 0 },
    handler: () => new Response("hello"),
    ...options,
  });
  const { port } = listener.address as { port: number };
  return { listener, port, [Symbol.asyncDispose]: () => listener.close() };
}

/** A runtime whose servers end by themselves when told to, and whose port is then taken for a while. */
function makeFrailServe() {
  const ends: ((reason: Error) => void)[] = [];
  const state = { refusals: 0 };
  const serve = ((...given: Parameters<typeof Deno.serve>) => {
    if (state.refusals-- > 0) throw new Deno.errors.AddrInUse("in use");
    const server = Deno.serve(...given);
    const end = Promise.withResolvers<void>();
    ends.push(end.reject);
    const finished = Promise.race([server.finished, end.promise]);
    return new Proxy(server, {
      get(target, key) {
        if (key === "finished") return finished;
        const value = Reflect.get(target, key);
        return typeof value === "function" ? value.bind(target) : value;
      },
    });
  }) as typeof Deno.serve;
  return { serve, state, end: () => ends.pop()?.(new Error("Too many open files")) };
}

Deno.test("a listener whose server ends comes back as soon as there is room, and is told of once", async () => {
  const { serve, end } = makeFrailServe();
  const said: string[] = [];
  const [down, up] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  let looks = 0;
  await using rig = listen({
    serve,
    tell: (_level, message) => said.push(message),
    revival: { hasRoom: () => ++looks > 2, onDown: down.resolve, onUp: up.resolve },
  });
  end();
  await down.promise;
  assertEquals(rig.listener.isUp, false);
  await up.promise;
  assertEquals([rig.listener.isUp, looks], [true, 3]);
  assertEquals(await (await fetch(`http://127.0.0.1:${rig.port}/`)).text(), "hello");
  assertEquals(said, [`Cannot accept connections on 127.0.0.1:${rig.port}, trying again: Too many open files`]);
});

Deno.test("a listener that cannot come back says so once, and goes on trying", async () => {
  const { serve, state, end } = makeFrailServe();
  const reasons: string[] = [];
  const up = Promise.withResolvers<void>();
  const onGivenUp = (reason: string) => {
    reasons.push(reason);
    state.refusals = 1;
  };
  await using _rig = listen({ serve, revival: { onGivenUp, onUp: up.resolve, giveUpMs: 1 } });
  state.refusals = 1_000;
  end();
  await up.promise;
  assertEquals(reasons.length, 1);
  assertMatch(reasons[0]!, /^Cannot accept connections on 127\.0\.0\.1:\d+: Cannot listen on .*: another program is/);
});

Deno.test("a listener that comes back at once is not given up, however late that is noticed", async () => {
  const { serve, end } = makeFrailServe();
  const reasons: string[] = [];
  const up = Promise.withResolvers<void>();
  await using rig = listen({
    serve,
    revival: { onGivenUp: (reason) => reasons.push(reason), onUp: up.resolve, giveUpMs: 0 },
  });
  end();
  await up.promise;
  assertEquals([rig.listener.isUp, reasons], [true, []]);
});

Deno.test("a listener that ends again and again says so, though it comes back each time", async () => {
  const { serve, end } = makeFrailServe();
  const givenUp = Promise.withResolvers<string>();
  await using _rig = listen({ serve, revival: { onGivenUp: givenUp.resolve, onUp: end, giveUpMs: 0 } });
  end();
  assertMatch(await givenUp.promise, /Too many open files$/);
});

Deno.test("a listener that is replaced soon after it came back counts as steady all the same", async () => {
  const { serve, end } = makeFrailServe();
  const [up, steady] = [Promise.withResolvers<void>(), Promise.withResolvers<string>()];
  const tell = (level: string, message: string) => {
    if (level === "info") steady.resolve(message);
  };
  await using rig = listen({ serve, tell, revival: { onUp: up.resolve, steadyMs: 50 } });
  end();
  await up.promise;
  await rig.listener.replace();
  assertMatch(await steady.promise, /^Accepting connections again on 127\.0\.0\.1:\d+, after/);
});

Deno.test("a listener whose port is taken while it is renewed comes back", async () => {
  const { serve, state } = makeFrailServe();
  const up = Promise.withResolvers<void>();
  const names = ["127.0.0.1"];
  const ca = await makeCa({ host: "gate", names, nowMs: Date.now() });
  const sign = async () => {
    const { cert, key } = await makeLeaf({ ca, names, nowMs: Date.now() });
    return readPair(cert, key, { cert: "cert", key: "key" });
  };
  const { publish, ...published } = createPublished(await sign());
  const certificate: CertificateSource = {
    get current() {
      return published.current;
    },
    subscribe: published.subscribe,
    close: () => {},
  };
  // It stays taken for as long as it is tried.
  const revival = { onDown: () => state.refusals = 2, onUp: up.resolve };
  await using rig = listen({ serve, sharesPort: false, certificate, revival });
  state.refusals = Infinity;
  publish(await sign());
  await up.promise;
  using client = Deno.createHttpClient({ caCerts: [ca.cert] });
  assertEquals(await (await fetch(`https://127.0.0.1:${rig.port}/`, { client })).text(), "hello");
});

Deno.test("replace() keeps the old server where no new one can start, and says so", async () => {
  const { serve, state } = makeFrailServe();
  const said: string[] = [];
  await using rig = listen({ serve, sharesPort: true, tell: (_level, message) => said.push(message) });
  state.refusals = 1;
  await rig.listener.replace();
  assertEquals(await (await fetch(`http://127.0.0.1:${rig.port}/`)).text(), "hello");
  assertMatch(said.join(), /^Keeping the connections to 127\.0\.0\.1:\d+: Cannot listen on .*: another program is/);
});

Deno.test("replace() goes on at the same unix socket, and on a port that cannot be shared", async () => {
  const folder = await Deno.makeTempDir();
  const path = `${folder}/porthole.sock`;
  {
    await using rig = listen({ address: { kind: "unix", path } });
    using client = Deno.createHttpClient({ proxy: { transport: "unix", path }, poolMaxIdlePerHost: 0 });
    for (let round = 0; round < 3; round++) {
      assertEquals(await (await fetch("http://localhost/", { client })).text(), "hello");
      await rig.listener.replace();
    }
  }
  await Deno.remove(folder, { recursive: true });
  await using rig = listen({ sharesPort: false });
  await rig.listener.replace();
  using client = Deno.createHttpClient({ poolMaxIdlePerHost: 0 });
  assertEquals(await (await fetch(`http://127.0.0.1:${rig.port}/`, { client })).text(), "hello");
  assertEquals(rig.listener.isUp, true);
});
