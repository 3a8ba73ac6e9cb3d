/** Comparison of configurations by value. */
import { Secret } from "./secret.ts";

/** Whether two parts of a configuration are deeply equal. Secrets are compared by their text. */
export function isSame(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (a instanceof Secret) return b instanceof Secret && a.reveal() === b.reveal();
  if (a instanceof URL) return b instanceof URL && a.href === b.href;
  if (a instanceof Map) return b instanceof Map && isSame([...a], [...b]);
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  return isSameObject(a, b);
}

function isSameObject(a: object, b: object): boolean {
  const keys = Object.keys(a);
  const at = (object: object, key: string): unknown => Reflect.get(object, key);
  return keys.length === Object.keys(b).length &&
    keys.every((key) => Object.hasOwn(b, key) && isSame(at(a, key), at(b, key)));
}
