/** `/websockify?token=<JWT>`: a token signed by another program, which names one source (RFC 7519). */
import { decodeProtectedHeader, errors, importSPKI, jwtVerify } from "jose";
import type { Config, TokenSigner } from "../config/config.ts";
import { PortholeError } from "../errors.ts";
import type { Credential, Proof, Role } from "./access.ts";
import type { Lineage } from "./lineage.ts";
import { markSigner } from "./marks.ts";
import { mayOpen } from "./signer_limits.ts";
import { isForWebsockify, readWebsockifyToken } from "./websockify_request.ts";

/** Longer tokens are refused unread, because checking them costs time. */
const TOKEN_MAX_CHARS = 8192;
const CLOCK_TOLERANCE_S = 5;

interface SignedTokenOptions {
  config: () => Config;
  lineage: Pick<Lineage, "find">;
}

interface Claims {
  readonly source: string;
  readonly role: Role;
  readonly subject: string;
}

/**
 * Makes the credential of signed tokens, for the WebSocket route. `exp` is required; the source can be opened until then.
 * As with websockify, an open session continues after that, until the signer is removed from sources.yaml.
 */
export function createSignedTokenCredential({ config, lineage }: SignedTokenOptions): Credential {
  const signersNow = () => {
    const { auth } = config();
    return auth.mode === "none" ? [] : auth.signers;
  };
  return async (request) => {
    const token = readSignedToken(request);
    if (token === undefined || signersNow().length === 0) return null;
    const { signer, claims } = await verifyAny(token, signersNow());
    const proof = prove(claims, signer);
    const holder = await lineage.find(proof);
    return holder ? { ...holder, ambient: false, by: "jwt", proof } : null;
  };
}

/** The token in the address of a WebSocket handshake, if it looks like a signed one. */
function readSignedToken(request: Request): string | undefined {
  const token = isForWebsockify(request) ? readWebsockifyToken(request) : undefined;
  return token && /^eyJ[\w-]+\.[\w-]*\.[\w-]*$/.test(token) ? token : undefined;
}

interface Verified {
  readonly signer: TokenSigner;
  readonly claims: Claims;
}

/** Signers may share a key and have different limits: one that may open the source is taken if there is one. */
async function verifyAny(token: string, signers: readonly TokenSigner[]): Promise<Verified> {
  let refusal: unknown;
  let limited: Verified | undefined;
  for (const signer of token.length > TOKEN_MAX_CHARS ? [] : signers) {
    try {
      const verified = { signer, claims: await verify(token, signer) };
      if (mayOpen(signer, verified.claims.source)) return verified;
      limited ??= verified;
    } catch (error) {
      // "Expired" explains more than the failed signatures of the other signers.
      if (!(refusal instanceof errors.JWTExpired)) refusal = error;
    }
  }
  if (limited) return limited;
  const sentence = refusal instanceof errors.JWTExpired ? "This token has expired" : "This token is invalid";
  throw new PortholeError("sign_in_required", sentence, { cause: refusal });
}

async function verify(token: string, { key, issuer, audience }: TokenSigner): Promise<Claims> {
  const { alg } = decodeProtectedHeader(token);
  const options = {
    algorithms: key.kind === "secret" ? ["HS256"] : ["RS256", "ES256"],
    requiredClaims: ["exp"],
    clockTolerance: CLOCK_TOLERANCE_S,
    ...(issuer !== undefined && { issuer }),
    ...(audience !== undefined && { audience }),
  };
  const material = key.kind === "secret"
    ? new TextEncoder().encode(key.secret.reveal())
    : await importSPKI(key.pem, alg === "ES256" ? "ES256" : "RS256");
  const { payload } = await jwtVerify(token, material, options);
  return readClaims(payload);
}

/** A token must name a source of sources.yaml. Tokens made for websockify name a host, and are refused. */
function readClaims(payload: Readonly<Record<string, unknown>>): Claims {
  const { source, role = "control", sub } = payload;
  if (typeof source !== "string" || "host" in payload || "port" in payload) throw new Error("names no source");
  if (role !== "view" && role !== "control") throw new Error("has an unknown role");
  return { source, subject: typeof sub === "string" ? sub.slice(0, 64) : "unnamed", role };
}

function prove({ source, role, subject }: Claims, signer: TokenSigner): Proof {
  const bounds = { sources: [source], role, guest: true, links: false };
  return { by: "jwt", name: `jwt:${subject}`, of: markSigner(signer), bounds };
}
