/** Performs the steps of a login script on the stream of a source. */
import { type Deadline, startDeadline } from "../async/deadline.ts";
import { type SetTimer, startTimer } from "../async/timer.ts";
import type { ByteStream } from "../bridge/byte_stream.ts";
import type { SourceConfig } from "../config/config.ts";
import type { ClientKey, LoginStep } from "../rfb/login_step.ts";
import { cleanReason } from "../rfb/reason.ts";
import { LoginRefused } from "../rfb/refusal.ts";
import { Overdue, runScript, type Script, StreamEnded } from "../rfb/script.ts";
import { lookAtTls } from "../rfb/tls_look.ts";
import { sealStream } from "./sealed_stream.ts";
import { upgradeTls } from "./tls_upgrade.ts";
import { asksCa, expectedName, type Identity, type Presented, type Trust } from "./trust.ts";

/** Timeout of a login for which nobody waits. A refusal takes up to 2.6 s with PAM, and up to 6 s with x11vnc. */
export const UNATTENDED_LOGIN_MS = 20_000;
/** A server that has not gone on after this may be asking its user. */
export const ASKING_MS = 3_000;

/** The part of a source that a login depends on. */
export type LoginSource = Pick<
  SourceConfig,
  "name" | "title" | "target" | "username" | "password" | "tls" | "shared" | "loginTimeoutMs"
>;

/** Limits of a script. */
export interface LoginLimits {
  /** Aborts the script, for example because the viewer left; its reason is thrown. */
  readonly signal: AbortSignal;
  /** Timeout of the whole script; by default, `login_timeout` of the source. */
  readonly timeoutMs?: number | undefined;
  readonly setTimer?: SetTimer | undefined;
  /** Called when the server may be asking its user; `what` is the answer that is due. */
  readonly onAsking?: ((what: string) => void) | undefined;
}

/** The effects of a login. */
export interface LoginEffects extends LoginLimits {
  readonly trust: Trust;
  /** The RSA key of this process, generated when it is first needed. */
  readonly getClientKey: () => Promise<ClientKey>;
  /** Whether to try TLS the other way, because it has failed: by a look instead of the handshake, or the reverse. */
  readonly triesTlsAgain?: boolean;
}

/** Runs scripts, one after the other, on a stream that TLS or RSA-AES may replace. */
export class LoginRunner {
  /** The current stream. */
  stream: ByteStream;
  /** How the source proved its identity, once it has. */
  identity: Identity | undefined;
  readonly #source: LoginSource | undefined;
  readonly #effects: LoginLimits & Partial<LoginEffects>;
  #ahead: Promise<Uint8Array> | undefined;
  /** Whether the last step has waited for a server that may be asking its user. */
  #isAsking = false;

  constructor(stream: ByteStream, source: LoginSource | undefined, effects: LoginLimits & Partial<LoginEffects>) {
    this.stream = stream;
    this.#source = source;
    this.#effects = effects;
  }

  /** Starts the first read of the next script early; rejects as soon as the source closes the connection. */
  readAhead(bytes: number, what: string): Promise<Uint8Array> {
    return this.#ahead = readExactly(this.stream, bytes, what);
  }

  /** Runs a script; closes the stream if it throws. */
  async run<Result>(script: Script<Result, LoginStep>, limits: LoginLimits = this.#effects): Promise<Result> {
    const { timeoutMs = this.#source?.loginTimeoutMs ?? UNATTENDED_LOGIN_MS, signal, setTimer } = limits;
    const deadline = startDeadline(timeoutMs, signal, setTimer);
    try {
      return await runScript(script, (step) => this.#perform(step, deadline, limits));
    } catch (thrown) {
      this.stream.close();
      throw this.#isAsking && thrown instanceof LoginRefused ? thrown.afterAsking(this.#source?.title ?? "") : thrown;
    } finally {
      deadline.clear();
    }
  }

  async #perform(step: LoginStep, deadline: Deadline, limits: LoginLimits): Promise<unknown> {
    this.#isAsking = false;
    const isRead = step.do === "read";
    const what = isRead ? step.what : "its answer";
    const stopTimer = isRead
      ? (limits.setTimer ?? startTimer)(() => this.#noteAsking(what, limits), ASKING_MS)
      : () => {};
    try {
      return await deadline.guard(this.#take(step), () => new Overdue(what, isRead));
    } finally {
      stopTimer();
    }
  }

  #noteAsking(what: string, { onAsking }: LoginLimits): void {
    this.#isAsking = onAsking !== undefined;
    onAsking?.(what);
  }

  #take(step: LoginStep): Promise<unknown> {
    switch (step.do) {
      case "read":
        return this.#read(step.bytes, step.what);
      case "write":
        return writeAll(this.stream, step.bytes);
      case "start_tls":
        return this.#startTls(step.peeks);
      case "check_key":
        return this.#judge({ proof: "key", bytes: step.key }, step.peeks);
      case "client_key":
        return this.#effects.getClientKey!();
      case "seal":
        this.stream = sealStream(this.stream, step.opener, step.sealer);
        return Promise.resolve();
    }
  }

  #read(bytes: number, what: string): Promise<Uint8Array> {
    const ahead = this.#ahead;
    this.#ahead = undefined;
    return ahead ?? readExactly(this.stream, bytes, what);
  }

  async #startTls(peeks = false): Promise<void> {
    const source = this.#source!;
    const looksFirst = peeks && !asksCa(source);
    if (looksFirst !== (this.#effects.triesTlsAgain ?? false)) return await this.#lookAtTls(peeks);
    const options = { ca: source.tls?.ca, serverName: expectedName(source) };
    const { stream, certificate, caError } = await upgradeTls(this.stream, options).catch(explainTls);
    this.stream = stream;
    await this.#judge({ proof: "certificate", bytes: certificate, caError }, peeks);
  }

  /** @throws LoginRefused, unless it `peeks` and all is well. */
  async #lookAtTls(peeks = false): Promise<void> {
    const { obstacle, certificate } = await runScript(lookAtTls(), (step) => this.#take(step));
    if (obstacle !== undefined) throw new LoginRefused("no_tls", `TLS with the server is not possible: ${obstacle}`);
    if (!peeks || !certificate) throw new LoginRefused("tls_failed", "the TLS of the server shows no certificate");
    await this.#judge({ proof: "certificate", bytes: certificate }, peeks);
  }

  async #judge(presented: Presented, peeks = false): Promise<void> {
    this.identity = await this.#effects.trust![peeks ? "foresee" : "judge"](this.#source!, presented);
  }
}

function explainTls(cause: Error): never {
  const reason = cleanReason(new TextEncoder().encode(cause.message));
  throw new LoginRefused("tls_failed", `the TLS handshake with the server failed: ${reason}`, { cause });
}

/** Reads exactly this many bytes: the next byte may belong to TLS. */
async function readExactly(stream: ByteStream, bytes: number, what: string): Promise<Uint8Array> {
  const reader = stream.readable.getReader({ mode: "byob" });
  try {
    const { value } = await reader.read(new Uint8Array(bytes), { min: bytes });
    if (value?.length !== bytes) throw new StreamEnded(what);
    return value;
  } catch (cause) {
    throw cause instanceof StreamEnded || cause instanceof LoginRefused ? cause : new StreamEnded(what, { cause });
  } finally {
    reader.releaseLock();
  }
}

/** Ignores write errors, because the last bytes of the source may still be readable and say why it closed. */
async function writeAll(stream: ByteStream, bytes: Uint8Array): Promise<void> {
  const writer = stream.writable.getWriter();
  writer.closed.catch(() => {});
  await writer.write(bytes).catch(() => {});
  writer.releaseLock();
}
