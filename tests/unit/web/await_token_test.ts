import { assert, assertEquals } from "@std/assert";
import { Link } from "../../../src/bridge/link.ts";
import { PortholeError } from "../../../src/errors.ts";
import { awaitToken } from "../../../src/web/viewer/await_token.ts";
import { FakeGatewaySocket } from "../../fakes/gateway_socket.ts";
import { waitUntil } from "../../fakes/wait_until.ts";

function startRig(resume: () => void = () => {}) {
  const socket = new FakeGatewaySocket();
  socket.isFast = true;
  const link = new Link(socket.asWebSocket, { stallMs: 90_000 });
  const heard: string[] = [];
  const timer: { work: () => void; isStopped: boolean } = { work: () => {}, isStopped: false };
  awaitToken(link, {
    resume: ({ token, received }) => {
      heard.push(`resume ${token} ${received}`);
      resume();
    },
    explain: (refusal) => {
      heard.push(`refused ${refusal.code}`);
      return Promise.resolve(refusal);
    },
    onLeft: () => heard.push("left"),
    setTimer: (work) => {
      timer.work = work;
      return () => timer.isStopped = true;
    },
  });
  return { socket, link, heard, timer };
}

/** The goodbye that the viewer got; it closes then, as a page does. */
async function readGoodbye(socket: FakeGatewaySocket): Promise<Record<string, unknown>> {
  const frame = await waitUntil(() => socket.frames.at(-1), "a goodbye");
  socket.end();
  return JSON.parse(frame as string);
}

const RESUME = JSON.stringify({ type: "resume", token: "t", received: 5 });

Deno.test("the first frame of a link is passed on in the same turn, and nothing after it", () => {
  const { socket, link, heard, timer } = startRig();
  socket.receive(RESUME);
  assertEquals(heard, ["resume t 5"]);
  assert(timer.isStopped);
  assertEquals(socket.frames, []);
  link.receiver = undefined;
  socket.end();
  assertEquals(heard, ["resume t 5"]);
});

for (
  const [what, frame] of [
    ["bytes", Uint8Array.of(1, 2, 3)],
    ["text that is no message", "hello"],
    ["another message", JSON.stringify({ type: "begin" })],
    ["a token that is no text", JSON.stringify({ type: "resume", token: 5, received: 0 })],
    ["no position", JSON.stringify({ type: "resume", token: "t" })],
    ["a long frame", JSON.stringify({ type: "resume", token: "t", received: 0, padding: "x".repeat(1024) })],
  ] as const
) {
  Deno.test(`a link that begins with ${what} is refused as malformed`, async () => {
    const { socket, heard, timer } = startRig();
    socket.receive(frame);
    const { code, close, retry } = await readGoodbye(socket);
    assertEquals([code, close, retry], ["viewer_malformed", 4400, false]);
    assertEquals(heard, ["refused viewer_malformed"]);
    assert(timer.isStopped);
    socket.receive(RESUME);
    assertEquals(heard.length, 1, "what comes after a refusal is ignored");
  });
}

Deno.test("a link that says nothing is refused after a while", async () => {
  const { socket, heard, timer } = startRig();
  timer.work();
  socket.receive(RESUME);
  assertEquals((await readGoodbye(socket)).code, "resume_refused");
  assertEquals(heard, ["refused resume_refused"]);
});

Deno.test("what the session refuses is the reason, with the time to wait", async () => {
  const { socket } = startRig(() => {
    throw new PortholeError("limit_reached", "Too many", { retryAfterMs: 1234 });
  });
  socket.receive(RESUME);
  const { code, retry_after_ms, message } = await readGoodbye(socket);
  assertEquals([code, retry_after_ms, message], ["limit_reached", 1234, "Too many"]);
});

Deno.test("a viewer that leaves before its first frame is no refusal", () => {
  const { socket, heard, timer } = startRig();
  socket.end();
  assertEquals(heard, ["left"]);
  assert(timer.isStopped);
});
