/**
 * noVNC, which passes over messages that nobody asked for instead of ending the session, and says why it gives up. It
 * uses members that noVNC 1.7 does not document; tests/unit/viewer/fault_test.ts checks that they are there.
 */
import RFB from "@novnc/novnc";
import { measureIgnored } from "./ignored_messages.ts";

/** Enough of a message to know its length. */
const HEAD_BYTES = 12;
/** A longer message is not passed over: noVNC would have to keep all of it. */
const IGNORED_CAP_BYTES = 16 * 1024 * 1024;
/** PIXEL_FORMAT's bits-per-pixel in ServerInit (RFC 6143 section 7.3.2). */
const SERVER_INIT_BYTES = 24;
const BITS_AT = 4;

/** noVNC's connection to one VNC server. Its fields have no initial values, because noVNC's constructor may set them. */
export class TolerantRfb extends RFB {
  /** Why noVNC gave up; undefined before. */
  declare fault?: string;
  /** Bits per pixel of the server's own format; undefined before ServerInit. */
  declare serverBits?: number;
  /** Whether a whole update has arrived. */
  declare hasPicture?: boolean;
  /** Counts arrivals, to notice that no more come. */
  declare arrivals?: number;

  /** Whether an update has begun, and none has ever arrived whole. */
  get isMidFirstUpdate(): boolean {
    return !this.hasPicture && this._FBU.rects > 0;
  }

  override _handleMessage(): void {
    this.arrivals = (this.arrivals ?? 0) + 1;
    super._handleMessage();
  }

  override _negotiateServerInit(): boolean {
    if (this._sock.rQlen() >= SERVER_INIT_BYTES) this.serverBits = this._sock.rQpeekBytes(SERVER_INIT_BYTES)[BITS_AT]!;
    return super._negotiateServerInit();
  }

  override _framebufferUpdate(): boolean {
    const isWhole = super._framebufferUpdate();
    if (isWhole) this.hasPicture = true;
    return isWhole;
  }

  override _normalMsg(): boolean {
    if (this._FBU.rects > 0) return super._normalMsg();
    const length = measureIgnored(this._sock.rQpeekBytes(Math.min(HEAD_BYTES, this._sock.rQlen())));
    if (length === undefined || length > IGNORED_CAP_BYTES) return super._normalMsg();
    if (length < 0 || this._sock.rQlen() < length) return false;
    this._sock.rQskipBytes(length);
    return true;
  }

  override _fail(details: string): boolean {
    this.fault ??= details;
    return super._fail(details);
  }
}
