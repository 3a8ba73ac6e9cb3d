/** Things that are made when they are first needed, and kept. */

/** Makes a thing when it is first asked for. */
export function once<Thing>(make: () => Thing): () => Thing {
  let made: { readonly thing: Thing } | undefined;
  return () => (made ??= { thing: make() }).thing;
}

/** Makes a thing anew only when what it is made from has changed, compared by identity. */
export function memoize<From, Thing>(from: () => From, make: (from: From) => Thing): () => Thing {
  let made: { readonly from: From; readonly thing: Thing } | undefined;
  return () => {
    const now = from();
    if (made === undefined || !Object.is(made.from, now)) made = { from: now, thing: make(now) };
    return made.thing;
  };
}
