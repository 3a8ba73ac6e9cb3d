/** Asks for a secret at a terminal without showing it, or reads it from a pipe. */

/** The terminal, as main.ts provides it. */
export interface Terminal {
  isTerminal(): boolean;
  setRaw(raw: boolean): void;
  read(buffer: Uint8Array): Promise<number | null>;
  /** Writes to stderr, because stdout is for the result. */
  write(text: string): void;
}

/** No secret was entered, or the two entries differ. */
export class NoSecret extends Error {
  override readonly name = "NoSecret";
}

const ENTER = new Set([10, 13]);
const END = new Set([3, 4]);
const ERASE = new Set([8, 127]);
const MOST_BYTES = 4096;

/** Asks twice at a terminal; reads the first line of a pipe. @throws NoSecret */
export async function askSecret(question: string, terminal: Terminal): Promise<string> {
  const typed = terminal.isTerminal();
  const reader = createByteReader(terminal);
  const secret = await ask(question, terminal, reader);
  if (secret === "") throw new NoSecret("No password was entered");
  if (typed && await ask("Again: ", terminal, reader) !== secret) throw new NoSecret("The two passwords do not match");
  return secret;
}

async function ask(question: string, terminal: Terminal, next: () => Promise<number | undefined>): Promise<string> {
  if (!terminal.isTerminal()) return await readLine(next);
  terminal.write(question);
  terminal.setRaw(true);
  try {
    return await readLine(next);
  } finally {
    terminal.setRaw(false);
    terminal.write("\n");
  }
}

async function readLine(next: () => Promise<number | undefined>): Promise<string> {
  const bytes: number[] = [];
  for (let byte = await next(); byte !== undefined && !ENTER.has(byte); byte = await next()) {
    if (END.has(byte)) throw new NoSecret("Cancelled");
    if (ERASE.has(byte)) eraseCharacter(bytes);
    else if (bytes.length < MOST_BYTES) bytes.push(byte);
  }
  return new TextDecoder().decode(new Uint8Array(bytes));
}

/** Removes the last character, with all its bytes of UTF-8. */
function eraseCharacter(bytes: number[]): void {
  while (((bytes.pop() ?? 0) & 0xc0) === 0x80);
}

function createByteReader({ read }: Terminal): () => Promise<number | undefined> {
  const buffer = new Uint8Array(256);
  let [at, end] = [0, 0];
  return async () => {
    if (at === end) [at, end] = [0, await read(buffer) ?? 0];
    return end === 0 ? undefined : buffer[at++];
  };
}
