import { describe, expect, test } from "vitest";
import { differences, jobFingerprint, podFingerprint } from "../../../operator/kinds/fingerprint.ts";

/** A pod as the operator asks for it. */
const ASKED = {
  restartPolicy: "Never",
  containers: [
    {
      name: "task",
      image: "kelt/task:1",
      env: [{ name: "KELT_TASK", value: "{}" }],
      volumeMounts: [
        { name: "work", mountPath: "/var/run/kelt/work" },
        { name: "connection-db", mountPath: "/var/run/kelt/connections/db", readOnly: true },
      ],
      terminationMessagePolicy: "File",
    },
  ],
  volumes: [
    { name: "work", emptyDir: { sizeLimit: "10Gi" } },
    { name: "connection-db", secret: { secretName: "db", optional: true, defaultMode: 0o440 } },
  ],
};
type Changes = Readonly<Record<string, unknown>>;
const withPod = (changes: Changes) => ({ ...ASKED, ...changes });
const [TASK] = ASKED.containers;
const withTask = (changes: Changes) => withPod({ containers: [{ ...TASK, ...changes }] });
const withEnv = (...entries: readonly object[]) => withTask({ env: [...(TASK?.env ?? []), ...entries] });
const withMount = (mountPath: string, volume: object = { emptyDir: {} }) => ({
  ...withTask({ volumeMounts: [...(TASK?.volumeMounts ?? []), { name: "more", mountPath }] }),
  volumes: [...ASKED.volumes, { name: "more", ...volume }],
});
const differs = (pod: unknown) => differences(podFingerprint(ASKED), podFingerprint(pod));

describe("a pod does what it was asked to, whatever the cluster fills in or adds:", () => {
  test.each([
    [
      "the API server's defaults",
      {
        ...withTask({
          terminationMessagePath: "/dev/termination-log",
          imagePullPolicy: "IfNotPresent",
          resources: { limits: { memory: "512Mi" } },
        }),
        dnsPolicy: "ClusterFirst",
        schedulerName: "default-scheduler",
        serviceAccountName: "default",
        serviceAccount: "default",
        tolerations: [{ key: "node.kubernetes.io/not-ready", operator: "Exists", tolerationSeconds: 300 }],
        priority: 0,
        nodeName: "n1",
      },
    ],
    ["a mesh's proxy", withPod({ containers: [{ name: "istio-proxy", image: "istio" }, TASK] })],
    [
      "a proxy that starts first",
      withPod({ initContainers: [{ name: "linkerd-proxy", image: "linkerd", restartPolicy: "Always" }] }),
    ],
    [
      "the cluster's proxy",
      withEnv({ name: "HTTPS_PROXY", value: "http://proxy:3128" }, { name: "no_proxy", value: ".svc" }),
    ],
    ["a cloud role", withEnv({ name: "AWS_ROLE_ARN", value: "arn:aws:iam::1:role/x" })],
    [
      "a cloud role's token",
      withMount("/var/run/secrets/eks.amazonaws.com/serviceaccount", { projected: { sources: [] } }),
    ],
    ["the part's number", withEnv({ name: "JOB_COMPLETION_INDEX", valueFrom: { fieldRef: { fieldPath: "x" } } })],
    [
      "a platform's user",
      { ...withTask({ securityContext: { runAsUser: 1000680000 } }), securityContext: { fsGroup: 1 } },
    ],
    ["a smaller work directory", withPod({ volumes: [{ name: "work", emptyDir: {} }, ASKED.volumes[1]] })],
  ])("%s", (_, pod) => {
    expect(differs(pod)).toEqual([]);
  });

  test("the API server and its admission set when an image of a volume is pulled", () => {
    const withImage = (image: object) => podFingerprint(withMount("/var/run/kelt/project", { image }));
    const asked = withImage({ reference: "models:1" });
    expect(withImage({ reference: "models:1", pullPolicy: "Always" })).toEqual(asked);
    expect(withImage({ reference: "models:2" })).not.toEqual(asked);
  });

  test("the API server leaves out the value of a variable that has none", () => {
    const [asked, stored] = [{ name: "EMPTY", value: "" }, { name: "EMPTY" }].map((entry) =>
      podFingerprint(withEnv(entry)),
    );
    expect(stored).toEqual(asked);
  });
});

describe("a pod does something else with", () => {
  test.each([
    ["another image", withTask({ image: "evil" }), "image"],
    ["another command", withTask({ command: ["sh"] }), "command"],
    ["other arguments", withTask({ args: ["x"] }), "command"],
    ["another task", withTask({ env: [{ name: "KELT_TASK", value: "{}}" }] }), "environment"],
    ["code that Node.js loads first", withEnv({ name: "NODE_OPTIONS", value: "--import=/x.js" }), "environment"],
    ["a library that is loaded first", withEnv({ name: "LD_PRELOAD", value: "/x.so" }), "environment"],
    ["another certificate authority", withEnv({ name: "NODE_EXTRA_CA_CERTS", value: "/x" }), "environment"],
    ["another list of authorities", withEnv({ name: "SSL_CERT_FILE", value: "/x" }), "environment"],
    ["a variable that only looks like a proxy's", withEnv({ name: "HTTPS_PROXY_X", value: "x" }), "environment"],
    ["another place of buckets", withEnv({ name: "AWS_ENDPOINT_URL", value: "http://x" }), "environment"],
    ["the task given twice", withEnv({ name: "KELT_TASK", value: "{}" }), "environment"],
    [
      "a cloud role given twice",
      withEnv({ name: "AWS_ROLE_ARN", value: "a" }, { name: "AWS_ROLE_ARN", value: "b" }),
      "environment",
    ],
    ["variables of a ConfigMap", withTask({ envFrom: [{ configMapRef: { name: "x" } }] }), "environment"],
    ["a mount over the program", withMount("/app"), "mounts"],
    ["a mount over the result", withMount("/dev/termination-log"), "mounts"],
    ["a mount that only seems to be a token's", withMount("/var/run/secrets/../../../app"), "mounts"],
    [
      "another Secret under the same name",
      withPod({
        volumes: [ASKED.volumes[0], { name: "connection-db", secret: { secretName: "mine", defaultMode: 0o440 } }],
      }),
      "volumes",
    ],
    ["a hook", withTask({ lifecycle: { postStart: { exec: { command: ["sh"] } } } }), "hooks and probes"],
    ["a probe", withTask({ startupProbe: { exec: { command: ["sh"] } } }), "hooks and probes"],
    ["another file for its result", withTask({ terminationMessagePath: "/tmp/x" }), "streams"],
    ["its log as its result", withTask({ terminationMessagePolicy: "FallbackToLogsOnError" }), "streams"],
    ["an open input", withTask({ stdin: true }), "streams"],
    ["other hosts for names", withPod({ hostAliases: [{ ip: "10.0.0.1", hostnames: ["db"] }] }), "host settings"],
    ["processes shared with its neighbours", withPod({ shareProcessNamespace: true }), "host settings"],
    ["the host's processes", withPod({ hostPID: true }), "host settings"],
    ["another name server", withPod({ dnsPolicy: "None", dnsConfig: { nameservers: ["10.0.0.1"] } }), "DNS settings"],
    ["another account", withPod({ serviceAccountName: "mine" }), "service account"],
    ["containers that begin again", withPod({ restartPolicy: "OnFailure" }), "restart policy"],
    [
      "a container that reaches the task's files",
      withPod({ containers: [TASK, { name: "x", volumeMounts: [{ name: "work", mountPath: "/w" }] }] }),
      "other containers",
    ],
    [
      "one that reaches them before",
      withPod({ initContainers: [{ name: "x", volumeMounts: [{ name: "connection-db", mountPath: "/w" }] }] }),
      "other containers",
    ],
    ["its container under another name", withPod({ containers: [{ ...TASK, name: "other" }] }), "image"],
  ])("%s", (_, pod, part) => {
    expect(differs(pod)).toContain(part);
  });

  test("another value of a variable that its Job has, though webhooks may add it", () => {
    const role = (value: string) => podFingerprint(withEnv({ name: "AWS_ROLE_ARN", value }));
    expect(differences(role("a"), role("a"))).toEqual([]);
    expect(differences(role("a"), role("b"))).toEqual(["AWS_ROLE_ARN"]);
  });

  test.each([[undefined], [null], [[]], [{ containers: "x" }], [{ containers: [null, 1] }]])("no sense: %j", (pod) => {
    expect(differs(pod)).not.toEqual([]);
  });
});

describe("a Job's own fingerprint", () => {
  const print = (changes: Changes) =>
    jobFingerprint({ template: { spec: ASKED }, podReplacementPolicy: "Failed", ...changes });

  test("is the same whatever may be changed of it later", () => {
    const changed = {
      completionMode: "NonIndexed",
      manualSelector: false,
      suspend: true,
      parallelism: 2,
      ttlSecondsAfterFinished: 1,
    };
    expect(print(changed)).toEqual(print({}));
  });

  test.each([
    ["pods of another selector", { manualSelector: true }],
    ["another controller", { managedBy: "mine.example.com/controller" }],
    ["another way to count", { completionMode: "Indexed" }],
    ["success of some parts", { successPolicy: { rules: [{ succeededCount: 1 }] } }],
    ["failures that are ignored", { podFailurePolicy: { rules: [{ action: "Ignore" }] } }],
  ])("is another one with %s", (_, changes) => {
    expect(print(changes).job).not.toBe(print({}).job);
  });
});
