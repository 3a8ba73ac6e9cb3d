/** Access by every kind of credential. */
import type { Config } from "../config/config.ts";
import { isOpenToAll } from "../config/exposure.ts";
import { PortholeError } from "../errors.ts";
import { type Access, ANYBODY, type Credential, type Identity, type Role } from "./access.ts";
import { decideRole } from "./policy.ts";

interface AccessOptions {
  /** Called for each answer, because the configuration may have changed. */
  config: () => Config;
  /** In the order in which they are tried. */
  credentials: readonly Credential[];
}

/** Makes the Access of a gateway. */
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
  return new PortholeError("sign_in_required", "This gateway now requires sign-in");
}

/** Only the permission is checked here: a source that was removed ends its sessions elsewhere. */
function explainRoleEnd(identity: Identity, name: string, role: Role, { sources }: Config): PortholeError | undefined {
  const source = sources.get(name);
  if (!source) return undefined;
  const now = decideRole(identity, source);
  if (now === null) return new PortholeError("not_allowed", "Your permission to open this source has ended");
  if (role === "control" && now === "view" && !source.viewOnly) {
    return new PortholeError("not_allowed", "Your permission for this source is now view-only: open it again");
  }
}
