/** Checks the text of sources.yaml: a long one in a thread of its own, because it takes seconds that sessions would wait. */
import { createGiveWay } from "../async/give_way.ts";
import { Thread } from "../async/thread.ts";
import { type CheckedText, checkText, placeComplaints } from "./checked_text.ts";
import type { Complaint } from "./fields.ts";
import type { Problem } from "./problem.ts";
import type { WrittenSource } from "./source_section.ts";

/** A text of this length takes about 50 ms. Starting a thread takes longer, but keeps nobody waiting. */
const LONG_CHARS = 16 * 1024;

/** Sources in one message: receiving one takes about a millisecond. */
export const PART_ENTRIES = 500;

/** Message to the thread. */
export type TextTask =
  | { readonly kind: "check"; readonly text: string }
  | { readonly kind: "send_sources" }
  | { readonly kind: "place"; readonly text: string; readonly complaints: readonly Complaint[] };

/** Message from the thread, with what the task asked for. */
export interface TextAnswer {
  readonly checked?: Omit<CheckedText, "sources">;
  readonly sources?: readonly (readonly [string, WrittenSource])[];
  readonly problems?: readonly Problem[];
}

/** The same as `checkText()`, without keeping sessions waiting. */
export async function checkTextAside(text: string): Promise<CheckedText> {
  if (text.length < LONG_CHARS) return checkText(text);
  using thread = startThread();
  const { checked } = await thread.ask({ kind: "check", text });
  return { ...checked!, sources: await receiveSources(thread) };
}

/** The same as `placeComplaints()`, without keeping sessions waiting. */
export async function placeComplaintsAside(
  text: string,
  complaints: readonly Complaint[],
): Promise<readonly Problem[]> {
  if (text.length < LONG_CHARS) return placeComplaints(text, complaints);
  using thread = startThread();
  const { problems } = await thread.ask({ kind: "place", text, complaints });
  return problems!;
}

/** Sources come in parts, because receiving a message cannot be interrupted. */
async function receiveSources(thread: Thread<TextTask, TextAnswer>): Promise<Map<string, WrittenSource>> {
  const giveWay = createGiveWay();
  const all = new Map<string, WrittenSource>();
  for (;;) {
    await giveWay();
    const { sources = [] } = await thread.ask({ kind: "send_sources" });
    for (const [name, source] of sources) all.set(name, source);
    if (sources.length < PART_ENTRIES) return all;
  }
}

function startThread(): Thread<TextTask, TextAnswer> {
  return new Thread(() => new Worker(new URL("./text_worker.ts", import.meta.url), { type: "module" }));
}
