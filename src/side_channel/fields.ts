/** Readers of the fields of a JSON object from the network: each returns a value of its type or `MALFORMED`. Pure. */

/** Returned by a reader for a value that its field must not have. */
export const MALFORMED: unique symbol = Symbol("malformed");

/** Checks one field. A reader never throws, and what it returns shares nothing with its input. */
export type FieldReader<T> = (value: unknown) => T | typeof MALFORMED;

/** The fields of one message type, by name. */
export type FieldReaders = Readonly<Record<string, FieldReader<unknown>>>;

type FieldOf<R> = R extends FieldReader<infer T> ? T : never;
type OptionalName<R> = { [Name in keyof R]: undefined extends FieldOf<R[Name]> ? Name : never }[keyof R];

/** The object that these readers make. */
export type ObjectOf<R> =
  & { readonly [Name in Exclude<keyof R, OptionalName<R>>]: FieldOf<R[Name]> }
  & { readonly [Name in OptionalName<R>]?: Exclude<FieldOf<R[Name]>, undefined> };

/** An object with the fields that passed their readers and no others, or the name of the first that did not. */
export type ReadFields = { readonly object: Record<string, unknown> } | { readonly malformed: string };

/** Reads every field that `readers` names; other fields are ignored. */
export function readFields(readers: FieldReaders, from: Readonly<Record<string, unknown>>): ReadFields {
  const object: Record<string, unknown> = {};
  for (const [name, read] of Object.entries(readers)) {
    const value = read(Object.hasOwn(from, name) ? from[name] : undefined);
    if (value === MALFORMED) return { malformed: name };
    if (value !== undefined) object[name] = value;
  }
  return { object };
}

/** Text of at most `maxChars` UTF-16 units. Longer text is malformed. */
export function text(maxChars: number): FieldReader<string> {
  return (value) => typeof value === "string" && value.length <= maxChars ? value : MALFORMED;
}

/** Text to be shown. Longer text is cut and ends with an ellipsis. */
export function shownText(maxChars: number): FieldReader<string> {
  return (value) => typeof value === "string" ? cutText(value, maxChars) : MALFORMED;
}

/** `true` or `false`. */
export const flag: FieldReader<boolean> = (value) => typeof value === "boolean" ? value : MALFORMED;

/** A number from `min` to `max`. */
export function number(min: number, max: number): FieldReader<number> {
  return (value) => typeof value === "number" && value >= min && value <= max ? value : MALFORMED;
}

/** A whole number from `min` to `max`. */
export function wholeNumber(min: number, max: number): FieldReader<number> {
  const readNumber = number(min, max);
  return (value) => Number.isInteger(value) ? readNumber(value) : MALFORMED;
}

/** One of these words. */
export function oneOf<const Word extends string>(...words: readonly Word[]): FieldReader<Word> {
  return (value) => words.find((word) => word === value) ?? MALFORMED;
}

/** A list of 1 to `maxLength` items. */
export function listOf<T>(readItem: FieldReader<T>, maxLength: number): FieldReader<readonly T[]> {
  return (value) => {
    if (!Array.isArray(value) || value.length === 0 || value.length > maxLength) return MALFORMED;
    const items = value.map(readItem);
    return items.some((item) => item === MALFORMED) ? MALFORMED : items as T[];
  };
}

/** A field that may be left out. */
export function optional<T>(read: FieldReader<T>): FieldReader<T | undefined> {
  return (value) => value === undefined ? undefined : read(value);
}

/** Any JSON value, which its receiver only compares or sends back. Its size is limited by that of the frame. */
export const opaque: FieldReader<unknown> = (value) => value;

function cutText(value: string, maxChars: number): string {
  return value.length <= maxChars ? value : `${value.slice(0, maxChars - 1).replace(/[\uD800-\uDBFF]$/, "")}…`;
}
