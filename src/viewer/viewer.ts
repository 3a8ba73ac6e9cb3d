/** The viewer page: makes its parts and connects them. Its HTML is src/web/viewer/page.tsx. */
import type { Down } from "../side_channel/messages.ts";
import { ClipboardPanel, type ClipboardRules } from "./clipboard_panel.ts";
import { Connection, type Phase } from "./connection.ts";
import { CredentialsPrompt, type Question } from "./credentials_prompt.ts";
import { createDefer } from "./defer.ts";
import { diagnose } from "./diagnose.ts";
import { forceViewOnly, startDisplayPanel } from "./display_panel.ts";
import { getElement } from "./element.ts";
import { endSentence } from "./ending.ts";
import { startFullscreen } from "./fullscreen.ts";
import { askIdentity } from "./identity_prompt.ts";
import type { KeyStroke } from "./keys.ts";
import { startKeysPanel } from "./keys_panel.ts";
import { Screen } from "./screen.ts";
import { showScreenTitle } from "./screen_title.ts";
import { savePicture } from "./screenshot.ts";
import type { ShownMessage } from "./session.ts";
import { loadSettings, saveSettings, type Settings } from "./settings.ts";
import { startSoftKeyboard } from "./soft_keyboard.ts";
import { makeSocketUrl } from "./source_urls.ts";
import { Status } from "./status.ts";
import { Toolbar } from "./toolbar.ts";
import { enableTools, labelTool, showTool, startTools, toggleTool } from "./tools.ts";
import { typeText } from "./type_text.ts";
import { watchNetwork } from "./watch_network.ts";
import { watchWayOut } from "./way_out.ts";

const { basePath = "/", source = "", viewOnly } = document.body.dataset;
let { title = source } = document.body.dataset;
let isForcedViewOnly = viewOnly === "true";
let clipboardRules: ClipboardRules = { clipboard: "both" };
/** Whether this connection's hello, with the rules of the clipboard, has arrived. */
let isGreeted = false;
let settings = force(loadSettings(localStorage));
/** Whether noVNC has got credentials for this connection, and the server has not accepted them yet. */
let isLoggingIn = false;

const toolbar = new Toolbar();
const credentials = new CredentialsPrompt(source);
const status = new Status({ onRetry: () => connection.connect(), onStop: () => connection.leave() });
const send = (strokes: readonly KeyStroke[]) => screen.sendStrokes(strokes);
const clipboard = new ClipboardPanel({
  sendText,
  typeText: (text) => typeText(text, sendWhileOpen),
});

const elements = { host: getElement("screen", HTMLElement), still: getElement("still", HTMLCanvasElement) };
const screen = new Screen(elements, title, settings, {
  onOpen: () => connection.confirmOpen(),
  onFault: ({ sentence, retry }) => connection.fail(sentence, retry),
  onCredentialsNeeded: (fields) => void answerScreen(fields),
  onSecurityFailure: (reason) => refuseLogin(reason),
  onIdentity: (fingerprint) => void confirmIdentity(fingerprint),
  onClipboard: (text) => void clipboard.takeRemote(text),
  onClipping: (clipping) => showTool("move", clipping),
});

const connection = new Connection({
  openSocket: (subprotocol, resume) =>
    new WebSocket(makeSocketUrl(basePath, source, location.href, resume), [subprotocol]),
  attach: (channel) => screen.attach(channel),
  showPhase,
  showAway,
  takeMessage,
  diagnose: () => diagnose(basePath, source),
  defer: createDefer(),
});

const releaseModifiers = startKeysPanel(send);
startSoftKeyboard(send);
startFullscreen();
startDisplayPanel(settings, changeSettings);
startTools({
  disconnect: () => connection.phase.kind === "ended" ? connection.connect() : connection.leave(),
  screenshot: saveScreenshot,
  move: (button) => screen.moveView(toggleTool(button)),
});
toolbar.pin(settings.pinned);
showPermitted();
watchNetwork(() => connection.wake(true));
addEventListener("pagehide", () => connection.leave());
addEventListener("pageshow", ({ persisted }) => persisted && connection.connect());
document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && connection.wake());
watchWayOut(() => toolbar.focus());
connection.connect();

function showPhase(phase: Phase): void {
  if (phase.kind === "ended" && isLoggingIn) credentials.forget(phase.ending.sentence);
  isLoggingIn = false;
  if (phase.kind === "connecting") isGreeted = false;
  if (phase.kind === "waiting" || phase.kind === "ended") {
    screen.detach();
    credentials.dismiss();
  }
  status.show(phase);
  toolbar.allowHiding(phase.kind === "open");
  labelTool("disconnect", phase.kind === "ended" ? "Connect" : "Disconnect");
  enableTools(["screenshot"], phase.kind === "open");
  if (phase.kind !== "open") return releaseModifiers();
  if (document.activeElement === document.body) screen.focus();
  if (isGreeted) void clipboard.readLocal();
}

/** The bar says what is going on, so it comes up for that. */
function showAway(isAway: boolean): void {
  status.showAway(isAway);
  if (connection.phase.kind === "open") toolbar.allowHiding(!isAway);
}

function takeMessage(message: ShownMessage): void {
  if (message.type === "state") status.showProgress(describeState(message.state));
  if (message.type === "asking") {
    status.showProgress(`Waiting for ${title}. Someone there may have to accept the connection.`);
  }
  if (message.type === "rtt") status.showRoundTrip(message.ms);
  if (message.type === "ask") void answerGateway(message);
  if (message.type === "hello") takeHello(message);
  if (message.type === "clipboard_dropped") clipboard.takeDropped(message.bytes, message.limit);
}

function takeHello(hello: Down<"hello">): void {
  clipboardRules = hello;
  isGreeted = true;
  if (hello.title !== title) showTitle(hello.title);
  if (hello.view_only) {
    isForcedViewOnly = true;
    forceViewOnly();
  }
  changeSettings(settings);
  if (connection.phase.kind === "open") void clipboard.readLocal();
}

function showTitle(shown: string): void {
  title = shown;
  showScreenTitle(title);
  screen.rename(title);
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
  if (answer === null) return;
  isLoggingIn = true;
  screen.sendCredentials(answer);
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

/** Disables all tools that send something up while the session is view-only; noVNC accepts no cut text then either. */
function showPermitted(): void {
  enableTools(["keys", "type", "clipboard"], !settings.viewOnly);
  clipboard.allow(clipboardRules, settings.viewOnly);
}

function force(chosen: Settings): Settings {
  return { ...chosen, viewOnly: chosen.viewOnly || isForcedViewOnly };
}

async function saveScreenshot(): Promise<void> {
  const picture = await screen.takePicture();
  if (picture !== null) savePicture(picture, source);
}

function sendText(text: string): boolean {
  if (connection.phase.kind !== "open") return false;
  screen.sendClipboard(text);
  return true;
}

function sendWhileOpen(strokes: readonly KeyStroke[]): boolean {
  if (connection.phase.kind !== "open" || settings.viewOnly) return false;
  send(strokes);
  return true;
}
