import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { BoardPage, type BoardSource } from "../../../src/web/pages/board.tsx";
import { ErrorPage } from "../../../src/web/pages/error.tsx";
import { ViewerPage } from "../../../src/web/pages/viewer.tsx";

const EVIL = `"><script>alert(1)</script>'`;
const page = { basePath: "/below/", nonce: "n0nce" };

const source: BoardSource = { name: "pi", title: EVIL, status: "up", words: EVIL, sessions: 1, viewOnly: true };

const pages: Record<string, string> = {
  board: String(
    <BoardPage
      {...page}
      sources={[{ ...source, group: EVIL }, source]}
      problems={[EVIL]}
      warnings={[EVIL]}
      person={{ name: EVIL }}
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

Deno.test("the board shows sources without a group first, and says when there is none", () => {
  const html = pages.board!;
  assert(html.lastIndexOf("<h2>") > html.indexOf('class="card"'));
  const empty = String(<BoardPage {...page} sources={[]} problems={[]} warnings={[]} />);
  assertStringIncludes(empty, "There is no source here yet.");
});

Deno.test("the board offers a search from nine sources on", () => {
  const draw = (count: number) =>
    String(
      <BoardPage
        {...page}
        sources={Array.from({ length: count }, (_, index) => ({ ...source, name: `pi${index}` }))}
        problems={[]}
        warnings={[]}
      />,
    );
  assert(!draw(8).includes('id="search"'));
  assert(draw(9).includes('id="search"'));
});
