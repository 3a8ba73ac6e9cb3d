/** The program on a data folder whose disk a test fills, with the changes that such a test asks for. */
import { hashToken } from "../../src/access/opaque_token.ts";
import { Place, type Porthole } from "../process/porthole.ts";
import { type RawAnswer, sendRaw } from "./raw_http.ts";

const YAML = `
gateway: { listen: "127.0.0.1:0", tls: none }
auth: { tokens: [{ name: root, hash: "sha256:${hashToken("root")}", scopes: [admin] }] }
limits: { connects_per_minute: 10000, sign_ins_per_minute: 10000 }
sources: { demo: { demo: true } }
`;

const ROOT = { Authorization: "Bearer root", Accept: "application/json" };

/** A share link. */
export interface MadeLink {
  readonly id: string;
  readonly secret: string;
}

/** A running gateway, and what an administrator asks of it. */
export interface DurableGateway {
  readonly process: Porthole;
  ask(method: string, path: string): Promise<RawAnswer>;
  /** Makes a share link; undefined where that is refused. */
  makeLink(): Promise<MadeLink | undefined>;
  revoke(id: string): Promise<number>;
  /** Whether the secret of a link opens the screen. */
  opens(secret: string): Promise<boolean>;
}

/** A folder with its configuration, in which gateways are started one after the other. */
export interface DurablePlace extends AsyncDisposable {
  readonly data: string;
  start(options?: { preload?: string }): Promise<DurableGateway>;
  /** Runs a gateway that is expected to end by itself. */
  run: Place["run"];
  write(name: string, text: string): Promise<void>;
  /** From here on, nothing can be written to the data folder. */
  block(): Promise<void>;
  unblock(): Promise<void>;
}

/** Makes the folder. */
export async function makeDurablePlace(): Promise<DurablePlace> {
  const place = await Place.make(YAML);
  const data = `${place.folder}/data`;
  return {
    data,
    start: async (options = {}) => {
      const running = await place.serve([], options);
      return describe(running, Number(running.url.port));
    },
    run: (args) => place.run(args),
    write: (name, text) => Deno.writeTextFile(`${place.folder}/${name}`, text),
    // A file instead of the folder: every write fails, also for root, and on any system.
    block: async () => {
      await Deno.rename(data, `${data}.away`);
      await Deno.writeTextFile(data, "");
    },
    unblock: async () => {
      await Deno.remove(data);
      await Deno.rename(`${data}.away`, data);
    },
    [Symbol.asyncDispose]: () => place[Symbol.asyncDispose](),
  };
}

function describe(process: Porthole, port: number): DurableGateway {
  const ask = (method: string, path: string) => sendRaw(port, { method, path, headers: ROOT });
  return {
    process,
    ask,
    makeLink: async () => {
      const { status, body } = await ask("POST", "/api/sources/demo/links");
      if (status !== 201) return undefined;
      const { id, url } = JSON.parse(body);
      return { id, secret: url.split("#")[1] };
    },
    revoke: async (id) => (await ask("DELETE", `/api/sources/demo/links/${id}`)).status,
    opens: async (secret) => {
      const headers = { "Content-Type": "application/x-www-form-urlencoded", Accept: "text/html" };
      return (await sendRaw(port, { method: "POST", path: "/share", headers, body: `secret=${secret}` })).status ===
        303;
    },
  };
}
