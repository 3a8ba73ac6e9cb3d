/** Opens connections to sources, for every kind of target. */
import { limitTime } from "../../async/time_limit.ts";
import type { ByteStream } from "../../bridge/byte_stream.ts";
import type { SourceConfig, Target } from "../../config/config.ts";
import { asPortholeError, type ErrorCode } from "../../errors.ts";
import { explainDialError } from "./dial_error.ts";
import { connectTcp, type TcpEffects } from "./tcp.ts";
import { connectUnix } from "./unix.ts";

/**
 * Opens a connection to the source within its connect timeout.
 *
 * @throws PortholeError vnc_unreachable, vnc_refused or vnc_timeout, naming the hop that failed; its cause is the signal's
 * reason when that ended the attempt.
 */
export type Dial = (source: SourceConfig, signal: AbortSignal) => Promise<ByteStream>;

/** The effects of dialing. */
export interface DialEffects extends TcpEffects {
  /** Opens the built-in desktop. */
  readonly openDemo: () => ByteStream;
  /** Called after each attempt. */
  readonly onDialed?: (outcome: "ok" | ErrorCode, seconds: number) => void;
}

/** A function for each kind of target. */
type Connectors = {
  readonly [Kind in Target["kind"]]: (
    target: Extract<Target, { readonly kind: Kind }>,
    signal: AbortSignal,
  ) => Promise<ByteStream>;
};

/** Makes the dialer of a gateway. */
export function createDialer({ openDemo, onDialed = () => {}, ...effects }: DialEffects): Dial {
  const connectors: Connectors = {
    tcp: (target, signal) => connectTcp(target, effects, signal),
    unix: connectUnix,
    demo: () => Promise.resolve(openDemo()),
  };
  return async (source, signal) => {
    const startedAt = performance.now();
    const note = (outcome: "ok" | ErrorCode) => onDialed(outcome, (performance.now() - startedAt) / 1000);
    try {
      const stream = await connect(source, connectors, signal);
      note("ok");
      return stream;
    } catch (thrown) {
      note(asPortholeError(thrown).code);
      throw thrown;
    }
  };
}

async function connect(source: SourceConfig, connectors: Connectors, signal: AbortSignal): Promise<ByteStream> {
  using limit = limitTime(source.connectTimeoutMs, signal);
  const connectTarget = connectors[source.target.kind] as (target: Target, signal: AbortSignal) => Promise<ByteStream>;
  try {
    limit.signal.throwIfAborted();
    return await connectTarget(source.target, limit.signal);
  } catch (thrown) {
    throw explainDialError(thrown, source, limit.isOver);
  }
}
