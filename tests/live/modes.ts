/** Every VNC server that the live tests open, in each security mode that it offers: plain data. */
import { PASSWORD, USERNAME } from "./lab.ts";

/** One server in one mode. `{…}` in the command is filled in when it is started; see servers.ts. */
export interface Mode {
  readonly name: string;
  readonly command: string;
  /** Where it runs: on the machine, with accounts of its own for PAM, or in a private Debian 13. */
  readonly place?: "accounts" | "debian13";
  /** The screen that it shows, if it has none of its own. */
  readonly screen?: "xvfb" | "xvfb8" | "sway";
  /** The credentials of the source. If there is a password, a wrong one is tried too. */
  readonly login?: { readonly username?: string; readonly password: string };
  /** Whether the source names the CA; without it, trust is on first use. */
  readonly ca?: true;
  /** The security type that must be spoken; without it, the server cannot be opened. */
  readonly spoken?: string;
  /** The expected advice if no type can be spoken. */
  readonly advice?: RegExp;
}

/** The expected answers to a wrong password; the second one if the gateway has probed the source before. */
export const REFUSED = /^Cannot open .+: the server refused (the (user name or )?password|this password before)/;

const ACCOUNT = { username: USERNAME, password: PASSWORD };
const SECRET = { password: PASSWORD };

const TIGER = "Xtigervnc -displayfd 1 -retro -geometry 640x480 -depth 24 -interface 127.0.0.1 -nolisten tcp -ac " +
  "-BlacklistThreshold=100000 -PAMService={pam} -PlainUsers=*";
const TIGER_TCP = `${TIGER} -rfbport {port}`;
const X509 = "-X509Key {lab}/server.key -X509Cert {lab}/server.crt";
const RSA = "-rfbauth {lab}/password -RSAKey {lab}/rsa.pem";
const TIGHT = "Xtightvnc {display} -geometry 640x480 -depth 24 -rfbport {port} -interface 127.0.0.1 -nolisten tcp -ac";
const X11VNC = "x11vnc -norc -display {screen} -forever -shared -rfbport {port} -listen 127.0.0.1 -no6 -noipv6 -quiet";
const X11VNC_TLS = `${X11VNC} -ssl {lab}/self-signed.pem`;
const QEMU = "qemu-system-x86_64 -machine pc,accel=tcg -m 32 -nodefaults -vga std -display none";
const QEMU_SECRET = "-object secret,id=s,data=secret12";
const QEMU_TLS = "-object tls-creds-x509,id=t,dir={lab}/qemu,endpoint=server,verify-peer=off";
const WESTON = "weston --backend=vnc --renderer=pixman --shell=kiosk-shell.so --width=640 --height=480 " +
  "--address=127.0.0.1 --port={port} --config={lab}/weston.ini";

const tiger12: readonly Mode[] = [
  { name: "None", command: `${TIGER_TCP} -SecurityTypes None`, spoken: "None" },
  {
    name: "VncAuth",
    command: `${TIGER_TCP} -SecurityTypes VncAuth -rfbauth {lab}/password`,
    login: SECRET,
    spoken: "VNC Authentication",
  },
  {
    name: "as it comes",
    command: `${TIGER_TCP} -rfbauth {lab}/password`,
    login: SECRET,
    spoken: "VeNCrypt VNC Authentication",
  },
  {
    name: "VncAuth, protocol 3.3",
    command: `${TIGER_TCP} -SecurityTypes VncAuth -rfbauth {lab}/password -Protocol3.3=1`,
    login: SECRET,
    spoken: "VNC Authentication",
  },
  { name: "unix socket", command: `${TIGER} -rfbport -1 -rfbunixpath {socket} -SecurityTypes None`, spoken: "None" },
  {
    name: "Plain",
    place: "accounts",
    command: `${TIGER_TCP} -SecurityTypes Plain`,
    login: ACCOUNT,
    spoken: "VeNCrypt Plain",
  },
  {
    name: "X509None",
    command: `${TIGER_TCP} -SecurityTypes X509None ${X509}`,
    ca: true,
    spoken: "VeNCrypt X509None",
  },
  {
    name: "X509Vnc",
    command: `${TIGER_TCP} -SecurityTypes X509Vnc -rfbauth {lab}/password ${X509}`,
    ca: true,
    login: SECRET,
    spoken: "VeNCrypt X509Vnc",
  },
  {
    name: "X509Plain",
    place: "accounts",
    command: `${TIGER_TCP} -SecurityTypes X509Plain ${X509}`,
    ca: true,
    login: ACCOUNT,
    spoken: "VeNCrypt X509Plain",
  },
  {
    name: "TLSNone",
    command: `${TIGER_TCP} -SecurityTypes TLSNone`,
    advice: /offers VeNCrypt TLSNone \(anonymous TLS\), which Porthole cannot speak; .*SecurityTypes=X509Vnc/,
  },
];

const tight: readonly Mode[] = [
  { name: "8 bits", command: TIGHT.replace("-depth 24", "-depth 8"), spoken: "None" },
  { name: "None", command: TIGHT, spoken: "None" },
  {
    name: "VncAuth",
    command: `${TIGHT} -rfbauth {lab}/password`,
    login: SECRET,
    spoken: "VNC Authentication",
  },
];

const x11vnc: readonly Mode[] = [
  { name: "8 bits with a colour map", screen: "xvfb8", command: X11VNC, spoken: "None" },
  { name: "None", screen: "xvfb", command: X11VNC, spoken: "None" },
  {
    name: "rfbauth",
    screen: "xvfb",
    command: `${X11VNC} -rfbauth {lab}/password`,
    login: SECRET,
    spoken: "VNC Authentication",
  },
  {
    name: "ssl, X509None",
    screen: "xvfb",
    command: `${X11VNC_TLS} -vencrypt force`,
    spoken: "VeNCrypt X509None",
  },
  {
    name: "ssl, X509Vnc",
    screen: "xvfb",
    command: `${X11VNC_TLS} -vencrypt force -rfbauth {lab}/password`,
    login: SECRET,
    spoken: "VeNCrypt X509Vnc",
  },
  {
    name: "ssl, unixpw_cmd",
    screen: "xvfb",
    command: `${X11VNC_TLS} -vencrypt plain:support -unixpw_cmd {lab}/check-login`,
    login: ACCOUNT,
    spoken: "VeNCrypt X509Plain",
  },
];

const qemu: readonly Mode[] = [
  { name: "None", command: `${QEMU} -vnc 127.0.0.1:{port-5900}`, spoken: "None" },
  {
    name: "password",
    command: `${QEMU} ${QEMU_SECRET} -vnc 127.0.0.1:{port-5900},password-secret=s`,
    login: SECRET,
    spoken: "VNC Authentication",
  },
  { name: "unix socket", command: `${QEMU} -vnc unix:{socket}`, spoken: "None" },
  {
    name: "X509None",
    command: `${QEMU} ${QEMU_TLS} -vnc 127.0.0.1:{port-5900},tls-creds=t`,
    ca: true,
    spoken: "VeNCrypt X509None",
  },
  {
    name: "X509Vnc",
    command: `${QEMU} ${QEMU_TLS} ${QEMU_SECRET} -vnc 127.0.0.1:{port-5900},tls-creds=t,password-secret=s`,
    ca: true,
    login: SECRET,
    spoken: "VeNCrypt X509Vnc",
  },
  {
    name: "anonymous TLS",
    command: `${QEMU} -object tls-creds-anon,id=t,endpoint=server -vnc 127.0.0.1:{port-5900},tls-creds=t`,
    advice: /anonymous TLS.*tls-creds-x509/,
  },
];

const wayvnc5: readonly Mode[] = [
  { name: "None", screen: "sway", command: "wayvnc -C {lab}/wayvnc-open 127.0.0.1 {port}", spoken: "None" },
  {
    name: "X509Plain",
    screen: "sway",
    command: "wayvnc -C {lab}/wayvnc-login 127.0.0.1 {port}",
    ca: true,
    login: ACCOUNT,
    spoken: "VeNCrypt X509Plain",
  },
];

const tiger15: readonly Mode[] = [
  ...([["RA2", "RSA-AES"], ["RA2ne", "RSA-AES unencrypted"], ["RA2_256", "RSA-AES-256"], [
    "RA2ne_256",
    "RSA-AES-256 unencrypted",
  ]] as const).map(([type, spoken]) => ({
    name: type,
    command: `${TIGER_TCP} -SecurityTypes ${type} ${RSA}`,
    login: SECRET,
    spoken,
  })),
  {
    name: "RA2_256 with accounts",
    command: `${TIGER_TCP} -SecurityTypes RA2_256 -RequireUsername=1 -RSAKey {lab}/rsa.pem`,
    login: ACCOUNT,
    spoken: "RSA-AES-256",
  },
  {
    name: "X509Vnc",
    command: `${TIGER_TCP} -SecurityTypes X509Vnc -rfbauth {lab}/password ${X509}`,
    ca: true,
    login: SECRET,
    spoken: "VeNCrypt X509Vnc",
  },
  {
    name: "as it comes",
    command: `${TIGER_TCP} -rfbauth {lab}/password`,
    login: SECRET,
    spoken: "VeNCrypt VNC Authentication",
  },
];

const wayvnc9: readonly Mode[] = [
  { name: "None", screen: "sway", command: "wayvnc -C {lab}/wayvnc-open 127.0.0.1 {port}", spoken: "None" },
  {
    name: "as on Raspberry Pi OS, by certificate",
    screen: "sway",
    command: "wayvnc -C {lab}/wayvnc-login-rsa 127.0.0.1 {port}",
    ca: true,
    login: ACCOUNT,
    spoken: "VeNCrypt X509Plain",
  },
  {
    name: "relaxed",
    screen: "sway",
    command: "wayvnc -C {lab}/wayvnc-login-relaxed 127.0.0.1 {port}",
    login: ACCOUNT,
    spoken: "VeNCrypt X509Plain",
  },
];

/** weston accepts only the account that it runs as. */
const WESTON_LOGIN = { username: "root", password: PASSWORD };

const weston: readonly Mode[] = [
  {
    name: "X509Plain",
    command: `${WESTON} --vnc-tls-cert={lab}/server.crt --vnc-tls-key={lab}/server.key`,
    ca: true,
    login: WESTON_LOGIN,
    spoken: "VeNCrypt X509Plain",
  },
  {
    name: "without TLS",
    command: `${WESTON} --disable-transport-layer-security`,
    login: WESTON_LOGIN,
    spoken: "RSA-AES-256",
  },
];

const family = (server: string, modes: readonly Mode[], more: Partial<Mode> = {}) =>
  modes.map((mode) => ({ ...mode, ...more, name: `${server}, ${mode.name}` }));

/** All of them. */
export const MODES: readonly Mode[] = [
  ...family("TigerVNC 1.12", tiger12),
  ...family("TightVNC 1.3", tight),
  ...family("x11vnc 0.9", x11vnc),
  ...family("QEMU 7.2", qemu),
  ...family("wayvnc 0.5", wayvnc5),
  ...family("TigerVNC 1.15", tiger15, { place: "debian13" }),
  ...family("wayvnc 0.9", wayvnc9, { place: "debian13" }),
  ...family("weston 14", weston, { place: "debian13" }),
];
