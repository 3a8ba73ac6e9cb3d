/** Prints the notes of the release with the given tag: `release_notes.ts v0.2.0`. */
const ROOT = new URL("../", import.meta.url);

/**
 * The section of CHANGELOG.md for a version, without its heading `## 0.2.0, 2026-12-01`.
 * @throws Error when there is no such section, or its heading has no date yet
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
  if (manifest.version !== version) {
    throw new Error(`deno.json has version ${manifest.version}, but the tag is ${version}`);
  }
  console.log(readNotes(await Deno.readTextFile(new URL("CHANGELOG.md", ROOT)), version));
}
