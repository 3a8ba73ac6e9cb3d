import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { AccountPage } from "../../../src/web/account/page.tsx";
import { AuditPage } from "../../../src/web/account/audit_page.tsx";
import { DashboardPage } from "../../../src/web/dashboard/page.tsx";
import { ErrorPage } from "../../../src/web/error_page.tsx";
import type { SourceView } from "../../../src/web/source_view.ts";
import { CodePage } from "../../../src/web/sign_in/code_page.tsx";
import { SignInPage } from "../../../src/web/sign_in/page.tsx";
import { SharePage } from "../../../src/web/sign_in/share_page.tsx";
import { ViewerPage } from "../../../src/web/viewer/page.tsx";

const EVIL = `"><script>alert(1)</script>'`;
const page = { basePath: "/below/", nonce: "n0nce" };

const source: SourceView = { name: "pi", title: EVIL, status: "up", detail: EVIL, sessions: 1, view_only: true };

const instant = "2026-11-26T12:00:00.000Z";
const signIn = { id: "1", name: EVIL, by: EVIL, address: EVIL, user_agent: EVIL, current: true };
const link = { id: "1", source: "pi", role: "view" as const, label: EVIL, created_by: EVIL, uses_left: 1 };

const pages: Record<string, string> = {
  account: String(
    <AccountPage
      {...page}
      signIns={[{ ...signIn, created: instant, last_used: instant }]}
      twoFactor={{ kind: "on" }}
      sharing={{ links: [{ ...link, created: instant, expires: instant }], sources: [source], made: EVIL }}
      admin
      signedIn
      message={EVIL}
    />,
  ),
  audit: String(
    <AuditPage
      {...page}
      lines={[{ time: instant, event: "refused", who: EVIL, from: EVIL, what: EVIL, outcome: EVIL, left_out: 3 }]}
    />,
  ),
  "sign-in": String(
    <SignInPage {...page} next={EVIL} hasPasswords hasLoginLink linkCommand={EVIL} message={EVIL} name={EVIL} />,
  ),
  code: String(<CodePage {...page} next={EVIL} ticket={EVIL} message={EVIL} />),
  share: String(<SharePage {...page} message={EVIL} />),
  dashboard: String(
    <DashboardPage
      {...page}
      sources={[{ ...source, group: EVIL }, source]}
      problems={[EVIL]}
      warnings={[EVIL]}
      user={{ name: EVIL }}
    />,
  ),
  viewer: String(<ViewerPage {...page} version={EVIL} source={{ name: "pi", title: EVIL, viewOnly: true }} />),
  error: String(<ErrorPage {...page} status={404} title={EVIL} message={EVIL} hasWayOn />),
};

for (const [name, html] of Object.entries(pages)) {
  Deno.test(`the ${name} page is a document that escapes its input`, () => {
    assertMatch(html, /^<!doctype html><html lang="en">/);
    assert(!html.includes("<script>"));
    assertStringIncludes(html, "&lt;script&gt;alert(1)");
  });

  Deno.test(`the ${name} page obeys a strict Content-Security-Policy`, () => {
    for (const [tag] of html.matchAll(/<script\b[^>]*>/g)) assertStringIncludes(tag, 'nonce="n0nce"');
    assertEquals(html.match(/<[^>]*\s(on[a-z]+|style)=/), null);
  });

  Deno.test(`the ${name} page names nothing outside its base path`, () => {
    const addresses = [...html.matchAll(/\s(?:href|src|action)="([^"]*)"/g)].map(([, address]) => address!);
    assert(addresses.length > 2);
    for (const address of addresses) assertMatch(address, /^\/below\//);
  });
}

Deno.test("the dashboard shows sources without a group first, and says if there are no sources", () => {
  const html = pages.dashboard!;
  assert(html.lastIndexOf("<h2>") > html.indexOf('class="card"'));
  const empty = String(<DashboardPage {...page} sources={[]} problems={[]} warnings={[]} />);
  assertStringIncludes(empty, "No screens yet.");
});

Deno.test("the dashboard offers a search with nine sources or more", () => {
  const draw = (count: number) =>
    String(
      <DashboardPage
        {...page}
        sources={Array.from({ length: count }, (_, index) => ({ ...source, name: `pi${index}` }))}
        problems={[]}
        warnings={[]}
      />,
    );
  assert(!draw(8).includes('id="search"'));
  assert(draw(9).includes('id="search"'));
});

Deno.test("the audit page says how many similar entries were suppressed", () => {
  assertStringIncludes(pages.audit!, "3 similar entries suppressed");
});

Deno.test("the account page says what a link allows and how long it lasts", () => {
  assertMatch(pages.account!, /<strong>[^<]+<\/strong> can view pi/);
  assertStringIncludes(pages.account!, "expires 2026-11-26 12:00 UTC, 1 use left");
});
