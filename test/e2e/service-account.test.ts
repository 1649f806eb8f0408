import { afterAll, beforeAll, expect, test } from "vitest";
import { kubectl, mustKubectl } from "../support/cluster/cluster.ts";
import {
  applyPipeline,
  createRun,
  DEMO,
  eventually,
  finishedRun,
  getJson,
  verdictOf,
} from "../support/cluster/kind.ts";

const ACCOUNT = "lake-reader";
const made = [`serviceaccount/${ACCOUNT}`, "connection/lake", "pipeline/as-account", "pipeline/as-nobody"];

beforeAll(() => {
  mustKubectl(["create", "serviceaccount", ACCOUNT, "-n", DEMO]);
});
afterAll(() => {
  for (const name of made) kubectl(["delete", name, "-n", DEMO, "--ignore-not-found"]);
});

const spec = (s3: object) => ({
  connections: { lake: { s3: { bucket: "lake", ...s3 } }, warehouse: { postgres: { secretRef: "films-warehouse" } } },
  nodes: {
    raw: {
      load: {
        from: { connection: "lake", files: { t: "t.csv" } },
        to: { connection: "warehouse", schema: "as_account" },
      },
      startTimeout: "10s",
      retries: { limit: 0 },
    },
  },
});

interface PodSpec {
  readonly serviceAccountName?: string;
  readonly automountServiceAccountToken?: boolean;
  readonly containers: readonly { readonly volumeMounts?: readonly { readonly mountPath: string }[] }[];
  readonly volumes?: readonly { readonly projected?: { readonly sources: readonly object[] } }[];
}

/** The specs of the pods with these labels. */
function pods(selector: string): readonly PodSpec[] {
  const list = mustKubectl(["get", "pods", "-n", DEMO, "-l", selector, "-o", "json"]);
  return (JSON.parse(list) as { items: { spec: PodSpec }[] }).items.map((pod) => pod.spec);
}

/** The API server refuses it. */
const REPORT_TOKEN = { serviceAccountToken: { audience: "kelt-report", expirationSeconds: 3600, path: "token" } };

/** The pods run as the account, and nothing of the API server's is in them. */
function expectAccountWithoutToken(found: readonly PodSpec[]): void {
  expect(found.length).toBeGreaterThan(0);
  for (const pod of found) {
    expect(pod).toMatchObject({ serviceAccountName: ACCOUNT, automountServiceAccountToken: false });
    const sources = (pod.volumes ?? []).flatMap(({ projected }) => projected?.sources ?? []);
    expect(sources.filter((source) => JSON.stringify(source) !== JSON.stringify(REPORT_TOKEN))).toEqual([]);
    const mounts = pod.containers.flatMap(({ volumeMounts = [] }) => volumeMounts.map(({ mountPath }) => mountPath));
    expect(mounts).not.toContain("/var/run/secrets/kubernetes.io/serviceaccount");
  }
}

test("a Job runs as the account of its connection and says that it has no role", async () => {
  await applyPipeline("as-account", spec({ serviceAccountName: ACCOUNT }));
  const run = await finishedRun(createRun("as-account"));
  expect(verdictOf(run)).toBe("False Failed");
  expect(run.status.nodes?.raw?.message).toMatch(
    /no secretRef, and account lake-reader has no role: expected AWS_ROLE_ARN/,
  );
  expectAccountWithoutToken(pods(`kelt.dev/run-uid=${run.metadata.uid}`));
});

test("the test of a Connection runs as its account and says that it has no role", async () => {
  mustKubectl(["apply", "-f", "-"], {
    apiVersion: "kelt.dev/v1alpha1",
    kind: "Connection",
    metadata: { name: "lake", namespace: DEMO },
    spec: { s3: { bucket: "lake", serviceAccountName: ACCOUNT } },
  });
  const message = await eventually(
    "the test of connection lake",
    () => {
      const { status } = getJson("connection", "lake") as {
        status?: { conditions?: readonly { status: string; message: string }[] };
      };
      const [ready] = status?.conditions ?? [];
      return ready?.status === "False" ? ready.message : undefined;
    },
    () => JSON.stringify(getJson("connection", "lake")),
  );
  expect(message).toContain("account lake-reader has no role");
  expectAccountWithoutToken(pods("kelt.dev/connection=lake"));
});

test("an account that does not exist is told, and where to look", async () => {
  await applyPipeline("as-nobody", spec({ serviceAccountName: "nobody-knows" }));
  const run = await finishedRun(createRun("as-nobody"));
  expect(run.status.nodes?.raw).toMatchObject({
    state: "Failed",
    reason: "StartTimedOut",
    message: expect.stringContaining(`serviceaccount "nobody-knows" not found`),
  });
});
