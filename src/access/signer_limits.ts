/** The limits of those who sign tokens for other programs: `sources` and `role` of `auth.jwt`. */
import type { TokenSigner } from "../config/config.ts";
import { markToken } from "../config/source_token.ts";
import type { Bounds } from "./access.ts";

/** Whether the tokens of a signer may open a source; both may be named by the token of a token file. */
export function mayOpen({ sources }: TokenSigner, source: string): boolean {
  const names = [source, markToken(source).name];
  return !sources || sources.some((one) => names.includes(one) || markToken(one).name === source);
}

/** What a token may do of what it asks for. Signers may share a key: one that may open the source counts. */
export function limitBounds(asked: Bounds, signers: readonly TokenSigner[]): Bounds {
  const { sources = [], role } = asked;
  const opens = (signer: TokenSigner) => sources.every((source) => mayOpen(signer, source));
  const signer = signers.find(opens);
  const highest = (signer ?? signers[0])?.role;
  return { ...asked, sources: signer ? sources : [], ...(role && { role: highest === "view" ? highest : role }) };
}
