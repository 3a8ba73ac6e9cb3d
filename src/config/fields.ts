/** The building blocks of the schemas of sources.yaml. Each error is one sentence that says what a value must be. */
import { z } from "zod";
import { findNearest } from "./nearest.ts";
import { type Path, quote } from "./problem.ts";
import { parseDuration, parseShareOrSize, parseSize } from "./units.ts";

/** Something that is wrong in a section; `at` is "key" when the key is wrong, not its value. */
export interface Complaint {
  readonly path: Path;
  readonly message: string;
  readonly at?: "key" | "value";
}

/** Text. Numbers and booleans must be in quotes. */
export function text(): z.ZodString {
  return z.string({
    error: ({ input }) => {
      if (input === undefined) return "is missing";
      return ["number", "boolean"].includes(typeof input) ? "must be text: put it in quotes" : "must be text";
    },
  }).min(1, "must not be empty");
}

/** Text that `parse` converts; `parse` throws SyntaxError with a sentence. */
export function parsed<T>(parse: (text: string) => T) {
  return text().transform((value, context) => attempt(() => parse(value), context));
}

/** An address that `parse` converts. */
export function address<T>(parse: (text: string) => T) {
  const schema = parsed(parse);
  return choose<T>((written) => {
    if (typeof written === "string") return schema;
    return Array.isArray(written) ? `must be in quotes, such as "[::1]:5900"` : "must be HOST or HOST:PORT";
  });
}

/** A whole number. */
export function integer(least: number, most: number = Number.MAX_SAFE_INTEGER): z.ZodNumber {
  const range = most === Number.MAX_SAFE_INTEGER ? `of at least ${least}` : `from ${least} to ${most}`;
  const message = `must be a whole number ${range}`;
  return z.number(message).int(message).min(least, message).max(most, message);
}

/** True or false. */
export function flag(): z.ZodBoolean {
  return z.boolean("must be true or false");
}

/** One of these words. */
export function word<const Words extends readonly [string, ...string[]]>(words: Words) {
  return z.enum(words, { error: () => `must be ${joinWords(words)}` });
}

/** A list whose items are each checked. */
export function list<T extends z.ZodType>(item: T): z.ZodArray<T> {
  return z.array(item, { error: "must be a list" });
}

/** A mapping of names to values, as a Map, so that `__proto__` is a name like any other. */
export function mapping<T extends z.ZodType>(name: RegExp, item: T) {
  return z.unknown().transform((written, context): Map<string, z.output<T>> => {
    if (!isMapping(written)) return complain(context, [{ path: [], message: "must be a mapping of names to values" }]);
    const complaints: Complaint[] = [];
    const found = new Map<string, z.output<T>>();
    for (const [key, value] of Object.entries(written)) {
      if (!name.test(key)) complaints.push({ path: [key], message: "is not a valid name", at: "key" });
      const result = item.safeParse(value);
      if (result.success) found.set(key, result.data);
      for (const issue of readIssues(result.error, [])) complaints.push({ ...issue, path: [key, ...issue.path] });
    }
    return complaints.length > 0 ? complain(context, complaints) : found;
  });
}

/** A duration with its unit, in milliseconds. */
export function duration(leastMs = 0) {
  return measure(parseDuration, leastMs, `must be at least ${leastMs} ms`);
}

/** The longest delay of a timer, in whole days: one of 2 ** 31 ms fires at once. */
const TIMER_MAX_MS = 24 * 86_400_000;

/** A duration that a timer measures. */
export function timeout(leastMs = 0) {
  return duration(leastMs).refine((ms) => ms <= TIMER_MAX_MS, "must be at most 24d");
}

/** A size with its unit, in bytes. */
export function size(leastBytes: number) {
  return measure(parseSize, leastBytes, `must be at least ${leastBytes} bytes`);
}

/** A share in percent, a size with its unit of at least `leastBytes`, or 0. */
export function shareOrSize(leastBytes: number) {
  return z.union([z.string(), z.number()], { error: "must be text such as 75% or 2GiB" })
    .transform((value, context) => attempt(() => parseShareOrSize(value), context))
    .refine((limit) => !("bytes" in limit) || limit.bytes === 0 || limit.bytes >= leastBytes, {
      error: `must be at least ${leastBytes / 1024 ** 2}MiB, or 0`,
    });
}

function measure(parse: (value: string | number) => number, least: number, message: string) {
  return z.union([z.string(), z.number()], { error: "must be text such as 5s or 16MiB" })
    .transform((value, context) => attempt(() => parse(value), context))
    .refine((amount) => amount >= least, message);
}

/** A mapping with only these keys. `check` gets the mapping as it was written, even if parts of it are invalid. */
export function section<Shape extends z.ZodRawShape>(
  shape: Shape,
  check: (written: Readonly<Record<string, unknown>>) => Iterable<Complaint> = () => [],
) {
  const inner = z.strictObject(shape);
  return z.unknown().transform((written, context): z.output<typeof inner> => {
    if (!isMapping(written)) return complain(context, [{ path: [], message: "must be a mapping of keys to values" }]);
    const result = inner.safeParse(written);
    const complaints = [...readIssues(result.error, Object.keys(shape)), ...check(written)];
    return result.success && complaints.length === 0 ? result.data : complain(context, complaints);
  });
}

/** A value of several forms: `pick` gives the schema for the form that was written, or a sentence if it has none. */
export function choose<T>(pick: (written: unknown) => z.ZodType<T> | string) {
  return z.unknown().transform((written, context): T => {
    const schema = pick(written);
    if (typeof schema === "string") return complain(context, [{ path: [], message: schema }]);
    const result = schema.safeParse(written);
    return result.success ? result.data : complain(context, [...readIssues(result.error, [])]);
  });
}

/** The issues of a schema as complaints, one for each unknown key, with the nearest known key. */
export function* readIssues(error: z.ZodError | undefined, knownKeys: readonly string[]): Generator<Complaint> {
  for (const issue of error?.issues ?? []) {
    const path = issue.path as Path;
    if (issue.code === "unrecognized_keys") {
      for (const key of issue.keys) yield refuseKey([...path, key], key, knownKeys);
    } else {
      const at = issue.code === "custom" && issue.params?.at === "key" ? "key" : "value";
      yield { path, message: issue.message, at };
    }
  }
}

/** Whether the value is a mapping, not a list, a scalar or null. */
export function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function refuseKey(path: Path, key: string, knownKeys: readonly string[]): Complaint {
  const nearest = findNearest(key, knownKeys);
  const advice = nearest === undefined ? `known keys are ${knownKeys.join(", ")}` : `did you mean ${nearest}?`;
  return { path, message: `is not a known key; ${advice}`, at: "key" };
}

function attempt<T>(parse: () => T, context: z.RefinementCtx): T {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return complain(context, [{ path: [], message: error.message }]);
  }
}

function complain(context: z.RefinementCtx, complaints: readonly Complaint[]): never {
  for (const { path, message, at } of complaints) {
    context.addIssue({ code: "custom", path: [...path], message, params: { at } });
  }
  return z.NEVER as never;
}

function joinWords(words: readonly string[]): string {
  const quoted = words.map((each) => quote(each).slice(1, -1));
  return quoted.length < 2 ? quoted.join("") : `${quoted.slice(0, -1).join(", ")} or ${quoted.at(-1)}`;
}
