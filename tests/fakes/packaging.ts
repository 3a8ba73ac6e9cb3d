const ROOT = new URL("../../", import.meta.url);

/** A file of the repository as text. */
export function readProjectFile(path: string): string {
  return Deno.readTextFileSync(new URL(path, ROOT));
}

/** The words of the Dockerfile's ENTRYPOINT. */
export function readEntrypoint(): string[] {
  const [, words = "[]"] = readProjectFile("Dockerfile").replaceAll("\\\n", "").match(/^ENTRYPOINT (\[.*\])$/m) ?? [];
  return JSON.parse(words);
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
