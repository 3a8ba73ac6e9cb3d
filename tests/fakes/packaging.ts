const ROOT = new URL("../../", import.meta.url);

/** A file of the repository as text. */
export function readProjectFile(path: string): string {
  return Deno.readTextFileSync(new URL(path, ROOT));
}

/** The words that the container's entry point replaces itself with; the last one is the program. */
export function readEntrypoint(): string[] {
  const script = readProjectFile("deploy/porthole.sh").replaceAll("\\\n", "");
  const [, words = ""] = /^exec (.*) "\$@"$/m.exec(script) ?? [];
  return words.split(/\s+/);
}

/** The words of the systemd unit's ExecStart. */
export function readExecStart(): string[] {
  const unit = readProjectFile("deploy/porthole.service").replaceAll("\\\n", "");
  return unit.match(/^ExecStart=(.*)$/m)![1]!.split(/\s+/);
}

/** The words of a task in deno.json. */
export function readTask(name: string): string[] {
  return JSON.parse(readProjectFile("deno.json")).tasks[name].split(/\s+/);
}
