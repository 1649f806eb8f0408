import { afterAll, beforeAll, expect, test } from "vitest";
import { kubectl, mustKubectl } from "../support/cluster/cluster.ts";
import { applyPipeline, createRun, DEMO, finishedRun, verdictOf } from "../support/cluster/kind.ts";

const SECRET = "pod-settings";
const FILES = "pod-settings-files";
const made = [`secret/${SECRET}`, `configmap/${FILES}`, "pipeline/pod-settings"];

beforeAll(() => {
  mustKubectl(["create", "secret", "generic", SECRET, "-n", DEMO, "--from-literal=password=from-the-secret"]);
  mustKubectl(["create", "configmap", FILES, "-n", DEMO, "--from-literal=settings.json={}"]);
});
afterAll(() => {
  for (const name of made) kubectl(["delete", name, "-n", DEMO, "--ignore-not-found"]);
});

/** A program that looks for everything the manifest promises it, and says on which line it did not find it. */
const PROGRAM = `
const fs = require("node:fs");
const is = (found, expected) => { if (found !== expected) throw new Error("expected " + expected + ", found " + found); };
is(process.env.KEY, "from-the-secret");
is(process.env.OWN, "own$(HOME)");
is(process.env.SHARED, "node");
is(fs.readFileSync("/var/run/kelt/connections/system/password", "utf8"), "from-the-secret");
is(JSON.parse(process.env.KELT_CONNECTIONS).system.host, "db.example");
is(fs.readFileSync("/etc/app/settings.json", "utf8"), "{}");
for (const folder of ["/tmp", "/cache"]) fs.writeFileSync(folder + "/x", "x");
let refused = "";
try { fs.writeFileSync("/x", "x"); } catch (error) { refused = error.code; }
is(refused, "EROFS");
is(fs.existsSync("/var/run/secrets/kubernetes.io/serviceaccount/token"), false);
is(process.getuid() + ":" + process.getgid(), "1234:1235");
`;

test("a container finds its Secret, its connection, its volumes and a writable /tmp, and nothing else to write to", async () => {
  const status = await applyPipeline("pod-settings", {
    connections: { system: { postgres: { secretRef: SECRET, host: "db.example" } } },
    retries: { limit: 0 },
    pod: {
      labels: { team: "data" },
      tolerations: [{ operator: "Exists" }],
      securityContext: { runAsUser: 1234, runAsGroup: 1235 },
      env: [
        { name: "SHARED", value: "pipeline" },
        { name: "KEY", valueFrom: { secretKeyRef: { name: SECRET, key: "password" } } },
      ],
    },
    nodes: {
      look: {
        resources: { requests: { cpu: 0 } },
        pod: { env: [{ name: "SHARED", value: "node" }] },
        container: {
          command: ["/usr/local/bin/node", "-e", PROGRAM],
          env: { OWN: "own$(HOME)" },
          connections: ["system"],
          volumes: [
            { name: "settings", configMap: { name: FILES } },
            { name: "cache", emptyDir: { sizeLimit: "1Mi", medium: "Memory" } },
          ],
          volumeMounts: [
            { name: "settings", mountPath: "/etc/app", readOnly: true },
            { name: "cache", mountPath: "/cache" },
          ],
        },
      },
    },
  });
  expect(status.conditions?.[0]).toMatchObject({ status: "True" });
  const run = await finishedRun(createRun("pod-settings"));
  const { look } = run.status.nodes ?? {};
  const log = kubectl(["logs", "-n", DEMO, `job/${look?.job ?? "none"}`]).text;
  expect(verdictOf(run), log).toBe("True Succeeded");
  const labelled = mustKubectl([
    "get",
    "jobs,pods",
    "-n",
    DEMO,
    "-l",
    `team=data,kelt.dev/run-uid=${run.metadata.uid}`,
    "-o",
    "name",
  ]);
  expect(labelled.trim().split("\n")).toHaveLength(2);
});
