/** The length of clipboard texts, and what is said about it. Pure. */

const KIB = 1024;
const MIB = 1024 ** 2;

/** Bytes of a text as the extended clipboard carries it: UTF-8, with CRLF (rfbproto). Latin-1 has no more. */
export function measureText(text: string): number {
  return new TextEncoder().encode(text.replaceAll(/\r\n|\r|\n/g, "\r\n")).length;
}

/** Says that a text was not sent to the remote screen. */
export function explainTooLong(bytes: number, limitBytes: number): string {
  return `Not sent: the text is ${describe(bytes, Math.ceil)} long, and this screen accepts at most ${
    describe(limitBytes)
  }.`;
}

/** Says that a text of the remote screen was not taken. */
export function explainTooLongRemote(bytes: number, limitBytes: number): string {
  return `Not copied: the text of the remote screen is ${describe(bytes, Math.ceil)} long, and at most ${
    describe(limitBytes)
  } is allowed.`;
}

/** "1.5 MiB"; a length is rounded up and a limit down, so that the two differ. */
function describe(bytes: number, round: (value: number) => number = Math.floor): string {
  const [unit, name] = bytes >= MIB ? [MIB, "MiB"] : [KIB, "KiB"];
  return `${round(bytes / unit * 10) / 10} ${name}`;
}
