/** Permissions: what an identity may do with a source. */
import type { SourceConfig } from "../config/config.ts";
import type { Identity, Role } from "./access.ts";

/** The part of an identity that permissions depend on. */
type Principal = Pick<Identity, "name" | "groups" | "admin" | "bounds">;

/**
 * The role on a source, or null for a source that must look as if it did not exist.
 *
 * Admins may control every source. With an `allow` list, those in it may control the source, and those in `view` may view
 * it. Without one, those in `view` may view it, and everyone else who signed in may control it. The bounds of the
 * credential narrow the result.
 */
export function decideRole(identity: Principal, source: SourceConfig): Role | null {
  const { bounds = {} } = identity;
  if (bounds.sources && !bounds.sources.includes(source.name)) return null;
  const granted = bounds.guest ? bounds.role ?? "view" : grant(identity, source);
  if (granted === null) return null;
  return source.viewOnly || bounds.role === "view" ? "view" : granted;
}

function grant(identity: Principal, source: SourceConfig): Role | null {
  if (identity.admin) return "control";
  const { allow, view = [] } = source;
  if (allow && isNamed(identity, allow)) return "control";
  if (isNamed(identity, view)) return "view";
  return allow ? null : "control";
}

/** Whether a list of names, `group:NAME` and `token:NAME` includes this identity. */
export function isNamed({ name, groups }: Pick<Identity, "name" | "groups">, list: readonly string[]): boolean {
  return list.some((entry) => entry === name || (entry.startsWith("group:") && groups.includes(entry.slice(6))));
}
