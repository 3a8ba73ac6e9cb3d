/** Values that are made when they are first needed, and then reused. */

/** Makes a value at the first call. */
export function once<Thing>(make: () => Thing): () => Thing {
  let made: { readonly thing: Thing } | undefined;
  return () => (made ??= { thing: make() }).thing;
}

/** Makes a value again only if its input has changed, compared by identity. */
export function memoize<From, Thing>(from: () => From, make: (from: From) => Thing): () => Thing {
  let made: { readonly from: From; readonly thing: Thing } | undefined;
  return () => {
    const now = from();
    if (made === undefined || !Object.is(made.from, now)) made = { from: now, thing: make(now) };
    return made.thing;
  };
}
