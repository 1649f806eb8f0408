import { describe, expect, test } from "vitest";
import { PipelineSpec } from "#api/pipeline.ts";
import { REPORT_ENV, REPORT_TOKEN_FILE, ReportChannel } from "#api/report.ts";
import { jobOf, type TaskPodSettings } from "../../../operator/job/job.ts";
import { podFingerprint } from "../../../operator/kinds/fingerprint.ts";
import { restrictedViolations } from "../../support/cluster/pod-security.ts";
import { RUN_UID } from "../../support/manifests/make.ts";

const SETTINGS: TaskPodSettings = {
  ...{ image: "task", imagePullPolicy: "IfNotPresent", imagePullSecrets: [], resources: {}, jobTtlSeconds: 3600 },
};
const CHANNEL: ReportChannel = { urls: ["https://[fd00::7]:8443"], certificate: "-----BEGIN $(CERTIFICATE)-----\nx\n" };
const NODES = {
  load: { load: { from: { connection: "a", tables: ["t"] }, to: { connection: "a", schema: "raw" } } },
  test: { test: { connection: "a", checks: [{ table: "a.t", unique: ["id"] }] } },
};

function podOf(node: object, report?: ReportChannel) {
  const spec = PipelineSpec.parse({ connections: { a: { postgres: { secretRef: "a" } } }, nodes: { raw: node } });
  const run = { namespace: "demo", name: "films-1", uid: RUN_UID };
  const attempt = {
    run,
    pipeline: "films",
    spec,
    node: "raw",
    attempt: 1,
    ...(report === undefined ? {} : { report }),
  };
  return jobOf(attempt, SETTINGS).spec?.template.spec ?? expect.fail("no pod");
}

describe("a task of our own", () => {
  test.each(Object.entries(NODES))(
    "that does a %s has the token of its pod, for reports alone, and knows where to",
    (_, node) => {
      const pod = podOf(node, CHANNEL);
      const [container] = pod.containers;
      expect(pod.automountServiceAccountToken).toBe(false);
      expect(pod.volumes).toContainEqual({
        name: "report",
        projected: {
          defaultMode: 0o440,
          sources: [{ serviceAccountToken: { audience: "kelt-report", expirationSeconds: 3600, path: "token" } }],
        },
      });
      const mount = container?.volumeMounts?.find(({ name }) => name === "report");
      expect([`${mount?.mountPath}/token`, mount?.readOnly]).toEqual([REPORT_TOKEN_FILE, true]);
      const value = container?.env?.find(({ name }) => name === REPORT_ENV)?.value ?? "";
      // As the kubelet does it with what looks like a variable.
      expect(ReportChannel.parse(JSON.parse(value.replaceAll("$$", "$")))).toEqual(CHANNEL);
      expect(restrictedViolations(JSON.parse(JSON.stringify(pod)))).toEqual([]);
    },
  );

  test("has neither where nobody listens", () => {
    expect(JSON.stringify(podOf(NODES.load))).not.toMatch(/projected|KELT_REPORT/);
  });

  test("is another one with another channel: a pod's channel is part of what it does", () => {
    const other = { ...CHANNEL, urls: ["https://evil.example"] };
    const digests = [undefined, CHANNEL, other].map((channel) => podFingerprint(podOf(NODES.load, channel)).digest);
    expect(new Set(digests).size).toBe(3);
  });
});

test("a program of the user's own has neither", () => {
  const pod = podOf({ container: { image: "busybox", command: ["true"] } }, CHANNEL);
  expect(JSON.stringify(pod)).not.toMatch(/projected|KELT_REPORT/);
});
