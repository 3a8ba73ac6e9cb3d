/** Whether others can reach the gateway, and whether they have to sign in. */
import ipaddr from "ipaddr.js";
import type { Address, Auth, Gateway } from "./config.ts";

type Reach = Pick<Gateway, "listen" | "publicUrl" | "trustedProxies">;

/**
 * Whether anyone may open every source without signing in: with `auth: none`, or without `auth` on a listener that only
 * this machine can reach. `public_url` or a trusted proxy means that others reach it through a proxy or a tunnel.
 */
export function isOpenToAll(gateway: Reach, auth: Auth): boolean {
  if (auth.mode !== "unset") return auth.mode === "none";
  return isLocal(gateway.listen) && gateway.publicUrl === undefined && gateway.trustedProxies.length === 0;
}

/** Whether users can sign in with the login link of the first start. */
export function takesLoginLink(gateway: Reach, auth: Auth): boolean {
  return auth.mode !== "none" && auth.loginLink && !isOpenToAll(gateway, auth);
}

/** A warning for a gateway that anyone on a network can use, or undefined. */
export function warnOfExposure(gateway: Pick<Gateway, "listen">, auth: Auth): string | undefined {
  if (auth.mode !== "none" || isLocal(gateway.listen)) return undefined;
  return "Anyone who can reach this address can open every source, because auth is none";
}

/** Whether only this machine can reach a listener: loopback addresses and unix sockets. */
function isLocal(address: Address): boolean {
  if (address.kind === "unix" || address.hostname === "localhost") return true;
  return ipaddr.isValid(address.hostname) && ipaddr.process(address.hostname).range() === "loopback";
}
