import { describe, expect, test } from "vitest";
import { formatProblem } from "../../../operator/graph/problem.ts";
import { validatePipeline } from "../../../operator/graph/validate.ts";

function problems(spec: object): string[] {
  const validation = validatePipeline(spec);
  return validation.ok ? [] : validation.problems.map(formatProblem);
}

const QUERY = { connection: "w", checks: [{ sql: "select 1" }] };
const forVerb = (pod: object) => ({ connections: { w: { postgres: {} } }, nodes: { a: { pod, test: QUERY } } });
const forContainer = (pod: object) => ({ nodes: { a: { pod, container: {} } } });
const container = (fields: object) => ({ nodes: { a: { container: fields } } });
const env = (name: string) => ({ env: [{ name, value: "x" }] });
const inAffinity = (operator: string, values?: string[]) => ({
  affinity: {
    nodeAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: {
        nodeSelectorTerms: [
          { matchExpressions: [{ key: "disk", operator, ...(values === undefined ? {} : { values }) }] },
        ],
      },
    },
  },
});
const spread = (more: object = {}) => ({
  topologySpreadConstraints: [{ maxSkew: 1, topologyKey: "zone", whenUnsatisfiable: "DoNotSchedule", ...more }],
});
const EXPRESSION =
  "spec.nodes[a].pod.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[0].matchExpressions[0].values";

describe("settings of pods", () => {
  test.each([
    [
      "a key with a space",
      { labels: { "my team": "x" } },
      "spec.nodes[a].pod.labels[my team]: expected a key such as team",
    ],
    [
      "a key with two slashes",
      { nodeSelector: { "a/b/c": "x" } },
      "spec.nodes[a].pod.nodeSelector[a/b/c]: expected a key",
    ],
    [
      "a prefix in capitals",
      { annotations: { "Example.com/a": "x" } },
      "expected a key such as team or example.com/team",
    ],
    ["a key that is too long", { labels: { ["k".repeat(64)]: "x" } }, "expected a key"],
    [
      "a label of kelt's",
      { labels: { "kelt.dev/run": "x" } },
      "spec.nodes[a].pod.labels[kelt.dev/run]: kelt.dev/run is for kelt",
    ],
    [
      "a label of the Job controller's",
      { labels: { "batch.kubernetes.io/job-name": "x" } },
      "is for kelt and the Job controller",
    ],
    [
      "the manager's label",
      { labels: { "app.kubernetes.io/managed-by": "Helm" } },
      "is for kelt and the Job controller",
    ],
    ["an annotation of kelt's", { annotations: { "kelt.dev/spec-hash": "x" } }, "is for kelt and the Job controller"],
    [
      "no AppArmor",
      { annotations: { "container.apparmor.security.beta.kubernetes.io/task": "unconfined" } },
      "would change how the pod is guarded, which no manifest can",
    ],
    [
      "devices of the host",
      { annotations: { "io.kubernetes.cri-o.Devices": "/dev/kvm" } },
      "would change how the pod is guarded",
    ],
    [
      "a toleration of nothing",
      { tolerations: [{ value: "x" }] },
      "spec.nodes[a].pod.tolerations[0]: a toleration without a key needs the operator Exists",
    ],
    [
      "a toleration that compares what it does not",
      { tolerations: [{ key: "a", operator: "Exists", value: "x" }] },
      "spec.nodes[a].pod.tolerations[0].value: the operator Exists compares no value",
    ],
    [
      "seconds of another effect",
      { tolerations: [{ key: "a", effect: "NoSchedule", tolerationSeconds: 5 }] },
      "spec.nodes[a].pod.tolerations[0].tolerationSeconds: tolerationSeconds is for the effect NoExecute",
    ],
    ["a comparison with nothing", inAffinity("In"), `${EXPRESSION}: the operator In needs at least one value`],
    ["a comparison with two numbers", inAffinity("Gt", ["1", "2"]), `${EXPRESSION}: the operator Gt needs one value`],
    [
      "a comparison with a word",
      inAffinity("Lt", ["few"]),
      `${EXPRESSION}: the operator Lt needs one value, a whole number`,
    ],
    [
      "a place by a key that is none",
      spread({ topologyKey: "a b" }),
      "spec.nodes[a].pod.topologySpreadConstraints[0].topologyKey: expected a key",
    ],
    [
      "a selector by a key that is none",
      spread({ labelSelector: { matchLabels: { "a b": "c" } } }),
      "spec.nodes[a].pod.topologySpreadConstraints[0].labelSelector.matchLabels: expected a key",
    ],
    [
      "fewest places where none is needed",
      spread({ whenUnsatisfiable: "ScheduleAnyway", minDomains: 2 }),
      "spec.nodes[a].pod.topologySpreadConstraints[0].minDomains: minDomains is for",
    ],
    [
      "labels that add to nothing",
      spread({ matchLabelKeys: ["team"] }),
      "spec.nodes[a].pod.topologySpreadConstraints[0].matchLabelKeys: matchLabelKeys adds to labelSelector",
    ],
    [
      "two rules for the same places",
      {
        topologySpreadConstraints: [
          ...spread().topologySpreadConstraints,
          ...spread({ maxSkew: 2 }).topologySpreadConstraints,
        ],
      },
      "spec.nodes[a].pod.topologySpreadConstraints[1].topologyKey: zone with DoNotSchedule stands twice",
    ],
    [
      "values that nothing compares",
      inAffinity("Exists", ["x"]),
      `${EXPRESSION}: the operator Exists compares no values`,
    ],
    [
      "the same pull secret twice",
      { imagePullSecrets: [{ name: "r" }, { name: "r" }] },
      "spec.nodes[a].pod.imagePullSecrets[1].name: r stands twice; keep one",
    ],
    ["the variable of the contract", env("KELT_TASK"), "spec.nodes[a].pod.env[0].name: KELT_TASK is a name that kelt"],
    [
      "the number of a part",
      env("JOB_COMPLETION_INDEX"),
      "JOB_COMPLETION_INDEX is a name that kelt or the Job controller sets",
    ],
  ])("refuses %s", (_, pod, message) => {
    expect(problems(forContainer(pod))).toEqual([expect.stringContaining(message)]);
  });

  test("are looked at where they stand for all nodes, too", () => {
    expect(problems({ ...forContainer({}), pod: env("KELT_TASK") })).toEqual([
      expect.stringContaining("spec.pod.env[0].name: KELT_TASK"),
    ]);
  });

  test.each([
    "NODE_OPTIONS",
    "NODE_TLS_REJECT_UNAUTHORIZED",
    "LD_PRELOAD",
    "PGSSLMODE",
    "AWS_ENDPOINT_URL_S3",
    "OPENSSL_CONF",
  ])("may set %s for a container of the user's own, and not for kelt's program", (name) => {
    expect(problems(forContainer(env(name)))).toEqual([]);
    expect(problems({ ...forContainer({}), pod: env(name) })).toEqual([]);
    expect(problems(forVerb(env(name)))).toEqual([expect.stringContaining("changes what kelt's own program loads")]);
    expect(problems({ ...forVerb({}), pod: env(name) })).toEqual([expect.stringContaining("spec.pod.env[0].name")]);
  });

  test.each(["HTTPS_PROXY", "TZ", "NODE_EXTRA_CA_CERTS", "AWS_REGION"])("may set %s for kelt's program", (name) => {
    expect(problems(forVerb(env(name)))).toEqual([]);
  });

  test("an account that is not the one of the node's connection is refused", () => {
    const spec = {
      connections: { lake: { s3: { bucket: "lake", serviceAccountName: "reader" } } },
      nodes: { a: { container: { connections: ["lake"] }, pod: { serviceAccountName: "writer" } } },
    };
    expect(problems(spec)).toEqual([
      "spec.nodes[a].pod.serviceAccountName: spec.nodes[a].pod.serviceAccountName is writer, and spec.connections[lake].s3.serviceAccountName of the same node is reader, but a Job runs as one account; name the same, or use secretRef for one of them",
    ]);
  });
});

describe("a container of the user's own", () => {
  const mounted = (volume: object, mount: object = {}) =>
    container({ volumes: [{ name: "v", ...volume }], volumeMounts: [{ name: "v", mountPath: "/v", ...mount }] });

  test.each([
    [
      "a volume that nothing mounts",
      container({ volumes: [{ name: "v", emptyDir: {} }] }),
      "spec.nodes[a].container.volumes[0]: volume v is mounted nowhere; name it in volumeMounts, or leave it out",
    ],
    [
      "a mount of no volume",
      container({ volumeMounts: [{ name: "w", mountPath: "/w" }] }),
      "spec.nodes[a].container.volumeMounts[0].name: no volume is called w; there are none",
    ],
    [
      "a volume by the name of kelt's own",
      container({ volumes: [{ name: "work", emptyDir: {} }], volumeMounts: [{ name: "work", mountPath: "/w" }] }),
      "spec.nodes[a].container.volumes[0].name: work is the name of a volume of kelt's",
    ],
    [
      "a mount over the root",
      mounted({ emptyDir: {} }, { mountPath: "/" }),
      "/ is a place of the system's or of kelt's",
    ],
    [
      "a mount over connections",
      mounted({ emptyDir: {} }, { mountPath: "/var/run/kelt/connections/w" }),
      "is a place of",
    ],
    ["a mount over the result", mounted({ emptyDir: {} }, { mountPath: "/dev/termination-log" }), "is a place of"],
    ["a mount by a winding path", mounted({ emptyDir: {} }, { mountPath: "/data/../proc" }), "without //, . and .."],
    [
      "a path out of the volume",
      mounted({ emptyDir: {} }, { subPath: "../other" }),
      "spec.nodes[a].container.volumeMounts[0].subPath: expected a path inside the volume",
    ],
    [
      "a folder that holds nothing",
      mounted({ emptyDir: { sizeLimit: "0" } }),
      "emptyDir.sizeLimit: expected more than 0, found 0",
    ],
    [
      "two volumes at one place",
      container({
        volumes: [{ name: "v", emptyDir: {} }],
        volumeMounts: [
          { name: "v", mountPath: "/v" },
          { name: "v", mountPath: "/v/" },
        ],
      }),
      "spec.nodes[a].container.volumeMounts[1].mountPath: something is mounted at /v/ already",
    ],
    [
      "a connection that is not there",
      container({ connections: ["w"] }),
      "spec.nodes[a].container.connections[0]: no connection is called w; there are none",
    ],
    [
      "a connection that is named twice",
      { connections: { w: { postgres: {} } }, ...container({ connections: ["w", "w"] }) },
      "spec.nodes[a].container.connections[1]: w is named twice",
    ],
    [
      "the variable of the contract",
      container({ env: { KELT_TASK: "x" } }),
      "spec.nodes[a].container.env.KELT_TASK: KELT_TASK is",
    ],
    [
      "a variable in two places",
      { nodes: { a: { pod: env("A"), container: { env: { A: "y" } } } } },
      "spec.nodes[a].container.env.A: A stands in pod.env of the node too; keep one",
    ],
  ])("with %s is refused", (_, spec, message) => {
    expect(problems(spec)).toEqual([expect.stringContaining(message)]);
  });

  test.each(["/tmp", "/etc/app", "/dev/shm", "/var/run/app", "/data"])("may mount a volume at %s", (mountPath) => {
    expect(problems(mounted({ emptyDir: { medium: "Memory" } }, { mountPath }))).toEqual([]);
  });

  test("may use connections of every kind", () => {
    const connections = {
      a: { postgres: {} },
      b: { redshift: {} },
      c: { s3: { bucket: "abc" } },
      d: { http: { baseUrl: "https://api.example" } },
      e: { files: { configMap: "e" } },
      f: { ref: "warehouse" },
    };
    expect(problems({ connections, ...container({ connections: Object.keys(connections) }) })).toEqual([]);
  });
});
