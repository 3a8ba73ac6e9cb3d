/** API tokens: `Authorization: Bearer` (RFC 6750), or a subprotocol where a browser cannot set headers. */
import type { Config } from "../config/config.ts";
import { PortholeError } from "../errors.ts";
import type { Credential, Proof } from "./access.ts";
import { type Lineage, nameToken } from "./lineage.ts";
import { OWNER } from "./login_link.ts";
import { markHash } from "./marks.ts";
import { hashToken, isSameHash, makeToken } from "./opaque_token.ts";
import type { TokenGuesses } from "./token_guesses.ts";

/** Prefix of the subprotocol that carries a token on a WebSocket. */
export const TOKEN_PROTOCOL = "porthole.token.";

interface BearerOptions {
  config: () => Config;
  lineage: Pick<Lineage, "find">;
  /** Whether this is the token of the login link, and the link may be used. */
  isLoginToken: (token: string) => Promise<boolean>;
  guesses: Pick<TokenGuesses, "admit" | "accept">;
}

/** Makes the credential of API tokens. Refuses an invalid token, even if the request also has a valid cookie. */
export function createBearerCredential({ config, lineage, isLoginToken, guesses }: BearerOptions): Credential {
  const prove = async (token: string, hash: string): Promise<Proof | undefined> => {
    const { auth } = config();
    const found = auth.mode === "none" ? undefined : auth.tokens.find((one) => isSameHash(one.hash, hash));
    if (found) return { by: "token", name: nameToken(found), of: markHash(hash) };
    return await isLoginToken(token) ? { by: "login_link", name: OWNER.name, of: markHash(hash) } : undefined;
  };
  return async (request, { address }) => {
    const token = readToken(request);
    if (token === undefined) return null;
    const hash = hashToken(token);
    await guesses.admit(hash, address);
    const proof = await prove(token, hash);
    const holder = proof && await lineage.find(proof);
    if (!holder) throw new PortholeError("sign_in_required", "This token is invalid, expired or revoked");
    await guesses.accept(hash, address);
    return { ...holder, ambient: false, by: "token", proof };
  };
}

/** The token that a request carries, if any. */
function readToken({ headers }: Request): string | undefined {
  const authorization = headers.get("authorization");
  if (authorization !== null) return /^Bearer +([^\s,]+) *$/i.exec(authorization)?.[1];
  const offered = (headers.get("sec-websocket-protocol") ?? "").split(",").map((name) => name.trim());
  return offered.find((name) => name.startsWith(TOKEN_PROTOCOL))?.slice(TOKEN_PROTOCOL.length);
}

/** The text that `token` prints: a new token, and the entry for sources.yaml. */
export function describeNewToken(token: string = makeToken()): string {
  return `token: ${token}

Store it safely: it is shown only once. Add its hash to sources.yaml, with a name, scopes (view, control, links, metrics,
admin) and an expiry date:
auth:
  tokens:
    - { name: my-program, hash: "sha256:${hashToken(token)}", scopes: [control], expires: 2027-12-31 }`;
}
