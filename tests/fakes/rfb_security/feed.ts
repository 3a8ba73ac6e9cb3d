/** Runs a script on bytes that are there from the start. */
import { concat, type Script, StreamEnded, type WireStep } from "../../../src/rfb/script.ts";

/** What the script returned and wrote; after the bytes its stream has ended. */
export function feed<Result>(script: Script<Result>, bytes: Uint8Array): { result: Result; wrote: Uint8Array } {
  const wrote: Uint8Array[] = [];
  let at = 0;
  let turn = script.next();
  while (!turn.done) {
    const step: WireStep = turn.value;
    if (step.do === "write") {
      wrote.push(step.bytes);
      turn = script.next();
    } else if (at + step.bytes > bytes.length) {
      turn = script.throw(new StreamEnded(step.what));
    } else {
      turn = script.next(bytes.slice(at, at += step.bytes));
    }
  }
  return { result: turn.value, wrote: concat(wrote) };
}
