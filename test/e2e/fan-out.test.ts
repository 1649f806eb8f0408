import { afterAll, expect, test } from "vitest";
import { Random } from "../../config/base/demo/store/random.mts";
import { objects } from "../../config/samples/songplays/demo/objects.mts";
import { kubectl, mustKubectl } from "../support/cluster/cluster.ts";
import {
  applyPipeline,
  createRun,
  eventually,
  finishedRun,
  getRun,
  listJson,
  sql,
  verdictOf,
} from "../support/cluster/kind.ts";

/** The namespace of the sample that has a bucket with a month of files. */
const NAMESPACE = "kelt-songplays";
const PART = "batch.kubernetes.io/job-completion-index";

afterAll(() => {
  kubectl(["delete", "pipeline", "fan-out", "-n", NAMESPACE, "--ignore-not-found"]);
  sql("warehouse", "drop schema if exists fanned_out cascade", NAMESPACE);
});

test("three pods load a month of files as one load, one of them deleted meanwhile: every event once", async () => {
  sql("warehouse", "drop schema if exists fanned_out cascade", NAMESPACE);
  const spec = {
    connections: {
      lake: { s3: { bucket: "songplays", endpoint: "http://store:7070", secretRef: "store" } },
      warehouse: { postgres: { secretRef: "warehouse" } },
    },
    retries: { limit: 3 },
    nodes: {
      events: {
        load: {
          from: { connection: "lake", files: { events: "log_data/" }, format: { jsonl: {} } },
          to: { connection: "warehouse", schema: "fanned_out" },
          fanOut: { pods: 3 },
        },
      },
    },
  };
  await applyPipeline("fan-out", spec, NAMESPACE);
  const name = createRun("fan-out", {}, NAMESPACE);
  const pods = () => listJson("pods", `kelt.dev/run=${name}`, NAMESPACE);
  const victim = await eventually("the pod of part 1", () =>
    pods().find(({ metadata }) => metadata.labels?.[PART] === "1"),
  );
  mustKubectl(["delete", "pod", victim.metadata.name, "-n", NAMESPACE, "--grace-period=0", "--force"]);
  const run = await finishedRun(name, NAMESPACE);
  expect(verdictOf(run), JSON.stringify(run.status.nodes)).toBe("True Succeeded");

  const events = [...objects(new Random(1))]
    .filter(([key]) => key.startsWith("log_data/"))
    .flatMap(([, text]) => text.trimEnd().split("\n"))
    .map((line) => JSON.parse(line) as { readonly ts: number });
  const times = events.reduce((sum, { ts }) => sum + BigInt(ts), 0n);
  expect(sql("warehouse", "select count(*), sum(ts) from fanned_out.events", NAMESPACE)).toBe(
    `${events.length}|${times}`,
  );
  expect(getRun(name, NAMESPACE).status.nodes?.events).toMatchObject({
    state: "Succeeded",
    attempt: 1,
    parts: "3/3",
    rows: events.length,
  });
  expect(listJson("jobs", `kelt.dev/run=${name}`, NAMESPACE)).toHaveLength(1);
  const left = "select count(*) from pg_class where relname ~ '^_kelt_(share|landing|staging)'";
  expect(sql("warehouse", `${left} and relnamespace = 'fanned_out'::regnamespace`, NAMESPACE)).toBe("0");
});
