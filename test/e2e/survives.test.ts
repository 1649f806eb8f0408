import { setTimeout } from "node:timers/promises";
import { expect, test } from "vitest";
import { mustKubectl } from "../support/cluster/cluster.ts";
import {
  apiServerReady,
  applyPipeline,
  createRun,
  DEMO,
  deleteOperatorPods,
  eventually,
  finishedRun,
  getRun,
  jobsOf,
  killOnNode,
  listJson,
  sql,
  verdictOf,
} from "../support/cluster/kind.ts";

const CHECKSUM = "select md5(string_agg(t::text, ',' order by film_id)) from analytics.film_ratings t";
const CONNECTIONS = {
  source: { postgres: { secretRef: "films-source" } },
  warehouse: { postgres: { secretRef: "films-warehouse" } },
};

test("the operator's pods deleted at ten random moments: the same tables, and no second Job for any attempt", async () => {
  await finishedRun(createRun("films"));
  const expected = sql("warehouse", CHECKSUM);
  for (let round = 0; round < 10; round++) {
    const name = createRun("films");
    const delayMs = Math.floor(Math.random() * 4_000);
    await setTimeout(delayMs);
    deleteOperatorPods();
    const run = await finishedRun(name);
    const story = `killed after ${delayMs} ms: ${JSON.stringify(run.status.nodes)}`;
    expect(verdictOf(run), story).toBe("True Succeeded");
    expect([...jobsOf(run)].sort(), story).toEqual(["models/1", "quality/1", "raw/1"]);
    expect(sql("warehouse", CHECKSUM), story).toBe(expected);
  }
});

test("a task pod killed in the middle of a load: after the retry the table is complete and single", async () => {
  sql(
    "source",
    "create table if not exists big as select i as id, md5(i::text) as a, repeat('x', 200) as b from generate_series(1, 1500000) i",
  );
  await applyPipeline("big", {
    connections: CONNECTIONS,
    retries: { limit: 3, backoff: { initial: "1s" } },
    nodes: {
      big: {
        load: {
          from: { connection: "source", tables: ["big"] },
          to: { connection: "warehouse", schema: "raw_big" },
          mode: "append",
        },
      },
    },
  });
  sql("warehouse", "drop schema if exists raw_big cascade");
  const name = createRun("big");
  await eventually("rows under way", () => (copying() ? true : undefined));
  const { metadata } = getRun(name);
  const [pod] = listJson("pods", `kelt.dev/run-uid=${metadata.uid}`);
  mustKubectl(["delete", "pod", pod?.metadata.name ?? "", "-n", DEMO, "--grace-period=0", "--force"]);
  const run = await finishedRun(name);
  expect(verdictOf(run), JSON.stringify(run.status.nodes)).toBe("True Succeeded");
  expect(run.status.nodes?.big?.attempt).toBeGreaterThan(1);
  expect(sql("warehouse", "select count(*), count(distinct id) from raw_big.big")).toBe("1500000|1500000");
  expect(sql("warehouse", "select count(*) from raw_big._kelt_loads")).toBe("1");
  sql("warehouse", "drop schema raw_big cascade");
  sql("source", "drop table big");
  mustKubectl(["delete", "pipeline", "big", "-n", DEMO]);
});

/** Whether a load writes into the warehouse at this moment. */
function copying(): boolean {
  return sql("warehouse", "select count(*) from pg_stat_progress_copy where bytes_processed > 1000000") !== "0";
}

test("the API server killed during a run: the run ends as if nothing had happened", async () => {
  await finishedRun(createRun("films"));
  const expected = sql("warehouse", CHECKSUM);
  const name = createRun("films");
  await eventually("the first Job", () => (listJson("jobs", `kelt.dev/run=${name}`).length > 0 ? true : undefined));
  killOnNode("kube-apiserver");
  await apiServerReady();
  const run = await finishedRun(name);
  expect(verdictOf(run), JSON.stringify(run.status.nodes)).toBe("True Succeeded");
  expect(new Set(jobsOf(run)).size).toBe(jobsOf(run).length);
  expect(sql("warehouse", CHECKSUM)).toBe(expected);
});

/** The first process of a container that has no listener of SIGTERM would be left to run for its grace period of half a minute. */
const UNTIL_TOLD_TO_STOP = `process.once("SIGTERM", () => process.exit(143)); setTimeout(() => {}, 600000)`;

test("a cancelled run stops its pods and ends as Cancelled, what had not begun never begins", async () => {
  await applyPipeline("slow", {
    nodes: {
      sleep: { container: { command: ["/usr/local/bin/node", "-e", UNTIL_TOLD_TO_STOP] } },
      after: { needs: ["sleep"], container: { command: ["/usr/local/bin/node", "--version"] } },
    },
  });
  const name = createRun("slow");
  await eventually("the sleeping pod", () =>
    getRun(name).status.nodes?.sleep?.state === "Running" ? true : undefined,
  );
  mustKubectl(["patch", "plr", name, "-n", DEMO, "--type=merge", "-p", '{"spec":{"cancelled":true}}']);
  const run = await finishedRun(name);
  expect(verdictOf(run)).toBe("False Cancelled");
  expect(run.status.nodes).toMatchObject({ sleep: { state: "Cancelled" }, after: { state: "Cancelled" } });
  expect(listJson("pods", `kelt.dev/run-uid=${run.metadata.uid}`)).toEqual([]);
  mustKubectl(["delete", "pipeline", "slow", "-n", DEMO]);
});

test("a run that is deleted takes its Jobs and pods along", async () => {
  const run = await finishedRun(createRun("films"));
  expect(jobsOf(run).length).toBe(3);
  mustKubectl(["delete", "plr", run.metadata.name, "-n", DEMO]);
  await eventually("the Jobs to go", () => (jobsOf(run).length === 0 ? true : undefined));
});
