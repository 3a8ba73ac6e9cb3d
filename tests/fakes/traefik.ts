/** A proxy that sends the headers which Traefik 3 sends (its pkg/middlewares/forwardedheaders), byte for byte otherwise. */
import { createServer, type IncomingHttpHeaders, type IncomingMessage, request } from "node:http";
import type { AddressInfo, Socket } from "node:net";

interface TraefikOptions {
  /** Port of the gateway on the loopback. */
  readonly to: number;
  /** A StripPrefix middleware for this path. */
  readonly strip?: string;
}

/** The proxy: it acts as if browsers reached it over TLS. */
export interface Traefik extends AsyncDisposable {
  readonly port: number;
}

/** Starts it on the loopback. */
export async function startTraefik({ to, strip = "" }: TraefikOptions): Promise<Traefik> {
  const pass = (incoming: IncomingMessage) =>
    request({
      port: to,
      host: "127.0.0.1",
      method: incoming.method,
      path: removePrefix(incoming.url ?? "/", strip),
      headers: rewrite(incoming, strip),
    });
  const sockets = new Set<Socket>();
  const server = createServer((incoming, outgoing) => {
    const passed = pass(incoming);
    passed.on("response", (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    });
    passed.on("error", () => outgoing.destroy());
    incoming.pipe(passed);
  });
  server.on("connection", (socket: Socket) => sockets.add(socket));
  server.on("upgrade", (incoming: IncomingMessage, socket: Socket) => join(pass(incoming), socket, sockets));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Joins an upgraded connection to that of the gateway, whose answer it passes back. */
function join(passed: ReturnType<typeof request>, socket: Socket, sockets: Set<Socket>): void {
  const answer = ({ statusCode, statusMessage, rawHeaders }: IncomingMessage) => {
    const lines = rawHeaders.map((text, at) => at % 2 === 0 ? `\r\n${text}: ` : text).join("");
    socket.write(`HTTP/1.1 ${statusCode} ${statusMessage}${lines}\r\n\r\n`);
  };
  passed.on("upgrade", (response, upstream: Socket, head) => {
    sockets.add(upstream);
    answer(response);
    socket.write(head);
    socket.pipe(upstream).pipe(socket);
    upstream.on("error", () => socket.destroy());
    socket.on("error", () => upstream.destroy());
  });
  passed.on("response", (response) => {
    answer(response);
    response.pipe(socket);
  });
  passed.on("error", () => socket.destroy());
  passed.end();
}

/** Nothing of X-Forwarded-* that a browser sends passes; a browser's Forwarded does. */
function rewrite({ headers, socket }: IncomingMessage, strip: string): IncomingHttpHeaders {
  const { host = "" } = headers;
  const kept = Object.fromEntries(Object.entries(headers).filter(([name]) => !/^x-(forwarded-.*|real-ip)$/.test(name)));
  const isSocket = headers.upgrade?.toLowerCase() === "websocket";
  const address = socket.remoteAddress ?? "";
  return {
    ...kept,
    "x-real-ip": address,
    "x-forwarded-proto": isSocket ? "wss" : "https",
    "x-forwarded-port": /:(\d+)$/.exec(host)?.[1] ?? "443",
    "x-forwarded-host": host,
    "x-forwarded-server": "traefik",
    "x-forwarded-for": address,
    ...(strip !== "" && { "x-forwarded-prefix": strip }),
  };
}

function removePrefix(path: string, prefix: string): string {
  if (prefix === "" || !path.startsWith(prefix)) return path;
  const rest = path.slice(prefix.length);
  return rest.startsWith("/") ? rest : `/${rest}`;
}
