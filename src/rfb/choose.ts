/** Chooses the security type to speak among those on offer. */
import { nameType, nameTypes } from "./describe.ts";
import { LoginRefused, type Need } from "./refusal.ts";
import { findVendor } from "./security/advice.ts";
import { listMissing, type Login, refuseMissing } from "./security/login.ts";
import type { ContainerType, Inside, SpokenType } from "./security/security_type.ts";
import { listSpoken, listUnspoken } from "./security/table.ts";

/** Advice for servers about which nothing more specific is known. */
const GENERAL_ADVICE = "allow VNC Authentication or VeNCrypt with a certificate on the server";

/**
 * The best of the offered types that the login allows; `within` lists the types chosen around it, the outermost first.
 *
 * @throws {LoginRefused} `no_type` if the gateway speaks none, `untrusted` if none proves the server's identity as the
 * login requires, `secret_missing` if the login lacks what the best one needs.
 */
export function chooseType(
  offered: readonly number[],
  login: Login,
  within: readonly ContainerType[] = [],
): SpokenType {
  const chosen = foreseeType(offered, login, within);
  // RSA-AES servers say later whether they want a user name too. Continuing until then means asking the user only once.
  if (chosen.proof !== "key" && listMissing(chosen.needs, login).length > 0) throw refuseMissing(chosen.needs);
  return chosen;
}

/**
 * The type that the login chooses once its user has given what it lacks.
 *
 * @throws {LoginRefused} `no_type`, `untrusted` as `chooseType` does.
 */
export function foreseeType(
  offered: readonly number[],
  login: Login,
  within: readonly ContainerType[] = [],
): SpokenType {
  const spoken = listSpoken(offered, within.at(-1)?.holds ?? "rfb");
  if (spoken.length === 0) throw refuseOffer(offered, within);
  const { proofs } = login;
  const proven = spoken.filter(({ proof }) => proofs.length === 0 || proof !== null && proofs.includes(proof));
  const best = proven[0];
  if (!best) throw refuseWeak(spoken, within);
  return proven.find(({ needs }) => listMissing(needs, login).length === 0) ?? best;
}

/**
 * The credentials that the user must still be asked for, to log in to a source that offers `types`, and in one of them
 * what is `inside`, where that is known.
 *
 * @throws {LoginRefused} as `chooseType` does.
 */
export function findNeeds(types: readonly number[], inside: Inside | undefined, login: Login): readonly Need[] {
  const outer = chooseType(types, login);
  if (inside === undefined || outer !== inside.container) return listMissing(outer.needs, login);
  const { container, codes } = inside;
  if (codes.length === 0 && container.emptyMeansNone) return [];
  return listMissing(chooseType(codes, login, [container]).needs, login);
}

function refuseWeak(spoken: readonly SpokenType[], within: readonly ContainerType[]): LoginRefused {
  const names = spoken.map((type) => nameTypes([...within, type])).join(", ");
  return new LoginRefused(
    "untrusted",
    `the server must prove its identity, but offers only ${names}; enable X509Vnc or X509Plain on the server, or ` +
      "remove tls: from the source and its line from pins.json",
  );
}

/** The refusal of an offer of which nothing can be spoken. */
export function refuseOffer(offered: readonly number[], within: readonly ContainerType[]): LoginRefused {
  if (offered.length === 0) return new LoginRefused("no_type", "the server offers no security type");
  const list = within.at(-1)?.holds ?? "rfb";
  const names = offered.map((code) => [...within.map(({ name }) => name), nameType(code, list)].join(" ")).join(", ");
  const known = listUnspoken(offered, list);
  const remark = known.find((type) => type.remark)?.remark;
  const vendor = list === "rfb" ? offered.map(findVendor).find(Boolean) : undefined;
  const advice = known.find((type) => type.advice)?.advice ?? vendor?.advice ?? GENERAL_ADVICE;
  const what = remark ? `${names} (${remark})` : names;
  return new LoginRefused("no_type", `the server offers ${what}, which Porthole cannot speak; ${advice}`);
}
