import { argon2id } from "hash-wasm";

/** A hash of a password at the least cost allowed, for tests that try many passwords. */
export function hashCheaply(password: string): Promise<string> {
  const salt = crypto.getRandomValues(new Uint8Array(16));
  const cost = { memorySize: 8 * 1024, iterations: 1, parallelism: 1, hashLength: 32 };
  return argon2id({ password, salt, ...cost, outputType: "encoded" });
}
