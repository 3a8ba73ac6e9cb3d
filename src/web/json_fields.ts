/** Kinds of fields that several responses of the JSON interface share. */
import { z } from "zod";

/** An instant as `Date.toISOString()` writes it. */
export function instant(description: string) {
  return z.string().meta({ format: "date-time", description });
}

/** A whole number from 0 up. */
export function count(description: string) {
  return z.int().min(0).describe(description);
}
