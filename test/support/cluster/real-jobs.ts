import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { V1Job } from "@kubernetes/client-node";
import { parseAllDocuments } from "yaml";
import { ConnectionSpec } from "#api/connection.ts";
import { PipelineSpec } from "#api/pipeline.ts";
import type { ProjectSource } from "#api/project-source.ts";
import { resolveConnections } from "../../../operator/graph/references.ts";
import { connectionJobOf } from "../../../operator/job/connection-job.ts";
import { jobOf, type TaskPodSettings } from "../../../operator/job/job.ts";
import { RUN_UID } from "../manifests/make.ts";

const SAMPLES = join(import.meta.dirname, "../../../config/samples");

interface Document {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly spec: unknown;
}

/** One Job as the operator makes it, and what it is of. */
export interface RealJob {
  readonly of: string;
  readonly node: string;
  readonly job: V1Job;
}

/** What pipelines may hold beyond the samples: a container of one's own, a load by several pods. */
const OWN = {
  container: {
    container: {
      image: "busybox:1",
      command: ["sh"],
      args: ["-c", "echo $HOME"],
      env: { AWS_REGION: "eu-west-1", EMPTY: "" },
    },
  },
  "fanned-out": {
    load: {
      from: { connection: "lake", files: { films: "films/" } },
      to: { connection: "warehouse", schema: "raw" },
      fanOut: { pods: 3, parallel: 2 },
    },
    attemptTimeout: "10m",
  },
};

/** Sources of dbt projects that every cluster has. */
const projects: readonly (readonly [string, ProjectSource])[] = [
  ["several-config-maps", { configMaps: ["models", "seeds"] }],
  ["claim", { persistentVolumeClaim: { claimName: "models", path: "dbt" } }],
];
const TRANSFORMS = Object.fromEntries(
  projects.map(([name, project]) => {
    return [name, { transform: { connection: "warehouse", schema: "a", project, command: "build" } }];
  }),
);

/** What the tasks of an operator that listens are told. */
const CHANNEL = { urls: ["https://10.1.2.3:8443", "https://kelt-report.kelt-system.svc:8443"], certificate: "PEM" };

const CONNECTIONS: Readonly<Record<string, unknown>> = {
  database: { postgres: { secretRef: "db", host: "db" } },
  bucket: { s3: { bucket: "lake", region: "eu-central-1", serviceAccountName: "reader" } },
  folder: { files: { persistentVolumeClaim: "files" } },
};

/** Every Job that the operator would make in a namespace: of all nodes of all samples, of nodes of ours, of tests of connections. */
export function realJobs(namespace: string, settings: TaskPodSettings): readonly RealJob[] {
  const documents = readdirSync(SAMPLES, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".yaml"))
    .flatMap((file) => parseAllDocuments(readFileSync(join(SAMPLES, file), "utf8")))
    .map((document) => document.toJS() as Document | null);
  const of = (kind: string) => documents.filter((document): document is Document => document?.kind === kind);
  const connections = new Map(
    of("Connection").map(({ metadata, spec }) => [metadata.name, ConnectionSpec.parse(spec)]),
  );
  for (const [name, spec] of Object.entries(CONNECTIONS)) connections.set(name, ConnectionSpec.parse(spec));
  const run = { namespace, name: "run", uid: RUN_UID };
  const pipelines = [
    ...of("Pipeline").map(({ metadata, spec }) => [metadata.name, spec] as const),
    [
      "own",
      {
        nodes: { ...OWN, ...TRANSFORMS },
        connections: { lake: { s3: { bucket: "lake", serviceAccountName: "reader" } }, warehouse: { postgres: {} } },
      },
    ] as const,
  ];
  const jobs = pipelines.flatMap(([pipeline, written]) => {
    const { spec } = resolveConnections(PipelineSpec.parse(written), connections);
    return Object.keys(spec.nodes).map((node) => {
      const job = jobOf({ run, pipeline, spec, node, attempt: 1, report: CHANNEL }, settings);
      return { of: `node ${node} of ${pipeline}`, node, job };
    });
  });
  const tests = [...connections].map(([name, spec]) => ({
    of: `the test of ${name}`,
    node: "connection",
    job: connectionJobOf({ meta: { namespace, name, uid: RUN_UID }, spec, number: 1 }, settings),
  }));
  return [...jobs, ...tests];
}
