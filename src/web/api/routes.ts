/** The JSON interface; /api/openapi.json describes it. */
import { Hono } from "hono";
import { z } from "zod";
import type { Env } from "../env.ts";
import { AUDIT_OPERATIONS } from "./audit.ts";
import { describeOperations } from "./document.ts";
import { LINK_OPERATIONS } from "./links.ts";
import { defineOperation, type Operation, serveOperations } from "./operation.ts";
import { SESSION_OPERATIONS } from "./sessions.ts";
import { SIGN_IN_OPERATIONS } from "./sign_ins.ts";
import { SOURCE_OPERATIONS } from "./sources.ts";

/** Makes the routes below /api. */
export function createApi(): Hono<Env> {
  const operations: Operation[] = [
    ...SOURCE_OPERATIONS,
    ...LINK_OPERATIONS,
    ...SESSION_OPERATIONS,
    ...SIGN_IN_OPERATIONS,
    ...AUDIT_OPERATIONS,
  ];
  operations.push(describeApi(operations));
  const api = new Hono<Env>();
  serveOperations(api, operations);
  return api;
}

/** The description of the operations, this one among them. */
function describeApi(operations: readonly Operation[]): Operation {
  let described: Record<string, unknown> | undefined;
  return defineOperation({
    method: "get",
    path: "/openapi.json",
    summary: "Describes this interface",
    success: {
      status: 200,
      description: "An OpenAPI 3.1 document",
      schema: z.looseObject({ openapi: z.literal("3.1.0") }),
    },
    errors: [],
    respond: (c) => ({
      openapi: "3.1.0" as const,
      info: { title: "Porthole", version: c.var.about.version, license: { name: "MIT", identifier: "MIT" } },
      servers: [{ url: c.var.base }],
      ...(described ??= describeOperations(operations, "/api")),
    }),
  });
}
