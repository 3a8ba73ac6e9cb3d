import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { DashboardPage } from "../../../src/web/dashboard/page.tsx";
import { ErrorPage } from "../../../src/web/error_page.tsx";
import type { SourceView } from "../../../src/web/source_view.ts";
import { ViewerPage } from "../../../src/web/viewer/page.tsx";

const EVIL = `"><script>alert(1)</script>'`;
const page = { basePath: "/below/", nonce: "n0nce" };

const source: SourceView = { name: "pi", title: EVIL, status: "up", detail: EVIL, sessions: 1, view_only: true };

const pages: Record<string, string> = {
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
  error: String(<ErrorPage {...page} status={404} title={EVIL} message={EVIL} />),
};

for (const [name, html] of Object.entries(pages)) {
  Deno.test(`the ${name} page is a document that escapes what it is told`, () => {
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

Deno.test("the dashboard shows sources without a group first, and says when there is none", () => {
  const html = pages.dashboard!;
  assert(html.lastIndexOf("<h2>") > html.indexOf('class="card"'));
  const empty = String(<DashboardPage {...page} sources={[]} problems={[]} warnings={[]} />);
  assertStringIncludes(empty, "No screens yet.");
});

Deno.test("the dashboard offers a search from nine sources on", () => {
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
