/** A network device whose packets this process reads and writes (Linux, tun). Needs CAP_NET_ADMIN and `--allow-ffi`. */

const O_RDWR = 2;
/** linux/if_tun.h */
const TUNSETIFF = 0x400454can;
const IFF_TUN = 0x0001;
const IFF_NO_PI = 0x1000;
const IFREQ_BYTES = 40;
const NAME_BYTES = 16;

const libc = Deno.dlopen("libc.so.6", {
  open: { parameters: ["buffer", "i32"], result: "i32" },
  ioctl: { parameters: ["i32", "u64", "buffer"], result: "i32" },
  read: { parameters: ["i32", "buffer", "usize"], result: "isize", nonblocking: true },
  write: { parameters: ["i32", "buffer", "usize"], result: "isize" },
});

/** Longest packet: the usual Ethernet's. */
export const MTU_BYTES = 1500;

/** A device in the namespace in which it was opened; it may be moved to another one. */
export class Tun {
  readonly #descriptor: number;

  /** @throws Error when it cannot be made */
  constructor(name: string) {
    this.#descriptor = libc.symbols.open(new TextEncoder().encode("/dev/net/tun\0"), O_RDWR);
    const request = new Uint8Array(IFREQ_BYTES);
    new TextEncoder().encodeInto(name, request.subarray(0, NAME_BYTES - 1));
    new DataView(request.buffer).setUint16(NAME_BYTES, IFF_TUN | IFF_NO_PI, true);
    if (this.#descriptor < 0 || libc.symbols.ioctl(this.#descriptor, TUNSETIFF, request) < 0) {
      throw new Error(`Cannot make the network device ${name}`);
    }
  }

  /** Waits for the next packet that the namespace sends; empty while the device is down. */
  async read(): Promise<Uint8Array<ArrayBuffer>> {
    const packet = new Uint8Array(MTU_BYTES);
    const length = Number(await libc.symbols.read(this.#descriptor, packet, BigInt(MTU_BYTES)));
    return packet.subarray(0, Math.max(0, length));
  }

  /** Gives a packet to the namespace. */
  write(packet: Uint8Array<ArrayBuffer>): void {
    libc.symbols.write(this.#descriptor, packet, BigInt(packet.length));
  }
}
