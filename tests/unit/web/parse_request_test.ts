import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { PortholeError } from "../../../src/errors.ts";
import { linkRequestSchema } from "../../../src/web/account/links.ts";
import { parseRequest } from "../../../src/web/parse_request.ts";
import { FOREIGN, foreignText } from "../../fakes/foreign.ts";

Deno.test("parseRequest() gives what the schema allows, or one sentence, for any JSON", () => {
  const text = foreignText(["view", "control", "1h", "365d", "guest"]);
  const field = fc.oneof(
    text,
    fc.anything({ withNullPrototype: true, maxDepth: 2 }),
    fc.constantFrom(1, 10_001, null, -0),
  );
  const known = fc.dictionary(fc.oneof(fc.constantFrom("role", "expires", "uses", "label", "__proto__"), text), field);
  fc.assert(
    fc.property(fc.oneof(known, fc.jsonValue(), fc.anything()), (value) => {
      try {
        const { role, expires, uses, label } = parseRequest(linkRequestSchema, value);
        assert(role === "view" || role === "control");
        assert(typeof expires === "string" && label.length <= 80);
        assert(uses === null || (Number.isInteger(uses) && uses >= 1 && uses <= 10_000));
      } catch (error) {
        assert(error instanceof PortholeError, String(error));
        assertEquals(error.code, "bad_request");
        assert(error.message.startsWith("Invalid request: "));
      }
    }),
    FOREIGN,
  );
});
