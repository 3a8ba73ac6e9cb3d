/** How to trust the certificate. Open to everybody, because users need it before they can sign in. */
import { Hono } from "hono";
import { PortholeError } from "../../errors.ts";
import { INSTALL_GUIDES } from "../../tls/install.ts";
import { makeReturnAddress } from "../base.ts";
import type { Env } from "../env.ts";
import { readPageProps } from "../page_props.ts";
import { TrustPage } from "./page.tsx";

/** Makes /ca.crt and /trust. */
export function createTrustRoutes(): Hono<Env> {
  const routes = new Hono<Env>();
  routes.get("/ca.crt", (c) => {
    const ca = c.var.about.ca();
    if (!ca) throw new PortholeError("not_found", "This gateway has no CA of its own");
    c.header("Content-Disposition", 'attachment; filename="porthole-ca.crt"');
    return c.body(ca.pem, 200, { "Content-Type": "application/x-x509-ca-cert" });
  });
  routes.get("/trust", (c) => {
    const address = makeReturnAddress(c, "trust");
    const { fingerprint256 } = c.var.about.ca() ?? {};
    const hasCertificate = c.var.config.gateway.tls.mode === "files";
    const props = { ...readPageProps(c), fingerprint256, hasCertificate, address, guides: INSTALL_GUIDES };
    return c.html(<TrustPage {...props} />);
  });
  return routes;
}
