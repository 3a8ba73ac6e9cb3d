/** Deeply freezes plain objects, arrays and Maps. Instances of classes such as Secret and URL are left alone. */
export function freezeDeeply<T>(value: T): T {
  if (value instanceof Map) return freezeMap(value);
  if (!isPlain(value) || Object.isFrozen(value)) return value;
  for (const part of Object.values(value)) freezeDeeply(part);
  return Object.freeze(value);
}

function isPlain(value: unknown): value is object {
  if (typeof value !== "object" || value === null) return false;
  return Array.isArray(value) || Object.getPrototypeOf(value) === Object.prototype;
}

/** Object.freeze() does not protect the entries of a Map, so its mutating methods are replaced as well. */
function freezeMap<T extends Map<unknown, unknown>>(map: T): T {
  if (Object.isFrozen(map)) return map;
  for (const part of map.values()) freezeDeeply(part);
  const value = () => {
    throw new TypeError("Cannot change a frozen Map");
  };
  return Object.freeze(Object.defineProperties(map, { set: { value }, delete: { value }, clear: { value } }));
}
