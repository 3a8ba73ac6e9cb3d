/** Signed-in browsers in the JSON interface. */
import { z } from "zod";
import { endSignIn, listSignIns, signInSchema, viewSignIn } from "../account/sign_ins.ts";
import { defineOperation } from "./operation.ts";

const listAll = defineOperation({
  method: "get",
  path: "/sign-ins",
  summary: "Lists the browsers where you are signed in; for admins, everybody's",
  success: { status: 200, description: "The sign-ins, newest first", schema: z.array(signInSchema) },
  errors: [],
  respond: async (c) => (await listSignIns(c)).map((signIn) => viewSignIn(signIn, c.var.identity)),
});

const end = defineOperation({
  method: "delete",
  path: "/sign-ins/:id",
  summary: "Signs a browser out and ends its sessions",
  success: { status: 204, description: "The browser is signed out" },
  errors: ["not_found", "not_stored"],
  respond: (c) => endSignIn(c, c.req.param("id")!),
});

/** Everything below /api/sign-ins. */
export const SIGN_IN_OPERATIONS = [listAll, end];
