/** A folder with the files that VNC servers need: certificates, keys, password files, settings, accounts for PAM. */
import { generateKeyPairSync } from "node:crypto";
import { makeCa, makeLeaf } from "../../src/tls/ca.ts";
import { runProgram } from "./programs.ts";
import { makePasswordFile } from "./xvnc.ts";

/** The account that every server knows. */
export const USERNAME = "vnctest";
/** Its password, and the one of servers without accounts. */
export const PASSWORD = "secret12";
/** sway refuses to run as root. */
export const UID = 1999;

const NAMES = ["localhost", "127.0.0.1"];

/** The folder, below /tmp, readable by everybody. */
export interface Lab extends AsyncDisposable {
  readonly folder: string;
  /** PEM text of the CA that signed `server.crt`. */
  readonly ca: string;
}

/** Makes the folder; it is removed with the test. */
export async function makeLab(): Promise<Lab> {
  await using stack = new AsyncDisposableStack();
  const folder = await Deno.makeTempDir({ dir: "/tmp" });
  stack.defer(() => Deno.remove(folder, { recursive: true }));
  const ca = await makeCa({ host: "lab", names: NAMES, nowMs: Date.now() });
  const { cert, key } = await makeLeaf({ ca, names: NAMES, nowMs: Date.now() });
  const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey;
  const login = [
    ...["enable_auth=true", `username=${USERNAME}`, `password=${PASSWORD}`],
    ...[`private_key_file=${folder}/server.key`, `certificate_file=${folder}/server.crt`],
  ];
  const files: Record<string, string | Uint8Array> = {
    "ca.crt": ca.cert,
    "server.crt": cert,
    "server.key": key,
    "rsa.pem": rsa.export({ type: "pkcs1", format: "pem" }).toString(),
    "password": await makePasswordFile(PASSWORD),
    // QEMU requires its own file names.
    "qemu/ca-cert.pem": ca.cert,
    "qemu/server-cert.pem": cert,
    "qemu/server-key.pem": key,
    "wayvnc-open": "",
    "wayvnc-login": login.join("\n"),
    "wayvnc-login-rsa": [...login, `rsa_private_key_file=${folder}/rsa.pem`].join("\n"),
    "wayvnc-login-relaxed": [...login, `rsa_private_key_file=${folder}/rsa.pem`, "relax_encryption=true"].join("\n"),
    "sway": "output HEADLESS-1 resolution 640x480\noutput HEADLESS-1 bg #336699 solid_color\n",
    "weston.ini": "[shell]\nbackground-color=0xff336699\n",
    "check-login": `#!/bin/sh\nread u; read p; [ "$u" = ${USERNAME} ] && [ "$p" = ${PASSWORD} ]\n`,
  };
  for (const name of ["qemu", "wayland", "accounts"]) await Deno.mkdir(`${folder}/${name}`);
  for (const [name, content] of Object.entries(files)) {
    await Deno.writeFile(
      `${folder}/${name}`,
      typeof content === "string" ? new TextEncoder().encode(content) : content,
    );
  }
  await Deno.chmod(folder, 0o755);
  await Deno.chmod(`${folder}/password`, 0o600);
  await Deno.chmod(`${folder}/check-login`, 0o755);
  await Deno.chmod(`${folder}/wayland`, 0o700);
  const rest = stack.move();
  return { folder, ca: ca.cert, [Symbol.asyncDispose]: () => rest.disposeAsync() };
}

/** Writes the machine's accounts with ours added, and rules for PAM, to be mounted over /etc by one process only. */
export async function writeAccounts(folder: string): Promise<void> {
  const [passwd, shadow] = await Promise.all(["passwd", "shadow"].map((name) => Deno.readTextFile(`/etc/${name}`)));
  await Deno.writeTextFile(`${folder}/passwd`, `${passwd}${USERNAME}:x:${UID}:${UID}::/tmp:/bin/sh\n`);
  await Deno.writeTextFile(`${folder}/shadow`, `${shadow}${USERNAME}:${await generateHash()}:19000:0:99999:7:::\n`, {
    mode: 0o640,
  });
  await Deno.writeTextFile(`${folder}/rules`, "auth required pam_unix.so\naccount required pam_unix.so\n");
}

/** A certificate as users make it by hand, the only kind that x11vnc accepts. */
export async function writeSelfSigned(path: string): Promise<void> {
  const subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"];
  await runProgram("openssl", {
    args: ["req", "-x509", "-newkey", "rsa:2048", "-nodes", ...subject, "-keyout", path, "-out", `${path}.crt`],
  });
  await Deno.writeTextFile(path, await Deno.readTextFile(`${path}.crt`), { append: true });
}

/** The password as crypt(3) keeps it. */
export async function generateHash(): Promise<string> {
  return (await runProgram("openssl", { args: ["passwd", "-6", PASSWORD] })).trim();
}
