/** The description of the JSON interface, made from its operations: OpenAPI 3.1 (https://spec.openapis.org/oas/v3.1.0). */
import { z } from "zod";
import { type ErrorCode, FAILURES } from "../../errors.ts";
import { problemSchema } from "../problem_schema.ts";
import type { Operation } from "./operation.ts";

/** Codes that every operation can answer with: the guards' own. */
const ERRORS_OF_ALL: readonly ErrorCode[] = ["sign_in_required", "host_refused", "headers_too_large"];
/** Codes that every operation that changes something can answer with. */
const ERRORS_OF_CHANGES: readonly ErrorCode[] = ["origin_refused", "body_too_large"];

/** The parameters in paths. */
const PATH_PARAMETERS: Readonly<Record<string, string>> = {
  name: "The source's name in sources.yaml, or a token of a token file",
  id: "The id from the list",
};

/** Converts a schema; schemas with an id become components, which the result refers to. */
type Convert = (schema: z.ZodType) => unknown;

/** The paths and components of the description, for paths below `prefix`. */
export function describeOperations(operations: readonly Operation[], prefix: string) {
  const schemas: Record<string, unknown> = {};
  const convert: Convert = (schema) => {
    // Within an object, because only a nested schema becomes a reference.
    const { properties, $defs } = z.toJSONSchema(z.object({ schema }), { io: "input" });
    Object.assign(schemas, $defs);
    return properties!.schema;
  };
  const paths: Record<string, Record<string, unknown>> = {};
  for (const operation of operations) {
    const path = prefix + operation.path.replaceAll(/:(\w+)/g, "{$1}");
    paths[path] = { ...paths[path], [operation.method]: describeOperation(operation, convert) };
  }
  const described = JSON.stringify({ paths, components: { schemas } });
  return JSON.parse(described.replaceAll("#/$defs/", "#/components/schemas/")) as Record<string, unknown>;
}

function describeOperation(operation: Operation, convert: Convert): unknown {
  const { method, path, summary, query, body, success, errors } = operation;
  const codes = [...ERRORS_OF_ALL, ...(method === "get" ? [] : ERRORS_OF_CHANGES), ...errors];
  const parameters = [...describePath(path), ...describeQuery(query, convert)];
  return {
    summary,
    ...(parameters.length > 0 && { parameters }),
    ...(body && { requestBody: { content: { "application/json": { schema: convert(body) } } } }),
    responses: {
      [success.status]: {
        description: success.description,
        ...(success.schema && { content: { "application/json": { schema: convert(success.schema) } } }),
      },
      ...describeErrors(codes, convert),
      default: describeProblem("Any other failure", convert(problemSchema)),
    },
  };
}

function describePath(path: string): unknown[] {
  return [...path.matchAll(/:(\w+)/g)].map(([, name = ""]) => ({
    name,
    in: "path",
    required: true,
    description: PATH_PARAMETERS[name],
    schema: { type: "string" },
  }));
}

function describeQuery(query: z.ZodObject | undefined, convert: Convert): unknown[] {
  return Object.entries(query?.shape ?? {}).map(([name, schema]) => ({
    name,
    in: "query",
    schema: convert(schema as z.ZodType),
  }));
}

/** One response for each status, with its error codes. */
function describeErrors(codes: readonly ErrorCode[], convert: Convert): Record<string, unknown> {
  const byStatus = Map.groupBy(codes, (code) => String(FAILURES[code].status));
  return Object.fromEntries([...byStatus].map(([status, of]) => {
    const titles = of.map((code) => FAILURES[code].title).join("; ");
    const schema = { allOf: [convert(problemSchema), { properties: { code: { enum: of } } }] };
    return [status, describeProblem(titles, schema)];
  }));
}

function describeProblem(description: string, schema: unknown): unknown {
  return { description, content: { "application/problem+json": { schema } } };
}
