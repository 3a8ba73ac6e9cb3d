/** Options of another process's sockets, as the kernel has them. Linux only. */

const PIDFD_OPEN = 434n;
const PIDFD_GETFD = 438n;
const IPPROTO_TCP = 6;
const TCP_NODELAY = 1;

/**
 * Whether a process has TCP_NODELAY at its end of a connection over IPv4.
 *
 * @param connection the end of this process
 */
export function readNoDelay(pid: number, connection: { localAddr: Deno.Addr; remoteAddr: Deno.Addr }): boolean {
  const { inode, descriptor } = findSocket(pid, describe(connection.remoteAddr), describe(connection.localAddr));
  const libc = Deno.dlopen("libc.so.6", {
    syscall: { parameters: ["i64", "i64", "i64", "i64"], result: "i64" },
    getsockopt: { parameters: ["i32", "i32", "i32", "buffer", "buffer"], result: "i32" },
    close: { parameters: ["i32"], result: "i32" },
  });
  const process = libc.symbols.syscall(PIDFD_OPEN, BigInt(pid), 0n, 0n);
  const copy = Number(libc.symbols.syscall(PIDFD_GETFD, process, BigInt(descriptor), 0n));
  const [value, size] = [new Int32Array(1), Int32Array.of(4)];
  const result = libc.symbols.getsockopt(copy, IPPROTO_TCP, TCP_NODELAY, value, size);
  for (const open of [copy, Number(process)]) libc.symbols.close(open);
  libc.close();
  if (result !== 0) throw new Error(`Cannot read an option of socket ${inode} of process ${pid}`);
  return value[0] !== 0;
}

/** The socket of a process with these addresses, each as in /proc/net/tcp. @throws Error if it has none */
function findSocket(pid: number, local: string, remote: string): { inode: string; descriptor: string } {
  const rows = Deno.readTextFileSync("/proc/net/tcp").split("\n").map((line) => line.trim().split(/\s+/));
  const inode = rows.find((row) => row[1] === local && row[2] === remote)?.[9];
  const folder = `/proc/${pid}/fd`;
  for (const { name } of Deno.readDirSync(folder)) {
    if (inode !== undefined && readLink(`${folder}/${name}`) === `socket:[${inode}]`) {
      return { inode, descriptor: name };
    }
  }
  throw new Error(`Process ${pid} has no socket from ${local} to ${remote}`);
}

function describe(address: Deno.Addr): string {
  const { hostname, port } = address as Deno.NetAddr;
  const bytes = hostname.split(".").map(Number).reverse();
  const hex = (value: number, digits: number) => value.toString(16).toUpperCase().padStart(digits, "0");
  return `${bytes.map((byte) => hex(byte, 2)).join("")}:${hex(port, 4)}`;
}

/** Undefined if it is closed meanwhile. */
function readLink(path: string): string | undefined {
  try {
    return Deno.readLinkSync(path);
  } catch {
    return undefined;
  }
}
