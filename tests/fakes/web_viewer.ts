/** A viewer made of the runtime's own WebSocket, which records what it gets. */

/** What a test viewer has seen. */
export interface TestViewer extends AsyncDisposable {
  readonly socket: WebSocket;
  /** Side-channel messages, parsed. */
  readonly side: { type: string; [key: string]: unknown }[];
  /** All binary bytes so far, joined. */
  bytes(): Uint8Array;
  readonly byteCount: number;
  readonly opened: Promise<void>;
  readonly closed: Promise<{ code: number; reason: string }>;
  /** Waits until the condition holds, looking at every event; fails when the socket closes before. */
  until(condition: (viewer: TestViewer) => boolean): Promise<void>;
  send(bytes: Uint8Array | string): void;
}

/** Connects; like our page it answers a goodbye by closing. */
export function openViewer(url: string, protocols: string[] = [], headers: Record<string, string> = {}): TestViewer {
  // Deno's WebSocket takes headers too, which no browser does.
  const socket = new WebSocket(url, { protocols, headers } as unknown as string[]);
  socket.binaryType = "arraybuffer";
  const chunks: Uint8Array[] = [];
  const wakers = new Set<() => void>();
  let byteCount = 0;
  let isClosed = false;
  const wakeAll = () => wakers.forEach((wake) => wake());
  const closed = new Promise<{ code: number; reason: string }>((done) => {
    socket.addEventListener("close", ({ code, reason }) => {
      isClosed = true;
      done({ code, reason });
      wakeAll();
    });
  });
  const viewer: TestViewer = {
    socket,
    side: [],
    bytes: () => new Uint8Array(chunks.flatMap((chunk) => [...chunk])),
    get byteCount() {
      return byteCount;
    },
    opened: new Promise((done) => {
      socket.addEventListener("open", () => done());
      socket.addEventListener("close", () => done());
    }),
    closed,
    until: (condition) =>
      new Promise((done, fail) => {
        const look = () => {
          if (condition(viewer)) done();
          else if (isClosed) fail(new Error("The viewer was closed before the condition held"));
          else return;
          wakers.delete(look);
        };
        wakers.add(look);
        look();
      }),
    send: (bytes) => socket.send(bytes as Uint8Array<ArrayBuffer>),
    async [Symbol.asyncDispose]() {
      if (socket.readyState <= WebSocket.OPEN) socket.close();
      await closed;
    },
  };
  socket.addEventListener("error", (event) => event.preventDefault());
  socket.addEventListener("open", wakeAll);
  socket.addEventListener("message", ({ data }) => {
    if (typeof data === "string") {
      const message = JSON.parse(data);
      viewer.side.push(message);
      if (message.type === "goodbye") socket.close(1000);
    } else {
      chunks.push(new Uint8Array(data));
      byteCount += data.byteLength;
    }
    wakeAll();
  });
  return viewer;
}
