import { z } from "zod";
import { duration, flag, integer, list, object, objectName, oneOf, text } from "#api/fields.ts";
import { DEFAULT_POD, PodSettings } from "#api/pod.ts";
import { DEFAULT_HUB_URL, hubUrl } from "#api/project-packages.ts";
import { Resources } from "#api/resources.ts";

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

const subnets = (description: string) =>
  list(
    description,
    text("A subnet such as 10.0.0.0/8, or an address.", { max: 64, pattern: /^[0-9a-fA-F.:]+(\/[0-9]{1,3})?$/ }),
    { min: 0, max: 64 },
  ).default([]);

const subnet = text("A subnet such as 10.0.0.0/8.", { max: 64, pattern: /^[0-9a-fA-F.:]+\/[0-9]{1,3}$/ });

/** Whatever is not a cloud's metadata, and of those the agent that gives pods their roles. */
const EGRESS = [
  { cidr: "0.0.0.0/0", except: ["169.254.0.0/16", "100.100.100.200/32", "168.63.129.16/32", "192.0.0.192/32"] },
  { cidr: "::/0", except: ["fe80::/10", "fd00:ec2::/32", "fd20:ce::254/128", "fd00:42::42/128"] },
  { cidr: "169.254.170.23/32", except: [] },
];

const taskNetworkPolicy = object(
  "NetworkPolicy of the pods that do the pipelines' work. It works where the cluster's network has policies, and holds container nodes too.",
  {
    enabled: flag("Let nothing in, and out to DNS and to egress only.").default(false),
    namespaces: names("Namespaces of pipelines, which must exist; those of watchNamespaces when empty."),
    sameNamespace: flag("Let out to the pods of the same namespace, whatever egress says.").default(true),
    egress: list(
      "Where to, as in a NetworkPolicy's ipBlock. Add the addresses of the API server, and the ranges of the cluster's pods and Services, to except.",
      object("A subnet.", {
        cidr: subnet,
        except: list("Subnets of it that are not reached.", subnet, { min: 0, max: 64 }).default([]),
      }),
      { min: 0, max: 64 },
    ).default(EGRESS),
  },
).prefault({});

const credentialsPolicy = object(
  "ValidatingAdmissionPolicies for whoever writes Pipelines and Connections. Without them, and without Secrets that name allowedHosts, writing either is reading every Secret of the namespace whose name is known. They do not hold whoever may make pods, such as the role edit: pods mount Secrets too.",
  {
    enabled: flag("Make them.").default(false),
    secretNames: text(
      "Regular expression (RE2) of the whole names of the Secrets that Pipelines and Connections may name, such as kelt-.*; all of them when empty.",
      { min: 0, max: 512, pattern: /^[A-Za-z0-9.*+?|()[\]{}^$\\_-]*$/ },
    ).default(""),
    pipelinesByReference: flag(
      "Refuse Pipelines that name a Secret or a ServiceAccount themselves: they take connections by ref alone, and their containers mount none.",
    ).default(true),
    connectionWriters: object("Who may write Connections, beside the right to; everybody when both lists are empty.", {
      users: list("Names of users.", text("Name.", { max: 253 }), { min: 0, max: 64 }).default([]),
      groups: list("Names of groups.", text("Name.", { max: 253 }), { min: 0, max: 64 }).default([]),
    }).prefault({}),
  },
).prefault({});

const operatorSettings = object("Settings of the operator itself.", {
  logLevel: oneOf("Least severe log line that is written.", ["trace", "debug", "info", "warn", "error"]).default(
    "info",
  ),
  workers: integer("Objects worked on at the same time; a namespace with none of them may always begin one more.", {
    min: 1,
    max: 256,
  }).default(16),
  apiQps: integer("Requests to the API server per second, on average.", { min: 1, max: 1000 }).default(50),
  apiBurst: integer("Requests to the API server at once.", { min: 1, max: 2000 }).default(100),
  apiNamespaceQps: integer("Writes to the API server per second for one namespace, on average.", {
    min: 1,
    max: 1000,
  }).default(40),
  apiNamespaceBurst: integer("Writes to the API server at once for one namespace.", { min: 1, max: 2000 }).default(80),
  namespaceNodes: integer(
    "Nodes at work at the same time in one namespace, over all of its runs; what could start besides waits. 0 for no limit.",
    { min: 0, max: 10_000 },
  ).default(200),
  jobTtl: duration("How long a finished Job is kept, so that its pod's log can be read.").default("1h"),
}).prefault({});

const tasks = object("Defaults of the pods that do the pipelines' work.", {
  resources: Resources.meta({
    description: "Compute of a task's pod, amount by amount where neither the node nor its pipeline says.",
  }).default({ requests: { cpu: "50m", memory: "128Mi" }, limits: { memory: "512Mi" } }),
  pod: PodSettings.default(DEFAULT_POD).meta({
    description:
      "Settings of the pods, named as in a Pod, where neither the node nor its pipeline says. On OpenShift, which gives each namespace its own users, set securityContext to null.",
  }),
  network: object(
    "Where the task image lets its sockets go, whatever a manifest says. Metadata services, link-local and loopback addresses and the API server's Service are refused, and private addresses to which a server on the Internet leads.",
    {
      allowed: subnets("Subnets that are reached all the same, such as those of a proxy beside the pod: 127.0.0.1."),
      forbidden: subnets(
        "Subnets that are not reached either, such as those of the API server's own machines. They win over allowed.",
      ),
    },
  ).prefault({}),
  packages: object("Packages of dbt projects that do not lie in dbt_packages/.", {
    hubUrl: hubUrl(
      "Base URL of the hub that packages are looked up in, unless a transform names another one: dbt's own, or a mirror of it.",
    ).default(DEFAULT_HUB_URL),
  }).prefault({}),
  networkPolicy: taskNetworkPolicy,
  podCheck: oneOf(
    "Which pods of a Job count: those that run what the Job says (fields), or every pod that has the Job as its owner (owner), where a webhook of the cluster changes images or other fields of pods. Turn admissionPolicy.pods on with owner: without it everybody who may create pods in a namespace can forge results there.",
    ["fields", "owner"],
  ).default("fields"),
}).prefault({});

const metrics = object("Metrics for Prometheus.", {
  port: integer("Port of /metrics, /healthz and /readyz.", { min: 1024, max: 65_535 }).default(8080),
  pipelines: integer("Pipelines with series of their own; the rest are counted together as _other.", {
    min: 2,
    max: 100_000,
  }).default(1000),
  serviceMonitor: object("ServiceMonitor of the Prometheus operator.", {
    enabled: flag("Make one, where the cluster knows the kind.").default(false),
    interval: duration("Time between two scrapes.").default("30s"),
    labels: labels("Labels that your Prometheus selects by, such as release."),
  }).prefault({}),
}).prefault({});

const reportChannel = object(
  "How tasks tell the operator themselves how they stand: at once, and in detail. Without it everything works as well, but later: the operator hears of a task when the kubelet has seen its container end.",
  {
    enabled: flag("Listen, and give tasks a token for it that the API server refuses.").default(true),
    port: integer("Port of the operator's pods and of their Service.", { min: 1024, max: 65_535 }).default(8443),
    from: verbatimList(
      "Who reaches the port where networkPolicy.enabled is true, as in from of a NetworkPolicy; pods of all namespaces when empty.",
    ),
    tokenPolicy: flag(
      "Refuse tokens for reports to everybody but the kubelets, by a ValidatingAdmissionPolicy. Without it, whoever may make tokens in a namespace, as the role edit may, could report for its tasks.",
    ).default(true),
  },
).prefault({});

const strings = (description: string) =>
  list(description, text("One of them.", { max: 253 }), { min: 0, max: 64 }).default([]);

const admissionPolicy = object("ValidatingAdmissionPolicies, for clusters in which neighbours are not trusted.", {
  enabled: flag(
    "Refuse to the operator's own ServiceAccount every Job that is not what the operator makes, in case somebody takes its token over.",
  ).default(false),
  allow: object("What Jobs may have beyond what this chart's values give them.", {
    images: strings(
      "Beginnings of the images that container nodes may run, such as registry.example/team/. The task image is always allowed.",
    ),
    serviceAccounts: strings("ServiceAccounts that connections and pipelines may name."),
    priorityClasses: strings("PriorityClasses that pipelines may name."),
    nodeLabels: strings("Keys that nodeSelector may hold."),
    taints: strings("Keys of the taints that tolerations may name."),
    affinity: flag("Affinity of pods.").default(false),
    variables: flag("Variables whose values come from Secrets and ConfigMaps.").default(false),
    rootGroup: flag("Group 0, as images for OpenShift want it. User 0 is never allowed.").default(false),
  }).prefault({}),
  pods: object("Task pods, against whoever may make or change pods in their namespace.", {
    enabled: flag(
      "Let only the Job controller make pods of Jobs, only Kubernetes itself change them, and nobody open a shell in them.",
    ).default(false),
    creators: strings("Users as whom the cluster's Job controller makes pods.").default([
      "system:serviceaccount:kube-system:job-controller",
      "system:kube-controller-manager",
    ]),
    exemptUsers: strings("Users who may change task pods and look into them all the same, such as a queue's account."),
    exemptGroups: strings("Groups of users who may.").default(["system:masters", "kubeadm:cluster-admins"]),
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
  reportChannel,
  resources: z
    .record(z.string(), z.unknown())
    .default({ requests: { cpu: "100m", memory: "128Mi" }, limits: { memory: "512Mi" } })
    .meta({ description: "Compute of the operator's pods." }),
  serviceAccount: object("ServiceAccount of the operator.", {
    create: flag("Make it.").default(true),
    name: optionalText("Its name; the release's full name when empty."),
    annotations: labels("Annotations, such as those of workload identity."),
  }).prefault({}),
  seal: object("The key by which the operator knows its own Jobs again after a restart.", {
    existingSecret: optionalText(
      "Secret of the release's namespace with 32 random bytes or more as `key`. When empty the chart makes one and keeps it. A tool that renders the chart without a cluster (Argo CD, helm template) would make another one each time: name one for it.",
    ),
  }).prefault({}),
  rbac: object("Roles.", {
    create: flag("Make the operator's roles and bindings.").default(true),
    aggregate: flag("Add kelt.dev to the cluster's view, edit and admin roles.").default(true),
  }).prefault({}),
  podDisruptionBudget: object("PodDisruptionBudget of the operator.", {
    enabled: flag("Make one where replicas is greater than 1.").default(true),
  }).prefault({}),
  credentialsPolicy,
  admissionPolicy,
  networkPolicy: object("NetworkPolicy of the operator.", {
    enabled: flag("Let in scrapes, probes and reports only, and out to DNS and the API server only.").default(false),
    apiServerPorts: z
      .array(z.int().min(1).max(65_535))
      .max(8)
      .default([443, 6443])
      .meta({ description: "Ports that the API server is reached at." }),
  }).prefault({}),
  priorityClassName: optionalText("PriorityClass of the operator's pods, one that exists; the chart's own when empty."),
  priorityClass: object(
    "PriorityClass of the chart, above the pods that have none: they make room for the operator and do not push it out.",
    {
      create: flag(
        "Make it, where priorityClassName is empty and all namespaces are watched. It takes the right to make objects of the whole cluster. system-cluster-critical would do as well, but many clusters allow it in kube-system alone.",
      ).default(true),
      value: integer("Its value; Kubernetes lets nobody change it later.", { min: 1, max: 1_000_000_000 }).default(
        1_000_000,
      ),
    },
  ).prefault({}),
  podSecurityContext: PodSettings.shape.securityContext
    .unwrap()
    .default(DEFAULT_POD.securityContext ?? {})
    .meta({
      description:
        "Whom the operator's pods and the pod of helm test run as; on OpenShift, which gives each namespace its own users, set it to null.",
    }),
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
