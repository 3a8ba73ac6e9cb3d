/** The certificate that all subjects serve wss with: one as the gateway makes for itself. */
import { makeAuthority, makeLeaf } from "../../src/tls/authority.ts";
import type { Certificate } from "./subjects.ts";

/** Makes a certificate for 127.0.0.1 in that folder. */
export async function makeCertificate(folder: string): Promise<Certificate> {
  const names = ["127.0.0.1"];
  const nowMs = Date.now();
  const authority = await makeAuthority({ host: "bench", names, nowMs });
  const { cert, key } = await makeLeaf({ authority, names, nowMs });
  const files = { cert: `${folder}/cert.pem`, key: `${folder}/key.pem` };
  await Deno.writeTextFile(files.cert, cert);
  await Deno.writeTextFile(files.key, key);
  return files;
}
