/** Settings of the command line and the environment. Types only. */
import type { Address, Tls } from "./config.ts";

/** Each setting replaces the one in the file. */
export interface Overrides {
  readonly listen?: Address;
  readonly tls?: Tls;
  readonly redirect?: Address;
  readonly basePath?: string;
  readonly publicUrl?: URL;
  /** As given; relative to the working directory. */
  readonly data?: string;
  /** The flag `--open`: `auth: none`. */
  readonly open?: boolean;
  /** Sources named on the command line. */
  readonly targets?: ReadonlyMap<string, Address>;
  /** Paths of websockify's token files, or of folders of them. */
  readonly tokenFiles?: readonly string[];
}
