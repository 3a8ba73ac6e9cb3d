/** What attackers and administrators do. */
import { connect } from "node:net";
import { connect as connectTls } from "node:tls";
import { waitUntil } from "../fakes/wait_until.ts";
import type { Action, Driver } from "./driver.ts";

const MOST_IDLE = 30;
/** The password of bob, and of ada. */
export const PASSWORD = "correct horse";
/** A connection with garbage on it is given up after this long, if the gateway waits for more. */
const GARBAGE_MS = 2_000;

const form = (fields: Record<string, string>, driver: Driver): RequestInit => ({
  method: "POST",
  headers: { origin: `https://127.0.0.1:${driver.gateway.port}`, "content-type": "application/x-www-form-urlencoded" },
  body: String(new URLSearchParams(fields)),
});

const readCookie = (answer: { headers: Headers } | undefined) =>
  /^[^=]*porthole=[^;]+/.exec(answer?.headers.get("set-cookie") ?? "")?.[0];

/** Somebody guesses a password. */
export const guessPassword: Action = async (driver, chance) => {
  const name = chance.pick(["ada", `stranger${chance.below(1e6)}`]);
  const answer = await driver.request(
    "/sign-in",
    form({ name, password: `guess ${chance.next()}`, next: "/" }, driver),
  );
  if (!answer) return;
  driver.count("wrong passwords");
  if (![401, 429].includes(answer.status)) driver.fault(`a wrong password was answered with ${answer.status}`);
};

/** A user signs in, opens a session and is signed out by an administrator, which ends the session. */
export const revokeSignIn: Action = async (driver) => {
  const answer = await driver.request("/sign-in", form({ name: "bob", password: PASSWORD, next: "/" }, driver));
  const cookie = readCookie(answer);
  // Several at once may have to wait for their turn.
  if (!answer || answer.status === 429) return;
  if (cookie === undefined) return driver.fault(`the right password was answered with ${answer.status}`);
  const viewer = await driver.open("plain", {
    headers: { cookie, origin: `https://127.0.0.1:${driver.gateway.port}` },
  });
  const listed = await driver.request("/api/sign-ins", { headers: { cookie } });
  const own = (JSON.parse(listed?.body ?? "[]") as { id: string; current?: boolean }[]).find(({ current }) => current);
  if (viewer) viewer.mayEnd = "signed out";
  if (!own) return viewer?.leave("cut");
  if (!await driver.request(`/api/sign-ins/${own.id}`, { method: "DELETE" })) return viewer?.leave("cut");
  if (viewer) await waitUntil(() => viewer.isOver, "the end of a session whose user was signed out");
  const after = await driver.request("/api/sources", { headers: { cookie } });
  if (after && after.status !== 401) driver.fault(`a revoked sign-in was answered with ${after.status}`);
  driver.count("revoked sign-ins");
};

/** A share link is made, opened and revoked, which ends its session. */
export const revokeLink: Action = async (driver, chance) => {
  const path = `/api/sources/${chance.pick(["plain", "noclip"])}/links`;
  const made = await driver.request(path, { method: "POST", body: JSON.stringify({ role: "control" }) });
  if (!made) return;
  if (made.status !== 201) return driver.fault(`making a link was answered with ${made.status}: ${made.body}`);
  const { url, id, source = path.split("/")[3] } = JSON.parse(made.body);
  const cookie = readCookie(await driver.request("/share", form({ secret: new URL(url).hash.slice(1) }, driver)));
  const headers = { cookie: cookie ?? "", origin: `https://127.0.0.1:${driver.gateway.port}` };
  const viewer = cookie === undefined ? undefined : await driver.open(source, { headers });
  if (viewer) viewer.mayEnd = "revoked";
  const revoked = await driver.request(`${path}/${id}`, { method: "DELETE" });
  if (revoked?.status !== 204) {
    viewer?.leave("cut");
    if (revoked) driver.fault(`revoking a link was answered with ${revoked.status}`);
    return;
  }
  if (viewer) await waitUntil(() => viewer.isOver, "the end of a session whose link was revoked");
  const after = cookie === undefined ? undefined : await driver.request("/api/sources", { headers: { cookie } });
  if (after && after.status !== 401) driver.fault(`a revoked link was answered with ${after.status}`);
  driver.count("revoked links");
};

/** A token is added to the configuration and removed, which ends its session. */
export const revokeToken: Action = (driver, chance) =>
  driver.edit(async () => {
    const { gateway } = driver;
    const token = `guest-${chance.next()}`;
    await gateway.edit({ ...gateway.edits, tokens: [token] });
    const viewer = await driver.open("plain", { headers: gateway.bearer(token) });
    if (viewer) viewer.mayEnd = "token removed";
    await gateway.edit({ ...gateway.edits, tokens: [] });
    await waitUntil(async () => {
      const answer = await driver.request("/api/sources", { headers: gateway.bearer(token) });
      return answer?.status === 401;
    }, "the end of a token");
    if (viewer) await waitUntil(() => viewer.isOver, "the end of a session whose token was removed");
    driver.count("revoked tokens");
  });

/** The configuration is edited; at times with a mistake, or asked for by SIGHUP as well. */
export const reload: Action = (driver, chance) =>
  driver.edit(async () => {
    const { gateway } = driver;
    if (chance.below(4) === 0) await gateway.breakConfiguration();
    else await gateway.edit({ ...gateway.edits, extras: chance.below(5) });
    if (chance.below(3) === 0) gateway.signal("SIGHUP");
    driver.count("reloads");
  });

/** The certificate is renewed, which ends every connection. */
export const renew: Action = (driver) =>
  driver.edit(async () => {
    driver.disturb();
    await driver.gateway.renewCertificate();
    driver.disturb();
    driver.count("renewals");
  });

/** An administrator opens the valve, which ends every connection; within a minute of the last time it stays shut. */
export const openValve: Action = (driver) =>
  driver.edit(async () => {
    driver.disturb();
    const opened = await driver.gateway.openValve();
    driver.disturb();
    if (opened) driver.count("valve openings");
  });

/** Connections that send nothing, or the beginning of something. */
export const idleOnTcp: Action = async (driver, chance) => {
  if (driver.idle.size >= MOST_IDLE) return;
  const beginning = chance.pick([[], [22], [22, 3, 1, 2, 0, 1, 0, 1, 252], [71, 69, 84]]);
  const socket = connect({ port: driver.gateway.port, host: "127.0.0.1" });
  const close = () => void socket.destroy();
  socket.on("error", close);
  socket.write(Uint8Array.from(beginning));
  driver.idle.add({ close });
  driver.count("idle connections");
  await Promise.resolve();
};

/** Garbage at the port, with and without TLS around it. */
export const sendGarbage: Action = async (driver, chance) => {
  const at = { port: driver.gateway.port, host: "127.0.0.1" };
  const socket = chance.below(2) === 0 ? connect(at) : connectTls({ ...at, rejectUnauthorized: false });
  socket.on("error", () => {});
  const gone = new Promise<void>((done) => socket.once("close", () => done()));
  const garbage = Uint8Array.from({ length: chance.below(3_000) }, () => chance.below(256));
  socket.end(garbage);
  socket.resume();
  const timer = setTimeout(() => socket.destroy(), GARBAGE_MS);
  await gone;
  clearTimeout(timer);
  driver.count("garbage");
};
