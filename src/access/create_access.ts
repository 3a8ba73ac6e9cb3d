/** Every way to sign in behind the guard's questions. */
import type { Config } from "../config/config.ts";
import { isOpenToAll } from "../config/exposure.ts";
import { PortholeError } from "../errors.ts";
import { type Access, ANYBODY, type Credential, type Identity, type Role } from "./access.ts";
import { decideRole } from "./policy.ts";

interface AccessOptions {
  /** Asked anew for each question, because the file may have changed. */
  config: () => Config;
  /** In the order in which they are asked. */
  credentials: readonly Credential[];
}

/** Makes the guard's questions from the ways to sign in. */
export function createAccess({ config, credentials }: AccessOptions): Access {
  const isOpen = () => isOpenToAll(config().gateway, config().auth);
  return {
    identify: async (request, peer) => {
      if (isOpen()) return ANYBODY;
      for (const credential of credentials) {
        const identity = await credential(request, peer);
        if (identity) return identity;
      }
      return null;
    },
    roleOn: decideRole,
    whyEnd: async (identity, sourceName, role) =>
      explainOpenEnd(identity, isOpen()) ?? await identity.whyEnded() ??
        explainRoleEnd(identity, sourceName, role, config()),
  };
}

function explainOpenEnd(identity: Identity, isOpen: boolean): PortholeError | undefined {
  if (identity !== ANYBODY || isOpen) return undefined;
  return new PortholeError("sign_in_required", "Signing in is needed from now on");
}

/** A source that is gone ends its sessions by itself; here only the permission counts. */
function explainRoleEnd(identity: Identity, name: string, role: Role, { sources }: Config): PortholeError | undefined {
  const source = sources.get(name);
  if (!source) return undefined;
  const now = decideRole(identity, source);
  if (now === null) return new PortholeError("not_allowed", "Your permission to open this source has ended");
  if (role === "control" && now === "view" && !source.viewOnly) {
    return new PortholeError("not_allowed", "Your permission for this source is view-only now: open it again");
  }
}
