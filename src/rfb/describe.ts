/** Names for people; nothing in the protocol depends on them. */

const names: Readonly<Record<number, string>> = {
  1: "None",
  2: "VNC Authentication",
  5: "RSA-AES",
  6: "RSA-AES unencrypted",
  13: "RSA-AES two-step",
  16: "Tight",
  17: "Ultra",
  18: "TLS",
  19: "VeNCrypt",
  20: "SASL",
  21: "MD5",
  22: "XVP",
  23: "Secure Tunnel",
  30: "Apple Diffie-Hellman",
  33: "Apple Kerberos",
  35: "Apple Kerberos",
  36: "Apple Remote Desktop",
  113: "MS-Logon II",
  129: "RSA-AES-256",
  130: "RSA-AES-256 unencrypted",
  133: "RSA-AES-256 two-step",
  256: "Plain",
  257: "TLSNone",
  258: "TLSVnc",
  259: "TLSPlain",
  260: "X509None",
  261: "X509Vnc",
  262: "X509Plain",
  263: "TLSSASL",
  264: "X509SASL",
};

/** The name of a security type (below 256) or VeNCrypt subtype. */
export function nameSecurityType(code: number): string {
  return names[code] ?? `type ${code}`;
}

/** The path through nested types as one name: `[19, 262]` is "VeNCrypt X509Plain". */
export function nameSecurityPath(path: readonly number[]): string {
  return path.map(nameSecurityType).join(" ");
}

/** What a source offers in one line: "VeNCrypt X509Plain, RSA-AES-256" for `[19, 129]` with `[262]` inside type 19. */
export function describeOffer(types: readonly number[], subtypes: readonly number[] = []): string {
  const inner = subtypes.filter((code) => code > 255);
  return types.flatMap((code) =>
    code === 19 && inner.length > 0 ? inner.map((subtype) => nameSecurityPath([19, subtype])) : [nameSecurityType(code)]
  ).join(", ");
}
