/** The rows of the table of security types. */
import type { LoginStep } from "../login_step.ts";
import type { Need } from "../refusal.ts";
import type { Script } from "../script.ts";
import type { Login, Proof } from "./login.ts";
import type { InnerChoice, Watch } from "./watch.ts";

/**
 * A list in which servers offer codes; the same code may mean different types in different lists. "rfb": the Security
 * message (RFC 6143 section 7.1.2); "vencrypt": VeNCrypt's subtypes; "tight": Tight's authentication capabilities.
 */
export type SecurityList = "rfb" | "vencrypt" | "tight";

interface Row {
  /** Number on the wire: U8 in the "rfb" list (U32 in version 3.3), U32 in the others. */
  readonly code: number;
  /** Name for users, unique in the table. */
  readonly name: string;
  /** The lists in which the code means this type. */
  readonly lists: readonly SecurityList[];
}

interface SpokenRow extends Row {
  /** The credentials that the gateway must have before it chooses this type. */
  readonly needs: readonly Need[];
  /** How the server proves its identity before a secret is sent; null if it cannot. */
  readonly proof: Proof | null;
  /** Whether the session is encrypted after the login. */
  readonly encrypts: boolean;
}

/** Speaks one security type, up to but not including SecurityResult. */
export type Speak = (login: Login) => Script<void, LoginStep>;

/** Watches noVNC 1.7 speak a type up to but not including SecurityResult; null where noVNC does not speak it. */
export type WatchLogin = (() => Watch<void>) | null;

/** A security type that logs in. */
export interface LoginType extends SpokenRow {
  /**
   * Whether SecurityResult 0 can follow a wrong secret: neatvnc 0.5.4 then sends garbage in place of ServerInit, or
   * closes.
   */
  readonly falseOk: boolean;
  readonly speak: Speak;
  readonly watch: WatchLogin;
  /** Whether noVNC speaks it with Web Cryptography, which browsers keep from pages over plain HTTP of other machines. */
  readonly needsSecureContext?: true;
}

/** A security type that offers others in a list of its own; the gateway answers with the chosen code as U32. */
export interface ContainerType extends SpokenRow {
  /** The list inside. */
  readonly holds: SecurityList;
  /** Reads the codes in the list inside. */
  readonly readInner: () => Script<readonly number[]>;
  /** Whether an empty list means None, without an answer. */
  readonly emptyMeansNone: boolean;
  /** Reads and drops what the server sends after ServerInit; null if it sends nothing there. */
  readonly skipAfterServerInit: (() => Script<void>) | null;
  /** Watches noVNC 1.7 choose from the list inside; null where noVNC does not speak it. */
  readonly watch: (() => Watch<InnerChoice>) | null;
  /** Watches what the server sends after ServerInit; null if it sends nothing there. */
  readonly watchAfterServerInit: (() => Watch<void>) | null;
}

/** The list inside a container, as a source has sent it. */
export interface Inside {
  readonly container: ContainerType;
  readonly codes: readonly number[];
}

/** A security type that the gateway does not speak. */
export interface UnspokenType extends Row {
  /** A remark for users, shown in parentheses after the type's name. */
  readonly remark: string | null;
  /** The setting to change on servers that offer this type, as a command; null if none is known. */
  readonly advice: string | null;
  readonly watch: WatchLogin;
}

/** A security type that the gateway speaks. */
export type SpokenType = LoginType | ContainerType;

/** One row of the table. */
export type SecurityType = SpokenType | UnspokenType;
