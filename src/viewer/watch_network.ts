/** Says when the device has another network: what goes over the one before may never arrive, and no error says so. */

/** The part of the Network Information API that browsers on phones have. */
interface NetworkInformation extends EventTarget {
  readonly type?: string;
}

/** Calls back when the device is online again, or when its kind of network changes. */
export function watchNetwork(onNew: () => void): void {
  addEventListener("online", onNew);
  const { connection } = navigator as Navigator & { readonly connection?: NetworkInformation };
  let kind = connection?.type;
  // The event also comes when the browser only measured another speed.
  connection?.addEventListener("change", () => {
    const before = kind;
    kind = connection.type;
    if (kind !== before && kind !== "none") onNew();
  });
}
