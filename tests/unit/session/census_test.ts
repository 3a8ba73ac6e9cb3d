import { assertEquals } from "@std/assert";
import type { SourceConfig } from "../../../src/config/config.ts";
import { Census, type Counted } from "../../../src/session/census.ts";
import type { SessionState } from "../../../src/session/state.ts";

type Move = (state: SessionState) => void;

function makeSession(census: Census, name: string, port: number, user: Counted["user"]): [Counted, Move] {
  const config = { target: { kind: "tcp", hostname: "10.0.0.9", port } } as unknown as SourceConfig;
  const session = { source: { name, config } as Counted["source"], user, state: "dialing" as SessionState };
  census.enter(session);
  return [session, (state) => {
    session.state = state;
    census.noteState(session);
  }];
}

function count(census: Census) {
  return {
    live: census.bySource.of("pi"),
    open: census.openBySource.of("pi"),
    connecting: [census.connecting, census.connectingBySource.of("pi"), census.connectingByAddress.of("10.0.0.1")],
    address: census.byAddress.of("10.0.0.1"),
    user: census.byUser.of("ada"),
  };
}

const NONE = { live: 0, open: 0, connecting: [0, 0, 0], address: 0, user: 0 };
const ADA = { address: "10.0.0.1", name: "ada" };

Deno.test("a session is counted from its beginning to its end, and its viewer until it is gone", () => {
  const census = new Census();
  const [session, move] = makeSession(census, "pi", 5900, ADA);
  move("dialing");
  move("handshake");
  assertEquals(count(census), { live: 1, open: 0, connecting: [1, 1, 1], address: 1, user: 1 });
  move("open");
  assertEquals(count(census), { live: 1, open: 1, connecting: [0, 0, 0], address: 1, user: 1 });
  move("closing");
  assertEquals(count(census), { live: 1, open: 0, connecting: [0, 0, 0], address: 1, user: 1 });
  move("ended");
  census.leave(session);
  assertEquals(count(census), { ...NONE, address: 1, user: 1 });
  census.noteGone(session);
  assertEquals(count(census), NONE);
});

Deno.test("a session that never opens is not counted as open, nor as one fewer", () => {
  const census = new Census();
  const [, open] = makeSession(census, "pi", 5900, { address: "10.0.0.2" });
  open("open");
  const [failed, move] = makeSession(census, "pi", 5900, ADA);
  move("closing");
  assertEquals(count(census), { live: 2, open: 1, connecting: [0, 0, 0], address: 1, user: 1 });
  census.leave(failed);
  census.noteGone(failed);
  assertEquals(count(census), { ...NONE, live: 1, open: 1 });
});

Deno.test("neighbours are on one VNC server, under whichever names, until they leave", () => {
  const census = new Census();
  const [here] = makeSession(census, "pi", 5900, ADA);
  const [alias] = makeSession(census, "raspberry", 5900, ADA);
  makeSession(census, "tv", 5901, ADA);
  assertEquals(census.listNeighbours(here), [here, alias]);
  census.leave(alias);
  assertEquals(census.listNeighbours(here), [here]);
  census.leave(here);
  assertEquals(census.listNeighbours(here), []);
});

Deno.test("a session whose viewer comes back from elsewhere is counted there", () => {
  const census = new Census();
  const AWAY = "10.9.9.9";
  const counts = () =>
    [census.byAddress, census.connectingByAddress].map((tally) => [tally.of(ADA.address), tally.of(AWAY)]);
  const user = { ...ADA };
  const [session, move] = makeSession(census, "pi", 5900, user);
  census.move(session, AWAY);
  user.address = AWAY;
  assertEquals(counts(), [[0, 1], [0, 1]]);
  move("open");
  census.move(session, ADA.address);
  user.address = ADA.address;
  assertEquals(counts(), [[1, 0], [0, 0]]);
  move("closing");
  census.leave(session);
  census.noteGone(session);
  assertEquals(count(census), NONE);
});
