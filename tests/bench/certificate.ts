/** The certificate that all subjects serve wss with: one as the gateway makes for itself. */
import { makeCa, makeLeaf } from "../../src/tls/ca.ts";
import type { Certificate } from "./subjects.ts";

/** Makes a certificate for 127.0.0.1 in that folder. */
export async function makeCertificate(folder: string): Promise<Certificate> {
  const names = ["127.0.0.1"];
  const nowMs = Date.now();
  const ca = await makeCa({ host: "bench", names, nowMs });
  const { cert, key } = await makeLeaf({ ca, names, nowMs });
  const files = { cert: `${folder}/cert.pem`, key: `${folder}/key.pem` };
  await Deno.writeTextFile(files.cert, cert);
  await Deno.writeTextFile(files.key, key);
  return files;
}
