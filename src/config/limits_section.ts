/** The `limits` section: its schema, and what is built from it. */
import type { z } from "zod";
import type { Limits } from "./config.ts";
import { duration, integer, section, shareOrSize, size } from "./fields.ts";

/** Every key with its default. */
export const limitsSchema = section({
  memory: shareOrSize(64 * 1024 ** 2).default({ share: 0.75 }),
  sessions: integer(1).default(512),
  per_source: integer(1).default(16),
  per_address: integer(1).default(8),
  per_user: integer(1).default(16),
  handshakes: integer(1).default(64),
  connects_per_minute: integer(1).default(60),
  sign_ins_per_minute: integer(1).default(10),
  up_queue: size(64 * 1024).default(16 * 1024 ** 2),
  unacknowledged: size(1024 ** 2).default(128 * 1024 ** 2),
  idle: duration().default(0),
  stall: duration(1000).default(90_000),
});

/** The limits under the names that other modules use. */
export function buildLimits(written: z.output<typeof limitsSchema>): Limits {
  return {
    memory: written.memory,
    sessions: written.sessions,
    perSource: written.per_source,
    perAddress: written.per_address,
    perUser: written.per_user,
    handshakes: written.handshakes,
    connectsPerMinute: written.connects_per_minute,
    signInsPerMinute: written.sign_ins_per_minute,
    upQueueBytes: written.up_queue,
    unacknowledgedBytes: written.unacknowledged,
    idleMs: written.idle,
    stallMs: written.stall,
  };
}
