/** Viewer pages whose connections are cut again and again. */
import { waitAtMost } from "../../src/async/wait_at_most.ts";
import { type Cut, CuttingProxy, WAYS } from "../fakes/cutting_proxy.ts";
import { DenoPage } from "../fakes/deno_page.ts";
import type { Seeded } from "../fakes/seeded.ts";
import { waitUntil } from "../fakes/wait_until.ts";
import type { Action } from "./driver.ts";
import { encodeOrder, encodePointer, MESSAGE_BYTES, StreamCheck } from "./pattern.ts";
import { STEADY } from "./sessions.ts";

const MOST_CUTS = 6;
const MOST_ROUNDS = 8;
const MOST_MESSAGES = 60;
const MOST_POINTERS = 40;
const MOST_BYTES = 200_000;
/** By then the page has its first token: TLS, the upgrade and the first frame have passed down. */
const BEGUN_BYTES = 8_192;
const CLOSED_MS = 5_000;

/** A session over links that are cut anywhere carries every byte once, both ways. */
export const tearSession: Action = async (driver, chance) => {
  const source = chance.pick(STEADY);
  const check = new StreamCheck();
  await using page = new DenoPage({
    haste: 1,
    socketOptions: driver.gateway.socketOptions,
    take: (bytes) => check.take(bytes),
  });
  await using proxy = await CuttingProxy.start({
    target: driver.gateway.port,
    planCut: planCuts(chance),
    onCut: ({ way }) => way === "silence" && page.connection.wake(true),
  });
  page.open(`wss://127.0.0.1:${proxy.port}/ws/vnc/${source}`);
  const isOver = () => page.phases.length > 2 || page.phases[1]?.kind === "waiting";
  await waitUntil(() => page.connection.phase.kind === "open" || isOver(), `the torn desktop of ${source}`);
  let [asked, pointers] = [0, 0];
  for (let round = 1 + chance.below(MOST_ROUNDS); round >= 0 && !isOver(); round--) {
    if (round === 0) proxy.disarm();
    for (let more = chance.below(MOST_POINTERS); more > 0; more--) page.send(encodePointer(++pointers));
    const messages = 1 + chance.below(MOST_MESSAGES);
    asked += messages;
    page.send(encodeOrder({ messages, closes: false, pointers }));
    await waitUntil(() => isOver() || check.bytes >= asked * MESSAGE_BYTES, `a torn stream of ${source}`);
  }
  driver.count("torn sessions");
  driver.count("links of torn sessions", page.sockets);
  if (isOver()) {
    if (!driver.isDisturbed) driver.fault(`a torn session of ${source} ended: ${JSON.stringify(page.phases.at(-1))}`);
    return;
  }
  driver.count("bytes", check.bytes);
  if (check.wrongAt !== undefined) driver.fault(`byte ${check.wrongAt} of a torn session of ${source} is wrong`);
  if (check.bytes > asked * MESSAGE_BYTES) driver.fault(`a torn session of ${source} gave more than was asked for`);
  page.connection.leave();
  // The close frame takes its way through the proxy.
  await waitAtMost(page.closed, CLOSED_MS);
};

function planCuts(chance: Seeded): () => Cut | undefined {
  let [links, left] = [0, 1 + chance.below(MOST_CUTS)];
  return () => {
    if (left-- <= 0) return undefined;
    const isFirst = links++ === 0;
    const afterBytes = (isFirst ? BEGUN_BYTES : 0) + Math.floor(Math.exp(chance.next() * Math.log(MOST_BYTES)));
    const direction = isFirst ? "down" : chance.pick(["up", "down"] as const);
    // Behind TLS there is no head to be seen.
    return { way: chance.pick(WAYS), direction, isInHead: true, afterBytes };
  };
}
