/** A wrong method gets 405 and the list of right ones (RFC 9110 section 15.5.6). */
import type { Hono } from "hono";
import { PortholeError } from "../errors.ts";
import type { Env } from "./env.ts";

/** Answers every other method on the paths of the routes so far: call it after the last route. */
export function refuseOtherMethods(app: Hono<Env>): void {
  const methods = new Map<string, Set<string>>();
  for (const { path, method } of app.routes) {
    if (method === "ALL") continue;
    const known = methods.get(path) ?? new Set();
    methods.set(path, known.add(method));
  }
  for (const [path, known] of methods) {
    if (known.has("GET")) known.add("HEAD");
    const allow = [...known].sort().join(", ");
    app.all(path, (c) => {
      c.header("Allow", allow);
      throw new PortholeError("method_not_allowed", `This address only supports ${allow}`);
    });
  }
}
