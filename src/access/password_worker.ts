/// <reference lib="deno.worker" />
/** Computes argon2id in a thread of its own, so that sessions do not have to wait. */
import { argon2id, argon2Verify } from "hash-wasm";
import type { PasswordAnswer, PasswordTask } from "./password.ts";

self.onmessage = async ({ data }: MessageEvent<PasswordTask>) => {
  self.postMessage(await work(data).catch((error): PasswordAnswer => ({ error: String(error) })));
};

async function work(task: PasswordTask): Promise<PasswordAnswer> {
  if (task.kind === "verify") return { right: await argon2Verify({ password: task.password, hash: task.hash }) };
  const { kind: _, ...options } = task;
  return { hash: await argon2id({ ...options, outputType: "encoded" }) };
}
