/** Puts the results of a run into docs/performance.md. */

const PAGE = new URL("../../docs/performance.md", import.meta.url).pathname;
const BEGIN = "<!-- bench -->";
const END = "<!-- /bench -->";

/** Replaces what stands between the marks, and has the tables aligned. */
export async function writeTables(parts: readonly string[]): Promise<void> {
  await Deno.writeTextFile(PAGE, replaceTables(await Deno.readTextFile(PAGE), parts));
  await new Deno.Command(Deno.execPath(), { args: ["fmt", "--quiet", PAGE] }).output();
}

/** The page with these parts between its marks. @throws Error when it has no marks */
export function replaceTables(page: string, parts: readonly string[]): string {
  const [before, rest] = page.split(`${BEGIN}\n`);
  const after = rest?.split(END)[1];
  if (before === undefined || after === undefined) throw new Error("docs/performance.md has no marks of the bench");
  return `${before}${BEGIN}\n\n${parts.join("\n\n")}\n\n${END}${after}`;
}
