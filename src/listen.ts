/** The listeners of a gateway and their certificate. */
import type { Config } from "./config/config.ts";
import type { FileReader } from "./files/file_reader.ts";
import type { Gateway } from "./gateway.ts";
import type { Log } from "./telemetry/log.ts";
import type { CertificateSource } from "./tls/certificate.ts";
import { createFileCertificate } from "./tls/files.ts";
import { createCertificates } from "./tls/keep.ts";
import { listNames } from "./tls/names.ts";
import { createRedirect } from "./tls/redirect.ts";
import { createListener, type Listener, type Revival } from "./tls/serve.ts";
import type { Serve } from "./tls/server.ts";
import { type Farewell, sayFarewell } from "./valve/farewell.ts";

/** The parts of listeners. */
export interface ListenParts {
  readonly serve: Serve;
  readonly log: Log;
  readonly config: Config;
  readonly gateway: Gateway;
  /** Without it, the listener speaks plain HTTP. */
  readonly certificate?: CertificateSource | undefined;
  readonly revival: Revival;
}

/** Opens the gateway's listener and then, if it is configured, the `redirect` listener. @throws ListenError */
export function listen({ serve, log, config, gateway, certificate, revival }: ListenParts): Listener[] {
  const { listen: address, redirect, publicUrl } = config.gateway;
  const tell = (level: "info" | "warn", message: string) => log[level](message);
  const main = createListener({
    serve,
    address,
    ...(certificate ? { certificate } : {}),
    handler: (request, info) => {
      const remote = "hostname" in info.remoteAddr ? info.remoteAddr.hostname : "unix";
      return gateway.app.fetch(request, { remote, whenSent: () => info.completed });
    },
    onReplace: async () => void await sayFarewell(gateway.registry.list(), RENEWED),
    tell,
    revival,
  });
  if (!redirect || main.address.kind !== "tcp") return [main];
  const names = () => listNames({ extra: namesOf(config) });
  const handler = createRedirect({ ...(publicUrl ? { publicUrl } : {}), names, port: main.address.port });
  return [main, createListener({ serve, address: redirect, handler, tell, revival })];
}

const RENEWED: Farewell = {
  code: "certificate_renewed",
  message: "The certificate was renewed; the screen will be back in a moment",
};

/** Opens the configured certificate; undefined without TLS. @throws CertificateError */
export async function openCertificate(
  { gateway }: Config,
  log: Log,
  reader: FileReader,
): Promise<CertificateSource | undefined> {
  const { tls, dataDir, listen } = gateway;
  const tell = (level: "info" | "warn", message: string) => log[level](message);
  if (tls.mode === "none" || listen.kind === "unix") return undefined;
  if (tls.mode === "files") return await createFileCertificate({ cert: tls.cert, key: tls.key, tell, reader });
  const names = () => listNames({ extra: namesOf({ gateway }) });
  const source = await createCertificates({ dataDir, names, tell, reader });
  const { fingerprint256, caFingerprint256 } = source.current;
  log.info("Certificate of this gateway", { sha256: fingerprint256, ca: caFingerprint256 });
  return source;
}

function namesOf({ gateway }: Pick<Config, "gateway">): string[] {
  const { publicUrl, listen } = gateway;
  return [...(publicUrl ? [publicUrl.hostname] : []), ...(listen.kind === "tcp" ? [listen.hostname] : [])];
}
