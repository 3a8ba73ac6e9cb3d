import { assertEquals } from "@std/assert";
import { createMetrics } from "../../src/telemetry/metrics.ts";
import { testWith } from "./programs.ts";

testWith(["promtool"], "promtool accepts the metrics", async () => {
  const count = { upBytes: 1, downBytes: 2 };
  const metrics = createMetrics({ sessions: () => [{ state: "open", count }], states: ["open"], prewarmed: () => 0 });
  metrics.sessionOpened(1);
  metrics.sessionEnded("internal", count);
  metrics.dialed("ok", 1);
  metrics.refused("not_allowed");
  metrics.eventLoopLag(0);
  const args = ["check", "metrics"];
  const promtool = new Deno.Command("promtool", { args, stdin: "piped", stdout: "piped", stderr: "piped" }).spawn();
  await new Response(await metrics.render()).body!.pipeTo(promtool.stdin);
  const { code, stdout, stderr } = await promtool.output();
  assertEquals([new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr), code], ["", 0]);
});
