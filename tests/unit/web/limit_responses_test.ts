import { assertEquals, assertGreater, assertLess } from "@std/assert";
import { Hono } from "hono";
import type { Env } from "../../../src/web/env.ts";
import { limitResponses } from "../../../src/web/limit_responses.ts";
import { makeApp, readCode } from "./app_rig.ts";

const MANY = 300;

Deno.test("with too many responses under way, browsers read why, and programs get a problem", async () => {
  using rig = await makeApp({});
  const sent = Promise.withResolvers<void>();
  const ask = async (remote: string, accept = "*/*") => {
    const request = new Request("http://localhost:8443/static/a.css", { headers: { accept } });
    return await rig.app.fetch(request, { remote, whenSent: () => sent.promise });
  };
  let answered = 0;
  while (answered < MANY && (await ask("192.0.2.7")).ok) answered++;
  assertGreater(answered, 200);
  assertLess(answered, MANY);
  const problem = await ask("192.0.2.7");
  assertEquals([problem.status, problem.headers.get("retry-after"), await readCode(problem)], [503, "2", "busy"]);
  const text = await ask("192.0.2.7", "text/html,*/*;q=0.8");
  assertEquals([text.status, text.headers.get("content-type")], [503, "text/plain; charset=UTF-8"]);
  assertEquals(await text.text(), "Busy. Too many responses to your address are under way: try again in a moment.\n");
  assertEquals((await ask("192.0.2.8")).status, 200);
  sent.resolve();
  await sent.promise;
  assertEquals((await ask("192.0.2.7")).status, 200);
});

Deno.test("a response that fails in an unusual way is not under way any more", async () => {
  const app = new Hono<Env>();
  app.use(async (c, next) => {
    c.set("peer", { address: "192.0.2.7", origin: "http://h", prefix: "", proxied: false, via: "192.0.2.7" });
    await next();
  });
  app.use(limitResponses());
  app.get("/", () => {
    throw "not an Error";
  });
  app.get("/other", (c) => c.text("ok"));
  const ask = async (path: string) => await app.fetch(new Request(`http://h${path}`), { remote: "192.0.2.7" });
  for (let at = 0; at < MANY; at++) await ask("/").catch(() => {});
  assertEquals((await ask("/other")).status, 200);
});
