/** Who reaches the gateway's listener, and whether anybody there has to sign in. */
import ipaddr from "ipaddr.js";
import type { Address, Auth, Gateway } from "./config.ts";

type Door = Pick<Gateway, "listen" | "publicUrl" | "trustedProxies">;

/**
 * Whether everybody may open everything: with `auth: none`, and, while nothing is said about `auth`, on a listener that
 * only this machine reaches. A public address or a trusted proxy says that others reach it through something else.
 */
export function isOpenToAll(gateway: Door, auth: Auth): boolean {
  if (auth.mode !== "unset") return auth.mode === "none";
  return isLocal(gateway.listen) && gateway.publicUrl === undefined && gateway.trustedProxies.length === 0;
}

/** Whether the login link of the first start is a way in. */
export function takesLoginLink(gateway: Door, auth: Auth): boolean {
  return auth.mode !== "none" && auth.loginLink && !isOpenToAll(gateway, auth);
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
