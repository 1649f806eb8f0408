import { type PipelineSpec, PipelineSpec as PipelineSpecSchema } from "#api/pipeline.ts";

const TEAM = { matchLabels: { team: "data" }, matchExpressions: [{ key: "tier", operator: "NotIn", values: ["web"] }] };

/** Every setting that a pod can have, each with a value. */
export const EVERY_SETTING = {
  labels: { team: "data", "example.com/cost-centre": "4711" },
  annotations: { "example.com/owner": "Data Platform <data@example.com>" },
  nodeSelector: { "kubernetes.io/os": "linux" },
  tolerations: [
    { key: "batch", operator: "Equal", value: "yes", effect: "NoSchedule" },
    { key: "spot", operator: "Exists", effect: "NoExecute", tolerationSeconds: 60 },
  ],
  affinity: {
    nodeAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: {
        nodeSelectorTerms: [
          {
            matchExpressions: [{ key: "cores", operator: "Gt", values: ["3"] }],
          },
        ],
      },
      preferredDuringSchedulingIgnoredDuringExecution: [
        { weight: 1, preference: { matchExpressions: [{ key: "ssd", operator: "Exists" }] } },
      ],
    },
    podAffinity: {
      preferredDuringSchedulingIgnoredDuringExecution: [
        {
          weight: 100,
          podAffinityTerm: {
            labelSelector: TEAM,
            topologyKey: "topology.kubernetes.io/zone",
            namespaces: ["warehouse"],
          },
        },
      ],
    },
    podAntiAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: [{ labelSelector: TEAM, topologyKey: "kubernetes.io/hostname" }],
    },
  },
  topologySpreadConstraints: [
    {
      maxSkew: 1,
      topologyKey: "topology.kubernetes.io/zone",
      whenUnsatisfiable: "DoNotSchedule",
      labelSelector: TEAM,
      minDomains: 2,
      nodeAffinityPolicy: "Honor",
      nodeTaintsPolicy: "Ignore",
    },
  ],
  serviceAccountName: "loader",
  imagePullSecrets: [{ name: "registry" }],
  securityContext: {
    runAsUser: 1000,
    runAsGroup: 0,
    fsGroup: 2000,
    fsGroupChangePolicy: "OnRootMismatch",
    supplementalGroups: [3000],
  },
  env: [
    { name: "HTTPS_PROXY", value: "http://proxy:3128" },
    { name: "API_KEY", valueFrom: { secretKeyRef: { name: "api", key: "key", optional: true } } },
    { name: "MODE", valueFrom: { configMapKeyRef: { name: "modes", key: "mode" } } },
  ],
} as const;

/** A pipeline with a container that uses everything that one can use, under `pod` and beside it. */
export function everythingUsed(pod: object = EVERY_SETTING): PipelineSpec {
  return PipelineSpecSchema.parse({
    connections: {
      warehouse: { postgres: { secretRef: "warehouse", host: "db" } },
      seeds: { files: { configMap: "seeds" } },
    },
    nodes: {
      score: {
        pod,
        resources: { requests: { cpu: 1, memory: "64Mi" }, limits: { memory: "128Mi", "ephemeral-storage": "1Gi" } },
        container: {
          image: "registry.example/team/score:latest",
          command: ["/score"],
          env: { LANG: "C.UTF-8" },
          connections: ["warehouse", "seeds"],
          volumes: [
            { name: "settings", configMap: { name: "score", items: [{ key: "a", path: "b/a.yaml" }], optional: true } },
            { name: "keys", secret: { secretName: "keys", defaultMode: 0o440 } },
            { name: "models", persistentVolumeClaim: { claimName: "models", readOnly: true } },
            { name: "cache", emptyDir: { sizeLimit: "1Gi", medium: "Memory" } },
          ],
          volumeMounts: [
            { name: "settings", mountPath: "/etc/score", readOnly: true },
            { name: "keys", mountPath: "/keys" },
            { name: "models", mountPath: "/models", subPath: "v2" },
            { name: "cache", mountPath: "/cache" },
          ],
        },
      },
      raw: {
        pod,
        load: { from: { connection: "seeds", files: { t: "t.csv" } }, to: { connection: "warehouse", schema: "raw" } },
      },
    },
  });
}
