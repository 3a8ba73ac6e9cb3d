/** Token files of websockify (its TokenFile and ReadOnlyTokenFile plugins): lines of `TOKEN: HOST:PORT`. */
import { resolve } from "node:path";
import { createGiveWay } from "../async/give_way.ts";
import type { FileReader } from "../files/file_reader.ts";
import { parseHost, parsePort } from "./address.ts";
import type { Address } from "./config.ts";
import type { Problem } from "./problem.ts";
import type { Provided, SourceProvider } from "./provider.ts";
import type { WrittenSource } from "./source_section.ts";
import { markToken } from "./source_token.ts";
import { explainTokenFile, listTokenFiles, readTokenText } from "./token_folder.ts";

/** Most tokens of all files together. */
const TOKENS_MAX = 100_000;

/** Most characters of a token: far more than programs use, and few enough for an address that servers accept. */
const TOKEN_MAX_CHARS = 1024;

/** Most lines that are reported individually. */
const WARNINGS_MAX = 100;

/** A target, and the line that it comes from. */
interface Line {
  readonly target: Address;
  readonly place: string;
}

/** Reports what is wrong with a line; the message must not contain the token. */
type Warn = (file: string, line: number | undefined, message: string) => void;

/**
 * Makes the provider for token files, and for folders of them. As in websockify, a line that cannot be used is left out,
 * and the last of several lines with the same token applies; both give a warning.
 */
export function createTokenFileProvider(paths: readonly string[], reader: FileReader): SourceProvider {
  return { origin: "token_file", read: () => readTokenFiles(paths, reader) };
}

async function readTokenFiles(paths: readonly string[], reader: FileReader): Promise<Provided> {
  const problems: Problem[] = [];
  const warnings: Problem[] = [];
  const lines = new Map<string, Line>();
  const warn: Warn = (file, line, message) => void warnings.push(placeProblem(file, line, message));
  const files: string[] = [];
  for (const path of paths) {
    try {
      for (const { file, isListed } of await listTokenFiles(path, reader)) {
        files.push(file);
        await readLines(file, await readTokenText(file, { isListed, reader, warn }), lines, warn);
      }
    } catch (error) {
      problems.push(placeProblem(path, undefined, `cannot be read: ${explainTokenFile(error)}`));
    }
  }
  return {
    sources: await markLines(lines),
    problems,
    warnings: shorten(warnings),
    files: [...new Set([...paths, ...files])].map((file) => resolve(file)),
  };
}

async function markLines(lines: ReadonlyMap<string, Line>): Promise<Map<string, WrittenSource>> {
  const giveWay = createGiveWay();
  const sources = new Map<string, WrittenSource>();
  for (const [token, { target }] of lines) {
    await giveWay();
    const { name, tokenHash } = markToken(token);
    sources.set(name, { target, tokenHash });
  }
  return sources;
}

function placeProblem(file: string, line: number | undefined, message: string): Problem {
  return { path: "", file, ...(line !== undefined && { line, column: 1 }), message };
}

function shorten(warnings: readonly Problem[]): readonly Problem[] {
  const rest = warnings.length - WARNINGS_MAX;
  if (rest <= 0) return warnings;
  const message = `${rest} more lines of token files were left out or repeated`;
  return [...warnings.slice(0, WARNINGS_MAX), { path: "", message }];
}

async function readLines(file: string, text: string, lines: Map<string, Line>, warn: Warn): Promise<void> {
  const giveWay = createGiveWay();
  for (const [index, written] of text.split(/\r\n?|\n/).entries()) {
    await giveWay();
    const line = written.trim();
    if (line === "" || line.startsWith("#")) continue;
    const place = `${file}:${index + 1}`;
    const found = readLine(line);
    if (typeof found === "string") {
      warn(file, index + 1, `this line is left out: ${found}`);
      continue;
    }
    const before = lines.get(found.token);
    if (before) warn(file, index + 1, `this line has the same token as ${before.place}, and replaces it`);
    else if (lines.size >= TOKENS_MAX) return warn(file, index + 1, `only ${TOKENS_MAX} tokens are read`);
    lines.set(found.token, { target: found.target, place });
  }
}

/**
 * Token and target of a line, or why it has none. As in websockify, a colon followed by white space separates them, so a
 * token can contain colons, spaces and slashes.
 */
function readLine(line: string): { token: string; target: Address } | string {
  const [token = "", written, ...others] = line.split(/:\s/);
  if (written === undefined || others.length > 0) return "it must be TOKEN: HOST:PORT, with one space after a colon";
  if (token === "") return "it has no token";
  if (token.length > TOKEN_MAX_CHARS) return `its token is longer than ${TOKEN_MAX_CHARS} characters`;
  // deno-lint-ignore no-control-regex
  if (/[\u0000-\u0008\u000e-\u001f\ufffd]/.test(line)) return "it is not valid UTF-8 text";
  try {
    return { token, target: parseTokenTarget(written.trim()) };
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    // The parser's own sentence quotes the text, which may be a token on the wrong side of the colon.
    return "the token must be followed by HOST:PORT or unix_socket:PATH";
  }
}

/** As in websockify, the last colon separates host and port, so IPv6 needs no brackets, and a port is never a display. */
function parseTokenTarget(text: string): Address {
  const socket = /^unix_socket:(.+)$/.exec(text)?.[1];
  if (socket !== undefined) return { kind: "unix", path: resolve(socket) };
  const at = text.lastIndexOf(":");
  const [host, port] = [text.slice(0, at), text.slice(at + 1)];
  if (at === -1) throw new SyntaxError("has no port");
  return { kind: "tcp", hostname: parseHost(host), port: parsePort(port) };
}
