/** The viewer page: makes the parts and joins them. Its HTML is src/web/viewer/page.tsx. */
import type { Down } from "../side_channel/messages.ts";
import { ClipboardPanel } from "./clipboard_panel.ts";
import { Connection, type Phase, type ShownMessage } from "./connection.ts";
import { CredentialsPrompt, type Question } from "./credentials.ts";
import { diagnose } from "./diagnosis.ts";
import { forceViewOnly, startDisplayPanel } from "./display_panel.ts";
import { getElement } from "./element.ts";
import { endSentence } from "./ending.ts";
import { startFullscreen } from "./fullscreen.ts";
import { askIdentity } from "./identity.ts";
import { startKeysPanel } from "./keys_panel.ts";
import { type KeyStroke, typeCharacter } from "./keys.ts";
import { Screen } from "./screen.ts";
import { savePicture } from "./screenshot.ts";
import { loadSettings, saveSettings, type Settings } from "./settings.ts";
import { startSoftKeyboard } from "./soft_keyboard.ts";
import { Status } from "./status.ts";
import { Toolbar } from "./toolbar.ts";
import { watchWayOut } from "./way_out.ts";

/** Slow enough for a login screen behind a slow link. */
const TYPE_INTERVAL_MS = 15;

const { basePath = "/", source = "", title = source, viewOnly } = document.body.dataset;
let isForcedViewOnly = viewOnly === "true";
let policy: Down<"hello">["clipboard"] = "both";
let settings = force(loadSettings(localStorage));

const toolbar = new Toolbar();
const credentials = new CredentialsPrompt(source);
const status = new Status({ onRetry: () => connection.connect(), onStop: () => connection.leave() });
const send = (strokes: readonly KeyStroke[]) => screen.sendStrokes(strokes);
const clipboard = new ClipboardPanel({ sendText: (text) => screen.sendClipboard(text), typeText });

const screen = new Screen(title, settings, {
  onOpen: () => connection.confirmOpen(),
  onLost: () => connection.fail("The VNC server sent something that this page does not understand.", true),
  onCredentialsNeeded: (fields) => void answerScreen(fields),
  onSecurityFailure: (reason) => refuseLogin(reason),
  onIdentity: (fingerprint) => void confirmIdentity(fingerprint),
  onClipboard: (text) => void clipboard.takeRemote(text),
  onClipping: (clipping) => getElement("tool-move", HTMLButtonElement).hidden = !clipping,
});

const connection = new Connection({
  openSocket: (subprotocol) => new WebSocket(makeSocketUrl(), [subprotocol]),
  attach: (channel) => screen.attach(channel),
  showPhase,
  takeMessage,
  diagnose: () => diagnose(basePath, source),
});

const releaseModifiers = startKeysPanel(send);
startSoftKeyboard(send);
startFullscreen();
startDisplayPanel(settings, changeSettings);
startTools();
toolbar.pin(settings.pinned);
showPermitted();
addEventListener("online", () => connection.wake());
addEventListener("pagehide", () => connection.leave());
addEventListener("pageshow", ({ persisted }) => persisted && connection.connect());
document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && connection.wake());
watchWayOut(() => toolbar.focus());
connection.connect();

function makeSocketUrl(): string {
  const url = new URL(`${basePath}ws/vnc/${encodeURIComponent(source)}`, location.href);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  return url.href;
}

function showPhase(phase: Phase): void {
  if (phase.kind === "waiting" || phase.kind === "ended") {
    screen.detach();
    credentials.dismiss();
  }
  status.show(phase);
  toolbar.allowHiding(phase.kind === "open");
  showDisconnect(phase);
  if (phase.kind !== "open") return releaseModifiers();
  if (document.activeElement === document.body) screen.focus();
  void clipboard.readLocal();
}

function showDisconnect({ kind }: Phase): void {
  const words = kind === "ended" ? "Connect" : "Disconnect";
  const button = getElement("tool-disconnect", HTMLButtonElement);
  button.title = words;
  button.querySelector(".unseen")?.replaceChildren(words);
  getElement("tool-screenshot", HTMLButtonElement).disabled = kind !== "open";
}

function takeMessage(message: ShownMessage): void {
  if (message.type === "state") status.showProgress(describeState(message.state));
  if (message.type === "rtt") status.showRoundTrip(message.ms);
  if (message.type === "ask") void answerGateway(message);
  if (message.type !== "hello") return;
  policy = message.clipboard;
  if (message.view_only) {
    isForcedViewOnly = true;
    forceViewOnly();
  }
  changeSettings(settings);
}

function describeState(state: Down<"state">["state"]): string {
  if (state === "dialing") return `Reaching ${title}…`;
  return state === "handshake" ? "Talking to the VNC server…" : "Waiting for the picture…";
}

async function answerGateway(question: Question): Promise<void> {
  const answer = await askUser(question);
  if (answer !== null) connection.send({ type: "credentials", ...answer });
}

async function answerScreen(fields: readonly string[]): Promise<void> {
  const answer = await askUser({ fields });
  if (answer !== null) screen.sendCredentials(answer);
}

async function askUser(question: Question) {
  status.showProgress("Waiting for you to log in…");
  const answer = await credentials.ask(question);
  if (connection.phase.kind !== "connecting") return null; // The connection that asked is gone
  if (answer === null) connection.leave();
  else status.showProgress("Logging in…");
  return answer;
}

function refuseLogin(reason: string): void {
  const words = "The VNC server refused the login";
  const sentence = endSentence(reason === "" ? words : `${words}: ${reason}`);
  credentials.forget(sentence);
  connection.fail(sentence, false);
}

async function confirmIdentity(fingerprint: string): Promise<void> {
  if (await askIdentity(fingerprint)) screen.approveServer();
  else connection.leave();
}

function changeSettings(changed: Settings): void {
  const { viewOnly: chosen } = changed;
  settings = force(changed);
  saveSettings(localStorage, { ...settings, viewOnly: isForcedViewOnly ? false : chosen });
  screen.apply(settings);
  toolbar.pin(settings.pinned);
  showPermitted();
}

/** Disables what sends something up while the session is view-only; noVNC takes no cut text then either. */
function showPermitted(): void {
  for (const tool of ["tool-keys", "tool-type", "tool-clipboard"]) {
    getElement(tool, HTMLButtonElement).disabled = settings.viewOnly;
  }
  clipboard.allow(policy, settings.viewOnly);
}

function force(chosen: Settings): Settings {
  return { ...chosen, viewOnly: chosen.viewOnly || isForcedViewOnly };
}

function startTools(): void {
  const on = (id: string, act: (button: HTMLButtonElement) => void) => {
    const button = getElement(id, HTMLButtonElement);
    button.addEventListener("click", () => act(button));
  };
  on("tool-disconnect", () => connection.phase.kind === "ended" ? connection.connect() : connection.leave());
  on("tool-screenshot", async () => {
    const picture = await screen.takePicture();
    if (picture !== null) savePicture(picture, source);
  });
  on("tool-move", (button) => {
    const isMoving = button.ariaPressed !== "true";
    button.ariaPressed = String(isMoving);
    screen.moveView(isMoving);
  });
}

async function typeText(text: string): Promise<void> {
  for (const character of text.replaceAll("\r\n", "\n")) {
    if (connection.phase.kind !== "open") return;
    screen.sendStrokes(typeCharacter(character));
    await new Promise((resolve) => setTimeout(resolve, TYPE_INTERVAL_MS));
  }
}
