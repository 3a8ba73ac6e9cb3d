/// <reference lib="deno.worker" />
/** Reads and checks the text of a long sources.yaml in a thread of its own. */
import { checkText, placeComplaints } from "./checked_text.ts";
import { PART_ENTRIES, type TextAnswer, type TextTask } from "./text_thread.ts";

/** Sources that are not sent yet. */
let rest: Required<TextAnswer>["sources"][number][] = [];

self.onmessage = ({ data }: MessageEvent<TextTask>) => self.postMessage(answer(data));

function answer(task: TextTask): TextAnswer {
  if (task.kind === "place") return { problems: placeComplaints(task.text, task.complaints) };
  if (task.kind === "send_sources") return { sources: rest.splice(0, PART_ENTRIES) };
  const { sources, ...checked } = checkText(task.text);
  rest = [...sources];
  return { checked };
}
