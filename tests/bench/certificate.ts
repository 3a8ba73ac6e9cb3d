/** The certificate that all subjects serve wss with. */
import type { Certificate } from "./subjects.ts";

/** A self-signed P-256 certificate in that folder, made by openssl. @throws when there is no openssl. */
export async function makeCertificate(folder: string): Promise<Certificate> {
  const made = { cert: `${folder}/cert.pem`, key: `${folder}/key.pem` };
  const request = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 3 -subj /CN=127.0.0.1";
  const args = [...request.split(" "), "-keyout", made.key, "-out", made.cert];
  const { success } = await new Deno.Command("openssl", { args, stderr: "null" }).output();
  if (!success) throw new Error("Cannot make a certificate: openssl failed");
  return made;
}
