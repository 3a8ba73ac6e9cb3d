/** `/websockify?token=<JWT>`: a token that another program signed and that names one source (RFC 7519). */
import { decodeProtectedHeader, errors, importSPKI, jwtVerify } from "jose";
import type { Config, TokenSigner } from "../config/config.ts";
import { PortholeError } from "../errors.ts";
import type { Credential, Identity } from "./access.ts";

/** A longer one is no token of ours; checking costs time. */
const TOKEN_MAX_CHARS = 8192;
const CLOCK_TOLERANCE_S = 5;

interface Claims {
  readonly source: string;
  readonly role?: "view" | "control";
  readonly subject: string;
}

/**
 * Who brings a signed token to the WebSocket route. `exp` must be there and says until when the source may be opened;
 * what is open stays open, as with websockify, until the signer is taken out of sources.yaml.
 */
export function createSignedTokenCredential(config: () => Config): Credential {
  const signersNow = () => {
    const { auth } = config();
    return auth.mode === "none" ? [] : auth.signers;
  };
  return async (request) => {
    const token = readSignedToken(request);
    if (token === undefined || signersNow().length === 0) return null;
    const { signer, claims } = await verifyAny(token, signersNow());
    const key = describeKey(signer);
    const stands = () => signersNow().some((one) => describeKey(one) === key);
    return describe(claims, () => Promise.resolve(explainEnd(stands())));
  };
}

/** The token in the address of a WebSocket handshake, when it has the form of a signed one. */
function readSignedToken(request: Request): string | undefined {
  if (!request.headers.has("upgrade")) return undefined;
  const { pathname, searchParams } = new URL(request.url);
  const token = pathname.endsWith("/websockify") ? searchParams.get("token") : null;
  return token && /^eyJ[\w-]+\.[\w-]*\.[\w-]*$/.test(token) ? token : undefined;
}

async function verifyAny(
  token: string,
  signers: readonly TokenSigner[],
): Promise<{ signer: TokenSigner; claims: Claims }> {
  let refusal: unknown;
  for (const signer of token.length > TOKEN_MAX_CHARS ? [] : signers) {
    try {
      return { signer, claims: await verify(token, signer) };
    } catch (error) {
      // A token that is known but too old says more than one that is not known.
      if (!(refusal instanceof errors.JWTExpired)) refusal = error;
    }
  }
  const sentence = refusal instanceof errors.JWTExpired ? "This token has expired" : "This token does not count";
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

/** A token names a source of sources.yaml. One that names a host was made for websockify, and is refused as a whole. */
function readClaims(payload: Readonly<Record<string, unknown>>): Claims {
  const { source, role, sub } = payload;
  if (typeof source !== "string" || "host" in payload || "port" in payload) throw new Error("names no source");
  if (role !== undefined && role !== "view" && role !== "control") throw new Error("has an unknown role");
  return { source, subject: typeof sub === "string" ? sub.slice(0, 64) : "unnamed", ...(role && { role }) };
}

function describe({ source, role = "control", subject }: Claims, whyEnded: Identity["whyEnded"]): Identity {
  const bounds = { sources: [source], role, guest: true, links: false };
  return { name: `jwt:${subject}`, groups: [], admin: false, ambient: false, by: "jwt", bounds, whyEnded };
}

function describeKey({ key }: TokenSigner): string {
  return key.kind === "secret" ? key.secret.reveal() : key.pem;
}

function explainEnd(stands: boolean): PortholeError | undefined {
  return stands ? undefined : new PortholeError("sign_in_required", "The signer of this token is not trusted any more");
}
