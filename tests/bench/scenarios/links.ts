/** Slow links, emulated: how much passes, how late, and what waits in front of them. */
import type { LinkSpec } from "../network/one_way.ts";
import type { Measure, Run, Scenario } from "../scenario.ts";

const LINKS: readonly LinkSpec[] = [
  { roundTripMs: 5, megabits: 20, lossPercent: 0 },
  { roundTripMs: 30, megabits: 20, lossPercent: 0 },
  { roundTripMs: 120, megabits: 20, lossPercent: 0 },
  { roundTripMs: 30, megabits: 20, lossPercent: 1 },
  { roundTripMs: 30, megabits: 2, lossPercent: 0 },
];

const BITS = 8;

function takeMegabits({ result }: Run): number {
  return (result.bytes ?? NaN) * BITS / 1000 / result.ms;
}

/** So long what was sent needs at the rate of the link. */
function takeMsOfLink(bytes: number, link: LinkSpec): number {
  return bytes * BITS / 1000 / link.megabits;
}

function measureLink(what: string, link: LinkSpec, isSlow: boolean, acks: boolean): Measure[] {
  return [
    { label: `${what}, Mbit/s`, digits: 1, take: takeMegabits },
    {
      label: `${what}, echo beside it p50 ms`,
      digits: 0,
      take: ({ result }) => (result.p50Us ?? NaN) / 1000,
    },
    {
      label: `${what}, age of what arrives, s`,
      digits: 2,
      ...(isSlow && acks && { target: "≤ 1 s" }),
      take: ({ waiting }) => takeMsOfLink(waiting?.bytes ?? NaN, link) / 1000,
    },
    {
      label: `${what}, of that in the gateway, ms`,
      digits: 0,
      ...(isSlow && !acks && { target: "≤ 300 ms" }),
      take: ({ waiting }) => takeMsOfLink(waiting?.own ?? NaN, link),
    },
    {
      label: `${what}, of that not read by it yet, ms`,
      digits: 0,
      take: ({ waiting }) => takeMsOfLink(waiting?.before ?? NaN, link),
    },
  ];
}

function describe({ roundTripMs, megabits, lossPercent }: LinkSpec): string {
  return `${roundTripMs} ms, ${megabits} Mbit/s${lossPercent > 0 ? `, ${lossPercent} % loss` : ""}`;
}

/** Each link with a plain viewer, and with one that acknowledges as our page does; the slowest with the page itself. */
export function listLinks(quick: boolean): Scenario[] {
  const ms = quick ? 3000 : 6000;
  const links = quick ? LINKS.slice(-1) : LINKS;
  const slowest = LINKS.at(-1)!;
  const shared = { source: "endless", rounds: 1, schemes: ["wss"] } as const;
  const raw = links.flatMap((link): Scenario[] => {
    const name = `link${link.roundTripMs}_${link.megabits}${link.lossPercent > 0 ? "_loss" : ""}`;
    const isSlow = link === slowest;
    return [false, true].map((acks): Scenario => ({
      ...shared,
      name: acks ? `${name}_acks` : name,
      link,
      peers: acks ? [] : isSlow ? ["other", "websockify"] : ["other"],
      job: { kind: "link", sessions: 1, ms, acks },
      measures: measureLink(`${describe(link)}, ${acks ? "acknowledging" : "plain"}`, link, isSlow, acks),
    }));
  });
  const page: Scenario = {
    ...shared,
    name: "link_page",
    link: slowest,
    inPage: true,
    peers: ["other", "websockify"],
    job: { kind: "page_link", sessions: 1, ms: 2 * ms },
    measures: measureLink(`${describe(slowest)}, page`, slowest, true, true)
      .filter(({ label }) => !label.includes("echo")),
  };
  return [...raw, page];
}
