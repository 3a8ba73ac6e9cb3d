/** sources.yaml as a whole: the sections beside the sources, and the sources. */
import { z } from "zod";
import { authSchema } from "./auth_section.ts";
import { type Complaint, isMapping, readIssues, section } from "./fields.ts";
import { gatewaySchema } from "./gateway_section.ts";
import { limitsSchema } from "./limits_section.ts";
import { checkSources, defaultsSchema, type WrittenSource } from "./source_section.ts";

const fileSchema = section({
  gateway: orEmpty(gatewaySchema),
  auth: authSchema.optional(),
  limits: orEmpty(limitsSchema),
  defaults: orEmpty(defaultsSchema),
  sources: z.unknown().optional(),
});

/** The sections beside the sources. */
export type Sections = z.output<typeof fileSchema>;

/** A checked file, with everything that is wrong with it. */
export interface WrittenFile {
  /** Absent when one of the sections is invalid. */
  readonly sections?: Sections;
  readonly sources: ReadonlyMap<string, WrittenSource>;
  readonly complaints: readonly Complaint[];
}

/** Checks a whole file. Keys that are absent or empty get their defaults. */
export function checkFile(written: unknown): WrittenFile {
  const result = fileSchema.safeParse(written);
  const { sources, complaints } = checkSources(isMapping(written) ? written.sources ?? {} : {});
  return {
    ...(result.success && { sections: result.data }),
    sources,
    complaints: [...readIssues(result.error, []), ...complaints],
  };
}

/** A section that may also be absent or empty. */
function orEmpty<T extends z.ZodType>(schema: T) {
  return z.unknown().optional().transform((written): unknown => written ?? {}).pipe(schema);
}
