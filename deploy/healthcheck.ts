/** Exits with 0 if the gateway in this container answers `/healthz` on port 8443, with or without TLS, else with 1. */
import net from "node:net";
import tls from "node:tls";

const ADDRESS = { host: "127.0.0.1", port: 8443 };
const TIMEOUT_MS = 3_000;

function ask(socket: net.Socket): Promise<boolean> {
  return new Promise((resolve) => {
    let answer = "";
    socket.setTimeout(TIMEOUT_MS, () => socket.destroy());
    socket.on("error", () => resolve(false));
    socket.on("data", (chunk) => answer += chunk);
    socket.on("close", () => resolve(/^HTTP\/1\.1 200 /.test(answer)));
    socket.write("GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  });
}

// The certificate is not verified: it is issued for public names, and this request stays in the container.
const healthy = await ask(tls.connect({ ...ADDRESS, rejectUnauthorized: false })) || await ask(net.connect(ADDRESS));
Deno.exit(healthy ? 0 : 1);
