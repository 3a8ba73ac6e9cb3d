/** The JSON interface as OpenAPI 3.1: https://spec.openapis.org/oas/v3.1.0 */

const problem = {
  description: "RFC 9457",
  content: { "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } } },
};

const text = { type: "string" };
const count = { type: "integer", minimum: 0 };

const schemas = {
  Source: {
    type: "object",
    required: ["name", "title", "view_only", "sessions", "status", "detail"],
    properties: {
      name: text,
      title: text,
      group: text,
      view_only: { type: "boolean" },
      sessions: { ...count, description: "Viewers that look at it now" },
      status: { enum: ["up", "down", "unknown"] },
      detail: { ...text, description: "What was last found, or which hop failed, for people" },
      mode: { enum: ["pass_through", "login"], description: "Whether the viewer or the gateway logs in" },
      code: { ...text, description: "The named failure when it is down" },
      checked: { type: "string", format: "date-time" },
    },
  },
  Session: {
    type: "object",
    required: ["id", "source", "state", "address", "started", "up_bytes", "down_bytes", "detail"],
    properties: {
      id: text,
      source: text,
      state: { enum: ["dialing", "handshake", "open", "closing", "ended"] },
      address: { ...text, description: "The viewer's address, as limits group it" },
      user: text,
      started: { type: "string", format: "date-time" },
      up_bytes: count,
      down_bytes: count,
      detail: { ...text, description: "What was spoken with the source" },
    },
  },
  Link: {
    type: "object",
    required: ["id", "source", "role", "label", "created_by", "created", "expires", "uses_left"],
    properties: {
      id: text,
      source: text,
      role: { enum: ["view", "control"] },
      label: text,
      created_by: text,
      created: { type: "string", format: "date-time" },
      expires: { type: "string", format: "date-time" },
      uses_left: { type: ["integer", "null"], minimum: 0 },
    },
  },
  SignIn: {
    type: "object",
    required: ["id", "name", "by", "created", "last_used", "address", "user_agent", "current"],
    properties: {
      id: text,
      name: text,
      by: text,
      created: { type: "string", format: "date-time" },
      last_used: { type: "string", format: "date-time" },
      address: text,
      user_agent: text,
      current: { type: "boolean" },
    },
  },
  Problem: {
    type: "object",
    required: ["type", "title", "status", "detail", "code"],
    properties: { type: text, title: text, status: { type: "integer" }, detail: text, code: text },
  },
};

const named = (name: string, description: string) => ({
  name,
  in: "path",
  required: true,
  description,
  schema: text,
});

const answer = (description: string, schema: unknown) => ({
  200: { description, content: { "application/json": { schema } } },
  default: problem,
});

const ref = (name: keyof typeof schemas) => ({ $ref: `#/components/schemas/${name}` });
const list = (name: keyof typeof schemas) => ({ type: "array", items: ref(name) });
const sourceName = named("name", "A name of sources.yaml");

const paths = {
  "/api/sources": {
    get: { summary: "The sources that you may open", responses: answer("Sources", list("Source")) },
  },
  "/api/sources/{name}": {
    get: { summary: "One source", parameters: [sourceName], responses: answer("The source", ref("Source")) },
  },
  "/api/sources/{name}/probe": {
    get: {
      summary: "One source, looked at afresh when what is known is older than a minute",
      parameters: [sourceName],
      responses: answer("The source", ref("Source")),
    },
  },
  "/api/sources/{name}/retry": {
    post: {
      summary: "Lets the gateway try a password again that the source refused",
      parameters: [sourceName],
      responses: { 204: { description: "It may be tried again" }, default: problem },
    },
  },
  "/api/sessions": {
    get: { summary: "Your sessions; for admins, all", responses: answer("Sessions", list("Session")) },
  },
  "/api/sessions/{id}": {
    delete: {
      summary: "Ends a session",
      parameters: [named("id", "A session's id")],
      responses: { 204: { description: "It ends" }, default: problem },
    },
  },
  "/api/sources/{name}/links": {
    get: {
      summary: "The share links to a source: your own; for admins, all",
      parameters: [sourceName],
      responses: answer("Links", list("Link")),
    },
    post: {
      summary: "Makes a share link; its address is given only here",
      parameters: [sourceName],
      requestBody: {
        content: {
          "application/json": {
            schema: {
              type: "object",
              additionalProperties: false,
              properties: {
                role: { enum: ["view", "control"], default: "view" },
                expires: { ...text, default: "1d", description: "A duration such as 1h, or an instant" },
                uses: { type: ["integer", "null"], minimum: 1, default: null },
                label: { ...text, maxLength: 80 },
              },
            },
          },
        },
      },
      responses: {
        201: {
          description: "The link",
          content: {
            "application/json": {
              schema: { allOf: [ref("Link"), { type: "object", required: ["url"], properties: { url: text } }] },
            },
          },
        },
        default: problem,
      },
    },
  },
  "/api/sources/{name}/links/{id}": {
    delete: {
      summary: "Revokes a share link; who came by it is out at once",
      parameters: [sourceName, named("id", "A link's id")],
      responses: { 204: { description: "It is revoked" }, default: problem },
    },
  },
  "/api/sign-ins": {
    get: { summary: "Your sign-ins; for admins, everybody's", responses: answer("Sign-ins", list("SignIn")) },
  },
  "/api/sign-ins/{id}": {
    delete: {
      summary: "Ends a sign-in and the sessions that it carries",
      parameters: [named("id", "A sign-in's id")],
      responses: { 204: { description: "It has ended" }, default: problem },
    },
  },
  "/api/audit": {
    get: {
      summary: "The newest lines of the trail, for admins",
      parameters: [{
        name: "limit",
        in: "query",
        schema: { type: "integer", minimum: 1, maximum: 1000, default: 100 },
      }],
      responses: answer("Lines, newest first", { type: "array", items: { type: "object" } }),
    },
  },
  "/api/openapi.json": {
    get: { summary: "This description", responses: answer("OpenAPI 3.1", { type: "object" }) },
  },
};

/** The description of this version, at the base path that the asker uses. */
export function describeApi({ version, base }: { version: string; base: string }): unknown {
  return {
    openapi: "3.1.0",
    info: { title: "Porthole", version, license: { name: "MIT", identifier: "MIT" } },
    servers: [{ url: base }],
    paths,
    components: { schemas },
  };
}
