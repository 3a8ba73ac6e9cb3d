/**
 * The part of noVNC 1.7 that this page uses (its docs/API.md); the package has no types. What begins with an underscore
 * is not documented, and only tolerant_rfb.ts uses it.
 */
declare module "@novnc/novnc" {
  /** One connection to a VNC server, drawn into a target element. */
  export default class RFB extends EventTarget {
    constructor(target: HTMLElement, channel: unknown, options?: { shared?: boolean });
    viewOnly: boolean;
    scaleViewport: boolean;
    clipViewport: boolean;
    dragViewport: boolean;
    resizeSession: boolean;
    readonly clippingViewport: boolean;
    qualityLevel: number;
    compressionLevel: number;
    background: string;
    showDotCursor: boolean;
    focus(options?: FocusOptions): void;
    blur(): void;
    disconnect(): void;
    approveServer(): void;
    sendCredentials(credentials: { username?: string; password?: string; target?: string }): void;
    sendKey(keysym: number, code?: string | null, down?: boolean): void;
    sendCtrlAltDel(): void;
    clipboardPasteFrom(text: string): void;
    toBlob(callback: (blob: Blob | null) => void, type?: string, quality?: number): void;
    /** The bytes that have arrived and are not read yet. */
    protected readonly _sock: {
      rQlen(): number;
      rQpeekBytes(length: number): Uint8Array;
      rQskipBytes(length: number): void;
    };
    /** The FramebufferUpdate under way; `rects` are the rectangles still to come. */
    protected readonly _FBU: { readonly rects: number };
    /** Reads what has arrived. */
    protected _handleMessage(): void;
    /** These read one message, and return false if more bytes are needed. */
    protected _negotiateServerInit(): boolean;
    protected _normalMsg(): boolean;
    protected _framebufferUpdate(): boolean;
    /** Ends the session; returns false. */
    protected _fail(details: string): boolean;
  }
}
