/** Signing in with passwords and codes, without a gateway around it. */
import type { ConnectLimit } from "../../src/access/connect_limit.ts";
import { KnownDevices } from "../../src/access/known_devices.ts";
import type { PasswordCheck } from "../../src/access/password.ts";
import { PasswordSignIn } from "../../src/access/password_sign_in.ts";
import { SecondStep } from "../../src/access/second_step.ts";
import { openAccessStores } from "../../src/access/stores.ts";
import { TwoFactor } from "../../src/access/two_factor.ts";
import type { User } from "../../src/config/config.ts";
import { createMemoryStores } from "../../src/store/memory_stores.ts";
import { NO_LIMIT } from "./no_limit.ts";

interface PasswordRigOptions {
  readonly check: PasswordCheck;
  readonly users: ReadonlyMap<string, User>;
  readonly now: () => number;
  readonly limit?: ConnectLimit;
}

/** Makes it, on stores in memory. */
export function makePasswordRig({ check, users: known, now, limit = NO_LIMIT }: PasswordRigOptions) {
  const stores = openAccessStores(createMemoryStores({ now }));
  const users = () => known;
  const locked: string[] = [];
  const secondStep = new SecondStep({ stores, onLocked: (name, { wrong }) => locked.push(`${name} ${wrong}`), now });
  const devices = new KnownDevices({ store: stores.knownDevices, users, now });
  const twoFactor = new TwoFactor({ stores, now });
  const signIn = new PasswordSignIn({ users, check, twoFactor, secondStep, devices, stores, limit, now });
  return { signIn, devices, secondStep, stores, locked };
}
