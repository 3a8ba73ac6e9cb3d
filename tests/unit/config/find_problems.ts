import { assert } from "@std/assert";
import { loadConfig } from "../../../src/config/load.ts";
import { ConfigError, formatProblem, type Problem } from "../../../src/config/problem.ts";
import { readWith } from "../../fakes/fake_reader.ts";

/** Loads bytes as if they were a file; problems when it is refused. Anything but a ConfigError fails the test. */
export async function findProblems(text: string | Uint8Array<ArrayBuffer>): Promise<readonly Problem[]> {
  const bytes = typeof text === "string" ? new TextEncoder().encode(text) : text;
  const reader = readWith((path) => path === "/c/s.yaml" ? bytes : Promise.reject(new Deno.errors.NotFound(path)));
  try {
    await loadConfig({ file: "/c/s.yaml", reader, env: () => undefined });
    return [];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    assert(error.problems.length > 0, "a ConfigError has problems");
    return error.problems;
  }
}

/** Asserts that every position names a character of the text, or the end of a line. */
export function assertPlaced(text: string, problems: readonly Problem[]): void {
  const lines = text.split("\n");
  for (const problem of problems) {
    const { line, column } = problem;
    assert(line !== undefined && column !== undefined, formatProblem(problem));
    assert(line >= 1 && line <= lines.length, `${formatProblem(problem)} has line ${line} of ${lines.length}`);
    assert(column >= 1 && column <= lines[line - 1]!.length + 1, `${formatProblem(problem)} has column ${column}`);
  }
}
