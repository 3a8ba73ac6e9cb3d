/** Prints the notes of a release, for the tag that is given: `release_notes.ts v0.2.0`. */
const ROOT = new URL("../", import.meta.url);

/**
 * What CHANGELOG.md says of a version, below its heading `## 0.2.0, 2026-12-01`.
 * @throws Error when it says nothing, or when the version still stands there as unreleased
 */
export function readNotes(changelog: string, version: string): string {
  const sections = changelog.split(/^## /m).slice(1);
  const section = sections.find((text) => text.startsWith(`${version},`));
  if (section === undefined) throw new Error(`CHANGELOG.md has no section for ${version}`);
  const [heading = "", ...lines] = section.split("\n");
  if (!/, \d{4}-\d{2}-\d{2}$/.test(heading)) throw new Error(`CHANGELOG.md has no date in the heading "${heading}"`);
  return lines.join("\n").trim();
}

if (import.meta.main) {
  const version = (Deno.args[0] ?? "").replace(/^v/, "");
  const manifest = JSON.parse(await Deno.readTextFile(new URL("deno.json", ROOT)));
  if (manifest.version !== version) throw new Error(`deno.json has version ${manifest.version}, the tag ${version}`);
  console.log(readNotes(await Deno.readTextFile(new URL("CHANGELOG.md", ROOT)), version));
}
