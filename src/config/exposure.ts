/** Whether the gateway may listen where it was told to, given who must sign in. */
import ipaddr from "ipaddr.js";
import type { Address, Auth, Gateway } from "./config.ts";

/** Why it may not listen there, or undefined: beyond this machine only when `auth: none` spells out that nobody signs in. */
export function explainExposure(gateway: Pick<Gateway, "listen">, auth: Auth): string | undefined {
  if (auth.mode === "methods") return "has sign-in methods, which do not exist yet; only auth: none is possible";
  if (auth.mode === "none" || isLocal(gateway.listen)) return undefined;
  return "listens beyond this machine, where anybody could open every source; write auth: none (or start with --open) if that is meant";
}

/** What a person should be told about a gateway that is open to a network, or undefined. */
export function warnOfExposure(gateway: Pick<Gateway, "listen">, auth: Auth): string | undefined {
  if (auth.mode !== "none" || isLocal(gateway.listen)) return undefined;
  return "Anybody who reaches this address can open every source, because auth is none";
}

/** Whether only this machine reaches a listener: loopback addresses and unix sockets. */
export function isLocal(address: Address): boolean {
  if (address.kind === "unix" || address.hostname === "localhost") return true;
  return ipaddr.isValid(address.hostname) && ipaddr.process(address.hostname).range() === "loopback";
}
