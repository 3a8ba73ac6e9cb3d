/** Renamed keys of sources.yaml. The old name is accepted for one release, with a warning. */
import { type Complaint, isMapping } from "./fields.ts";
import type { Path } from "./problem.ts";

/** Section, old name, new name. */
const RENAMED: readonly (readonly [section: string, old: string, now: string])[] = [
  ["gateway", "trust_proxies", "trusted_proxies"],
  ["limits", "per_viewer", "per_address"],
  ["limits", "per_person", "per_user"],
];

type Mapping = Readonly<Record<string, unknown>>;

/** A document in which every key has its new name. */
export interface Renamed {
  readonly value: unknown;
  /** One warning for each old name that was accepted. */
  readonly warnings: readonly Complaint[];
  /** One complaint for each old name that is used together with the new one. */
  readonly complaints: readonly Complaint[];
  /** Converts a path with new names to the path as it was written. */
  readonly asWritten: (path: Path) => Path;
}

/** Gives every key its new name. An old name that is used together with the new one is a complaint. */
export function renameKeys(written: unknown): Renamed {
  if (!isMapping(written)) return { value: written, warnings: [], complaints: [], asWritten: (path) => path };
  const value: Record<string, unknown> = { ...written };
  const warnings: Complaint[] = [];
  const complaints: Complaint[] = [];
  const oldNames = new Map<string, string>();
  for (const [section, old, now] of RENAMED) {
    const part = value[section];
    if (!isMapping(part) || !Object.hasOwn(part, old)) continue;
    if (Object.hasOwn(part, now)) complaints.push(explain(section, old, `is the old name of ${now}; remove it`));
    else {
      warnings.push(explain(section, old, `was renamed to ${now}; the next release will refuse the old name`));
      oldNames.set(`${section}.${now}`, old);
    }
    value[section] = renameKey(part, old, now);
  }
  const asWritten = (path: Path): Path => {
    const old = oldNames.get(path.slice(0, 2).join("."));
    return old === undefined ? path : [path[0]!, old, ...path.slice(2)];
  };
  return { value, warnings, complaints, asWritten };
}

function explain(section: string, old: string, message: string): Complaint {
  return { path: [section, old], message, at: "key" };
}

function renameKey(part: Mapping, old: string, now: string): Mapping {
  const { [old]: value, ...others } = part;
  return { [now]: value, ...others };
}
