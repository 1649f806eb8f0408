import { z } from "zod";
import { duration, flag, integer, list, object, objectName, oneOf, quantity, text } from "#api/fields.ts";

/** A field of Kubernetes' own API, handed on as it is. */
const verbatimMap = (description: string) => z.record(z.string(), z.unknown()).default({}).meta({ description });
const verbatimList = (description: string) => z.array(z.unknown()).default([]).meta({ description });
const labels = (description: string) => z.record(z.string(), z.string()).default({}).meta({ description });
const optionalText = (description: string, max = 253) => text(description, { min: 0, max }).default("");

const image = (description: string, repository: string) =>
  object(description, {
    repository: text("Registry and name.").default(repository),
    tag: optionalText("Tag; the chart's appVersion when empty.", 128),
    digest: optionalText("Digest such as sha256:…; wins over the tag.", 128),
  }).prefault({});

const names = (description: string) => list(description, objectName("Name."), { min: 0, max: 64 }).default([]);

const quantities = object("Amounts of compute.", {
  cpu: quantity("Processors.").optional(),
  memory: quantity("Memory.").optional(),
}).optional();

const operatorSettings = object("Settings of the operator itself.", {
  logLevel: oneOf("Least severe log line that is written.", ["trace", "debug", "info", "warn", "error"]).default(
    "info",
  ),
  workers: integer("Objects worked on at the same time.", { min: 1, max: 256 }).default(16),
  apiQps: integer("Requests to the API server per second, on average.", { min: 1, max: 1000 }).default(50),
  apiBurst: integer("Requests to the API server at once.", { min: 1, max: 2000 }).default(100),
  jobTtl: duration("How long a finished Job is kept, so that its pod's log can be read.").default("1h"),
}).prefault({});

const tasks = object("Defaults of the pods that do the pipelines' work.", {
  resources: object("Compute of a task's pod; a node's own resources win.", {
    requests: quantities,
    limits: quantities,
  }).default({ requests: { cpu: "50m", memory: "128Mi" }, limits: { memory: "512Mi" } }),
  priorityClassName: optionalText("PriorityClass of the pods; none when empty."),
  serviceAccountName: optionalText(
    "ServiceAccount of the pods, of the pipeline's namespace; that namespace's default when empty. A connection's own wins. Its token is never mounted.",
  ),
}).prefault({});

const metrics = object("Metrics for Prometheus.", {
  port: integer("Port of /metrics, /healthz and /readyz.", { min: 1024, max: 65_535 }).default(8080),
  serviceMonitor: object("ServiceMonitor of the Prometheus operator.", {
    enabled: flag("Make one, where the cluster knows the kind.").default(false),
    interval: duration("Time between two scrapes.").default("30s"),
    labels: labels("Labels that your Prometheus selects by, such as release."),
  }).prefault({}),
}).prefault({});

/** The chart's values: the one definition that values.yaml, values.schema.json and their descriptions come from. */
export const ChartValues = object("Values of the kelt chart.", {
  global: verbatimMap("Values of a parent chart; kelt reads none of them."),
  nameOverride: optionalText("Replaces the chart's name in labels.", 63),
  fullnameOverride: optionalText("Replaces the name that every object begins with.", 63),
  crds: object("CustomResourceDefinitions of kelt.dev.", {
    install: flag("Install and upgrade them with the chart.").default(true),
    keep: flag("Keep them, and with them every Pipeline, when the chart is uninstalled.").default(true),
  }).prefault({}),
  image: object("Images.", {
    operator: image("Image of the operator.", "kelt/operator"),
    task: image("Image of the tasks.", "kelt/task"),
    pullPolicy: oneOf("When the kubelet pulls them.", ["Always", "IfNotPresent", "Never"]).default("IfNotPresent"),
    pullSecrets: names("Secrets with the registry's password, for the operator and the tasks."),
  }).prefault({}),
  replicas: integer("Operator pods. One leads, the others stand by.", { min: 1, max: 5 }).default(2),
  watchNamespaces: names(
    "Namespaces whose pipelines run; all of them when empty. With names the operator gets Roles there and no cluster-wide rights.",
  ),
  operator: operatorSettings,
  tasks,
  metrics,
  resources: z
    .record(z.string(), z.unknown())
    .default({ requests: { cpu: "100m", memory: "128Mi" }, limits: { memory: "512Mi" } })
    .meta({ description: "Compute of the operator's pods." }),
  serviceAccount: object("ServiceAccount of the operator.", {
    create: flag("Make it.").default(true),
    name: optionalText("Its name; the release's full name when empty."),
    annotations: labels("Annotations, such as those of workload identity."),
  }).prefault({}),
  rbac: object("Roles.", {
    create: flag("Make the operator's roles and bindings.").default(true),
    aggregate: flag("Add kelt.dev to the cluster's view, edit and admin roles.").default(true),
  }).prefault({}),
  podDisruptionBudget: object("PodDisruptionBudget of the operator.", {
    enabled: flag("Make one where replicas is greater than 1.").default(true),
  }).prefault({}),
  admissionPolicy: object("ValidatingAdmissionPolicy for the operator's own ServiceAccount.", {
    enabled: flag("Refuse it every Job that is not what the operator makes.").default(false),
  }).prefault({}),
  networkPolicy: object("NetworkPolicy of the operator.", {
    enabled: flag("Let in scrapes and probes only, and out to DNS and the API server only.").default(false),
    apiServerPorts: z
      .array(z.int().min(1).max(65_535))
      .max(8)
      .default([443, 6443])
      .meta({ description: "Ports that the API server is reached at." }),
  }).prefault({}),
  priorityClassName: optionalText("PriorityClass of the operator's pods; none when empty."),
  podAnnotations: labels("Annotations of the operator's pods."),
  podLabels: labels("Labels of the operator's pods."),
  nodeSelector: labels("Labels of the nodes that the operator may run on."),
  tolerations: verbatimList("Taints that the operator tolerates."),
  affinity: verbatimMap("Affinity of the operator's pods, beside spreading them over nodes."),
  test: object("The pod of helm test.", {
    timeout: integer("Seconds that its pipeline may take.", { min: 10, max: 3600 }).default(180),
  }).prefault({}),
});
export type ChartValues = z.infer<typeof ChartValues>;
