/** One operation of the JSON interface: the declaration that describes it, and the function that answers it. */
import type { Context, Hono, MiddlewareHandler } from "hono";
import type { z } from "zod";
import type { ErrorCode } from "../../errors.ts";
import type { Env } from "../env.ts";
import { parseRequest, readJsonBody } from "../parse_request.ts";

/** The response of a success. */
export interface Success<Answer extends z.ZodType> {
  readonly status: 200 | 201 | 204;
  readonly description: string;
  /** The schema of the JSON body; left out where there is none. */
  readonly schema?: Answer;
}

/** An operation below /api. */
export interface Operation<
  Answer extends z.ZodType = z.ZodType,
  Body extends z.ZodType = z.ZodType,
  Query extends z.ZodObject = z.ZodObject,
> {
  readonly method: "get" | "post" | "delete";
  /** As Hono writes it: "/sources/:name". */
  readonly path: `/${string}`;
  readonly summary: string;
  readonly guards?: readonly MiddlewareHandler<Env>[];
  readonly query?: Query;
  readonly body?: Body;
  readonly success: Success<Answer>;
  /** Error codes besides those that every operation can answer with. */
  readonly errors: readonly ErrorCode[];
  /** Returns the body of a success. @throws PortholeError with one of the codes above. */
  respond(
    c: Context<Env>,
    request: { readonly query: z.output<Query>; readonly body: z.output<Body> },
  ): z.output<Answer> | Promise<z.output<Answer>>;
}

/** Declares an operation. The compiler checks that the result of `respond` matches the schema of the response. */
export function defineOperation<
  Answer extends z.ZodType = z.ZodVoid,
  Body extends z.ZodType = z.ZodUndefined,
  Query extends z.ZodObject = z.ZodObject,
>(operation: Operation<Answer, Body, Query>): Operation {
  return operation as unknown as Operation;
}

/** Adds a route for each operation. */
export function serveOperations(app: Hono<Env>, operations: readonly Operation[]): void {
  for (const operation of operations) {
    const { method, path, guards = [] } = operation;
    app.on(method, [path], ...guards, (c: Context<Env>) => answer(c, operation));
  }
}

async function answer(c: Context<Env>, operation: Operation): Promise<Response> {
  const { status, schema } = operation.success;
  const query = operation.query ? parseRequest(operation.query, c.req.query()) : {};
  const body = operation.body ? parseRequest(operation.body, await readJsonBody(c)) : undefined;
  const value = await operation.respond(c, { query, body });
  return schema && status !== 204 ? c.json(value as object, status) : c.body(null, 204);
}
