/** A small Debian 13 in a folder of the cache, for servers that are newer than the machine's own. */
import { generateHash } from "./lab.ts";
import { findProgram, runNeeding, runProgram } from "./programs.ts";

/** Increase it when the code below changes: a cached root is used unchanged. */
const EDITION = 2;
const SERVERS = ["tigervnc-standalone-server", "wayvnc", "weston", "sway", "swaybg"];
/** Packages that a shell, PAM and the servers need in addition to those that apt finds by itself in an empty system. */
const REST = [
  ...["dash", "util-linux", "libc-bin", "coreutils", "libmount1", "libblkid1", "libsmartcols1", "libselinux1"],
  ...["libattr1", "libacl1", "libcap-ng0", "libgmp10", "libpcre2-8-0", "libpam-modules", "libpam-modules-bin"],
];
/** What builds the root. */
const BUILDERS = ["apt-get", "dpkg", "openssl"];
const KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg";

/** The root's folder, or what is missing for it. */
export type Debian13 = { readonly root: string } | { readonly lacks: string };

/**
 * Finds the root or builds it, which takes a minute and 170 MB of downloads. Nothing is installed on the machine. If
 * something is missing, the result says so; nothing is thrown.
 */
export async function findDebian13(): Promise<Debian13> {
  const cache = Deno.env.get("XDG_CACHE_HOME") ?? `${Deno.env.get("HOME") ?? "/tmp"}/.cache`;
  const root = `${cache}/porthole/debian13-${EDITION}`;
  const isBuilt = await Deno.stat(root).catch(() => undefined) !== undefined;
  const needed = ["chroot", ...isBuilt ? [] : BUILDERS];
  const missing = needed.find((program) => findProgram(program) === undefined);
  if (missing) return { lacks: missing };
  if (isBuilt) return { root };
  if (Deno.uid() !== 0) return { lacks: "root (to build a private Debian 13)" };
  try {
    await Deno.mkdir(`${cache}/porthole`, { recursive: true });
    await runNeeding(BUILDERS, () => buildRoot(root));
    return { root };
  } catch (error) {
    return { lacks: `a private Debian 13 (${String(error).trim().split("\n").at(-1)})` };
  }
}

/** Builds in another folder and then renames it, so that an aborted build is never used. */
async function buildRoot(root: string): Promise<void> {
  const folder = await Deno.makeTempDir({ dir: root.slice(0, root.lastIndexOf("/")), prefix: "building-" });
  try {
    const packages = await downloadPackages(`${folder}/apt`);
    const fresh = `${folder}/root`;
    for (const path of packages) await runProgram("dpkg", { args: ["-x", path, fresh] });
    await furnish(fresh);
    await Deno.chmod(fresh, 0o755);
    await Deno.rename(fresh, root);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function downloadPackages(folder: string): Promise<string[]> {
  for (const path of ["lists/partial", "archives/partial", "parts", "preferences", "more"]) {
    await Deno.mkdir(`${folder}/${path}`, { recursive: true });
  }
  await Deno.writeTextFile(`${folder}/status`, "");
  await Deno.writeTextFile(`${folder}/sources.list`, `deb [signed-by=${KEYRING}] ${await findMirror()} trixie main\n`);
  const settings = {
    "Dir::Etc::sourcelist": `${folder}/sources.list`,
    "Dir::Etc::sourceparts": "-",
    "Dir::Etc::parts": `${folder}/parts`,
    "Dir::Etc::preferencesparts": `${folder}/preferences`,
    "Dir::State::status": `${folder}/status`,
    "Dir::State::lists": `${folder}/lists`,
    "Dir::Cache": folder,
    "Dir::Cache::archives": `${folder}/archives`,
    "APT::Install-Recommends": "false",
    "APT::Sandbox::User": "root",
    "APT::Update::Error-Mode": "any",
    "Acquire::Retries": "3",
  };
  const config = Object.entries(settings).map(([name, value]) => `${name} "${value}";`).join("\n");
  await Deno.writeTextFile(`${folder}/apt.conf`, config);
  const apt = (...args: string[]) =>
    runProgram("apt-get", { args: ["-q", ...args], env: { APT_CONFIG: `${folder}/apt.conf` }, cwd: `${folder}/more` });
  await apt("update");
  await apt("-y", "--download-only", "install", ...SERVERS);
  await apt("download", ...REST);
  const list = async (path: string) =>
    (await Array.fromAsync(Deno.readDir(path))).filter(({ name }) => name.endsWith(".deb")).map(({ name }) =>
      `${path}/${name}`
    );
  return [...await list(`${folder}/archives`), ...await list(`${folder}/more`)];
}

/** The mirror that this machine already uses for Debian. */
async function findMirror(): Promise<string> {
  const folder = "/etc/apt/sources.list.d";
  const names = (await Array.fromAsync(Deno.readDir(folder)).catch(() => [])).map(({ name }) => `${folder}/${name}`);
  const texts = await Promise.all(
    ["/etc/apt/sources.list", ...names].map((path) => Deno.readTextFile(path).catch(() => "")),
  );
  const found = texts.join("\n").match(/^(?:URIs:|deb\s)[^#\n]*?(https?:\/\/\S+\/debian)\/?(?:\s|$)/m);
  if (!found?.[1]) throw new Error("No Debian mirror is configured in /etc/apt");
  return found[1];
}

/** Turns unpacked packages into a system: links, accounts and rules for PAM. */
async function furnish(root: string): Promise<void> {
  for (const path of ["proc", "dev", "sys", "tmp", "run", "etc/pam.d"]) {
    await Deno.mkdir(`${root}/${path}`, { recursive: true });
  }
  for (const name of ["bin", "sbin", "lib", "lib64"]) {
    await Deno.symlink(`usr/${name}`, `${root}/${name}`).catch(() => {});
  }
  const hash = await generateHash();
  const rules = "auth required pam_unix.so\naccount required pam_unix.so\n";
  const files = {
    "etc/passwd": "root:x:0:0:root:/root:/bin/sh\nvnctest:x:1999:1999::/tmp:/bin/sh\n",
    "etc/shadow": ["root", "vnctest"].map((user) => `${user}:${hash}:19000:0:99999:7:::\n`).join(""),
    "etc/group": "root:x:0:\nvnctest:x:1999:\n",
    "etc/nsswitch.conf": "passwd: files\ngroup: files\nshadow: files\n",
    "etc/hosts": "127.0.0.1 localhost\n",
    "etc/pam.d/porthole-test": rules,
    "etc/pam.d/weston-remote-access": rules,
  };
  for (const [path, text] of Object.entries(files)) await Deno.writeTextFile(`${root}/${path}`, text);
}
