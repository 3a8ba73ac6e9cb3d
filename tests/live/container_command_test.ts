import { assertEquals } from "@std/assert";
import { readEntrypoint } from "../fakes/packaging.ts";
import { Program } from "./programs.ts";

Deno.test("the container's own command starts with the permissions that it lists and answers /healthz", async () => {
  await using stack = new AsyncDisposableStack();
  const folder = await Deno.makeTempDir();
  stack.defer(() => Deno.remove(folder, { recursive: true }));
  const config = { gateway: { listen: "127.0.0.1:0" }, sources: { demo: { demo: true } } };
  await Deno.writeTextFile(`${folder}/sources.yaml`, JSON.stringify(config));

  const project = new URL("../../", import.meta.url).pathname;
  const places = { "/app": project, "/config": folder, "/data": `${folder}/data`, "/run/porthole": folder };
  const [, ...words] = readEntrypoint().map((word) =>
    Object.entries(places).reduce((text, [from, to]) => text.replace(from, to), word)
  );
  const program = stack.use(
    await Program.start(Deno.execPath(), {
      args: [...words.slice(0, -1), `${project}main.ts`],
      env: { PORTHOLE_CONFIG: `${folder}/sources.yaml`, PORTHOLE_DATA: `${folder}/data`, DENO_NO_PROMPT: "1" },
    }),
  );
  const [, ready = ""] = await program.waitFor(/^porthole ready (\S+)$/m);
  const caCerts = ready.startsWith("https:") ? [await Deno.readTextFile(`${folder}/data/tls/ca.crt`)] : [];
  using client = Deno.createHttpClient({ caCerts });
  const answer = await fetch(new URL("healthz", ready), { client });
  assertEquals([answer.status, await answer.text()], [200, "ok\n"], program.output);
});
