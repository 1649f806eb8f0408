import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { jobOf } from "../../operator/job/job.ts";
import { containerSecurityContext } from "../../operator/job/policy.ts";
import { helmTemplate } from "../support/chart.ts";
import { type Answer, kubectl, mustKubectl } from "../support/cluster.ts";
import { aPipeline, RUN_UID } from "../support/make.ts";

/** Roles and policy under a name of the test's own; the policy looks at that one account's requests alone. */
const NAME = `kelt-policy-${randomBytes(4).toString("hex")}`;
const installed = helmTemplate(
  "--namespace=default",
  `--set=fullnameOverride=${NAME},admissionPolicy.enabled=true`,
  ...["access", "service-account", "admission-policy"].map((file) => `--show-only=templates/${file}.yaml`),
).stdout;

const JOB = jobOf(
  {
    run: { namespace: "default", name: "run", uid: RUN_UID },
    pipeline: "films",
    spec: aPipeline({ a: [] }),
    node: "a",
    attempt: 1,
  },
  { image: "kelt/task:1", imagePullPolicy: "Never", imagePullSecrets: [], resources: {}, jobTtlSeconds: 60 },
);
type JobManifest = typeof JOB;

/** The Job with another pod; `container` changes its container. */
function withPod(pod: object, container: object = {}): JobManifest {
  const template = JOB.spec?.template;
  const containers = (template?.spec?.containers ?? []).map((own) => ({ ...own, ...container }));
  return {
    ...JOB,
    spec: {
      ...JOB.spec,
      template: { ...template, spec: { ...template?.spec, containers, ...pod } },
    } as JobManifest["spec"],
  } as JobManifest;
}

const withVolume = (volume: object) =>
  withPod({ volumes: [...(JOB.spec?.template.spec?.volumes ?? []), { name: "x", ...volume }] });

const create = (job: unknown, ...as: readonly string[]) =>
  kubectl(["create", "--dry-run=server", "-f", "-", ...as], job);
const asOperator = (job: unknown) => create(job, `--as=system:serviceaccount:default:${NAME}`);
const stranger = { ...JOB, metadata: { ...JOB.metadata, ownerReferences: [] } };
const STRANGER = "the operator makes Jobs of PipelineRuns and Connections only";

/** A policy works a moment after it was made. */
async function untilRefused(job: unknown, message: string): Promise<Answer> {
  const deadline = Date.now() + 60_000;
  for (;;) {
    const answer = asOperator(job);
    if (answer.text.includes(message)) return answer;
    if (Date.now() > deadline) throw new Error(`not refused with "${message}": ${answer.text}`);
    await sleep(200);
  }
}

beforeAll(async () => {
  mustKubectl(["apply", "-f", "-"], installed);
  await untilRefused(stranger, STRANGER);
});

afterAll(() => {
  mustKubectl(["delete", "--ignore-not-found", "-f", "-"], installed);
});

test("the Job that the operator makes passes its own guardrail", () => {
  expect(asOperator(JOB).text).toContain("created (server dry run)");
});

test.each([
  ["no run or Connection behind it", stranger, STRANGER],
  ["the host's network", withPod({ hostNetwork: true }), "share no namespace with the host"],
  ["a token", withPod({ automountServiceAccountToken: true }), "mount no service account token"],
  [
    "a folder of the host",
    withVolume({ hostPath: { path: "/" } }),
    "an emptyDir, Secrets, ConfigMaps and volume claims only",
  ],
  [
    "a token by another way",
    withVolume({ projected: { sources: [{ serviceAccountToken: { path: "t" } }] } }),
    "an emptyDir, Secrets, ConfigMaps and volume claims only",
  ],
  ["more rights than it began with", withPod({}, { securityContext: {} }), "without privileges"],
  [
    "an image it may write to",
    withPod({}, { securityContext: { ...containerSecurityContext, readOnlyRootFilesystem: false } }),
    "on a read-only root file system",
  ],
  ["a second container", withPod({ initContainers: [{ name: "x", image: "x" }] }), "without privileges"],
  ["root", withPod({ securityContext: {} }), "run as nobody"],
])("a Job with %s is refused to the operator's account", (_, job, message) => {
  const { ok, text } = asOperator(job);
  expect(ok).toBe(false);
  expect(text).toContain(message);
});

test("nobody else's Jobs are touched", () => {
  expect(create(withPod({ hostNetwork: true })).text).toContain("created (server dry run)");
});
