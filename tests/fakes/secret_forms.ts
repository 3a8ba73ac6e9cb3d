/** The forms in which a secret could get out, and the search for them. */

/** One form: its name, and its characters, each a byte. */
type Form = readonly [name: string, text: string];

/** Bytes as a text with one character each, which can be searched. */
export function toSearchable(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += 8192) text += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return text;
}

/** Every form of the secrets that is found in a text; empty is what a test wants. */
export function findSecrets(text: string, secrets: readonly (string | Uint8Array)[]): string[] {
  // Bytes that are shown as numbers are set in columns.
  const compact = text.replace(/\s/g, "");
  const has = (form: string) => text.includes(form) || compact.includes(form);
  return secrets.flatMap((secret, at) =>
    listForms(secret).filter(([, form]) => has(form)).map(([name]) => `secret ${at}: ${name}`)
  );
}

function listForms(secret: string | Uint8Array): Form[] {
  if (typeof secret !== "string") return listByteForms(secret);
  const bytes = new TextEncoder().encode(secret);
  return [
    ...listByteForms(bytes),
    ["URL-encoded", encodeURIComponent(secret)],
    ["in a query", new URLSearchParams([["", secret]]).toString().slice(1)],
    ["in JSON", JSON.stringify(secret).slice(1, -1)],
    ["in JSON, escaped for scripts", JSON.stringify(secret).slice(1, -1).replaceAll("<", "\\u003c")],
    ["in HTML", secret.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;")],
    ["UTF-16", [...secret].join("\0")],
    ["as the key of DES", toSearchable(bytes.subarray(0, 8).map(mirrorBits))],
  ];
}

function listByteForms(bytes: Uint8Array): Form[] {
  const hex = bytes.toHex();
  const pairs = hex.match(/../g)!;
  return [
    ["as it is", toSearchable(bytes)],
    ["hex", hex],
    ["HEX", hex.toUpperCase()],
    ["hex with colons", pairs.join(":")],
    ["numbers", bytes.join(",")],
    ...(["base64", "base64url"] as const).flatMap((alphabet) =>
      [0, 1, 2].map((before): Form => [`${alphabet} after ${before}`, encodeWithin(bytes, before, alphabet)])
    ),
  ];
}

/** The characters that these bytes alone decide when so many others stand before them in the same text of base64. */
function encodeWithin(bytes: Uint8Array, before: number, alphabet: "base64" | "base64url"): string {
  const whole = new Uint8Array(before + bytes.length);
  whole.set(bytes, before);
  return whole.toBase64({ alphabet, omitPadding: true }).slice(
    Math.ceil(before * 8 / 6),
    Math.floor(whole.length * 8 / 6),
  );
}

function mirrorBits(byte: number): number {
  let mirrored = 0;
  for (let bit = 0; bit < 8; bit++) mirrored |= (byte >> bit & 1) << (7 - bit);
  return mirrored;
}
