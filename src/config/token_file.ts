/** Token files of websockify (its TokenFile and ReadOnlyTokenFile plugins): lines of `NAME: HOST:PORT`. */
import { join, resolve } from "node:path";
import { parseHost, parsePort } from "./address.ts";
import type { Address } from "./config.ts";
import { type Problem, quote } from "./problem.ts";
import type { Provided, SourceProvider } from "./provider.ts";
import { explainReadError, type ReadFile } from "./resolver.ts";
import { explainName, SOURCE_NAME } from "./source_name.ts";

type Complain = (file: string, line: number | undefined, message: string) => void;

/**
 * Makes the provider for token files, and for folders of them. The files of a folder are read in the order of their
 * names, without hidden files and subfolders.
 */
export function createTokenFileProvider(paths: readonly string[], readFile: ReadFile): SourceProvider {
  return { origin: "token_file", read: () => readTokenFiles(paths, readFile) };
}

async function readTokenFiles(paths: readonly string[], readFile: ReadFile): Promise<Provided> {
  const targets = new Map<string, Address>();
  const problems: Problem[] = [];
  const complain: Complain = (file, line, message) =>
    void problems.push({ path: "", file, ...(line !== undefined && { line, column: 1 }), message });
  const files = (await Promise.all(paths.map((path) => listFiles(path, complain)))).flat();
  for (const file of files) {
    const text = await readText(file, readFile, complain);
    for (const [index, line] of text.split(/\r?\n/).entries()) {
      readLine(line, targets, (message) => complain(file, index + 1, message));
    }
  }
  return {
    sources: new Map([...targets].map(([name, target]) => [name, { target }])),
    problems,
    files: [...new Set([...paths, ...files])].map((file) => resolve(file)),
  };
}

async function listFiles(path: string, complain: Complain): Promise<string[]> {
  try {
    if (!(await Deno.stat(path)).isDirectory) return [path];
    const names: string[] = [];
    for await (const entry of Deno.readDir(path)) {
      if (!entry.name.startsWith(".") && !(await isFolder(join(path, entry.name)))) names.push(entry.name);
    }
    return names.sort().map((name) => join(path, name));
  } catch (error) {
    complain(path, undefined, `cannot be read: ${explainReadError(error)}`);
    return [];
  }
}

async function isFolder(path: string): Promise<boolean> {
  return (await Deno.stat(path)).isDirectory;
}

async function readText(file: string, readFile: ReadFile, complain: Complain): Promise<string> {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(await readFile(file));
  } catch (error) {
    complain(file, undefined, `cannot be read: ${explainReadError(error)}`);
    return "";
  }
}

function readLine(written: string, targets: Map<string, Address>, complain: (message: string) => void): void {
  const line = written.trim();
  if (line === "" || line.startsWith("#")) return;
  const [, name, target] = /^(.*?):\s+(.*)$/.exec(line) ?? [];
  if (name === undefined || target === undefined) {
    return complain("must be NAME: HOST:PORT, with a space after the first colon");
  }
  if (!SOURCE_NAME.test(name)) return complain(explainName(name));
  if (targets.has(name)) return complain(`repeats the name ${quote(name)}`);
  try {
    targets.set(name, parseTokenTarget(target));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    complain(error.message);
  }
}

/** As in websockify, the last colon separates host and port, so IPv6 needs no brackets, and a port is never a display. */
function parseTokenTarget(text: string): Address {
  const at = text.lastIndexOf(":");
  const [host, port] = [text.slice(0, at), text.slice(at + 1)];
  if (at === -1 || host === "" || port === "") throw new SyntaxError(`must be HOST:PORT, not ${quote(text)}`);
  if (host === "unix_socket") return { kind: "unix", path: resolve(port) };
  return { kind: "tcp", hostname: parseHost(host), port: parsePort(port) };
}
