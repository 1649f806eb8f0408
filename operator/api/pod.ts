import type { z } from "zod";
import { Affinity, LabelSelector, labelKey, labelMap, labelValue } from "./affinity.ts";
import { exactlyOne, flag, integer, list, map, object, objectName, oneOf, text } from "./fields.ts";

/** A list whose entries are known by a field; kubectl and kustomize patch one entry by it. */
export function keyedList<T extends z.ZodType>(
  description: string,
  entries: T,
  { key, max }: { readonly key: string; readonly max: number },
) {
  return list(description, entries, { min: 0, max }).meta({
    description,
    "x-kubernetes-list-type": "map",
    "x-kubernetes-list-map-keys": [key],
  });
}

/** Names of variables that only kelt and the Job controller set. */
export const OWN_ENV = /^(KELT_|JOB_COMPLETION_INDEX$)/;

export const envName = text("Name of the variable.", {
  max: 128,
  pattern: /^[A-Za-z_][A-Za-z0-9_]*$/,
  expected: "expected a variable's name, in letters, digits and underscores that does not begin with a digit",
});

const keyOf = (kind: string) =>
  object(`A key of a ${kind} in the same namespace.`, {
    name: objectName(`Name of the ${kind}.`),
    key: text("Key.", { max: 253, pattern: /^[-._a-zA-Z0-9]+$/ }),
    optional: flag("Whether the pod starts without it.").optional(),
  }).optional();

const EnvVar = object(
  "An environment variable.",
  {
    name: envName,
    value: text("Its value, which is data: $(NAME) stays as it is written.", { min: 0, max: 4096 }).optional(),
    valueFrom: object(
      "Where its value comes from; the kubelet reads it, and kelt never does.",
      { secretKeyRef: keyOf("Secret"), configMapKeyRef: keyOf("ConfigMap") },
      [exactlyOne(["secretKeyRef", "configMapKeyRef"])],
    ).optional(),
  },
  [exactlyOne(["value", "valueFrom"])],
);
export type EnvVar = z.infer<typeof EnvVar>;

const Toleration = object("A taint that the pods bear.", {
  key: labelKey("Taint; every one when left out, with operator Exists.").optional(),
  operator: oneOf("Equal compares the value, Exists does not. Equal when left out.", ["Equal", "Exists"]).optional(),
  value: labelValue("Value of the taint.").optional(),
  effect: oneOf("Effect of the taint; every one when left out.", [
    "NoSchedule",
    "PreferNoSchedule",
    "NoExecute",
  ]).optional(),
  tolerationSeconds: integer("How long a pod stays under the effect NoExecute; for ever when left out.", {
    min: 0,
    max: 1_000_000_000,
  }).optional(),
});

const SpreadConstraint = object("How evenly the pods are spread.", {
  maxSkew: integer("How many pods one place may have more than another.", { min: 1, max: 1000 }),
  topologyKey: labelKey("Label of machines; those with one value of it are one place."),
  whenUnsatisfiable: oneOf("Whether a pod waits or runs where it is too many.", ["DoNotSchedule", "ScheduleAnyway"]),
  labelSelector: LabelSelector.optional(),
  matchLabelKeys: list("Labels whose values are taken from the pod itself.", labelKey("Key."), { max: 16 }).optional(),
  minDomains: integer("Places there must be at least.", { min: 1, max: 1000 }).optional(),
  nodeAffinityPolicy: oneOf("Whether machines that affinity leaves out count.", ["Honor", "Ignore"]).optional(),
  nodeTaintsPolicy: oneOf("Whether machines that taints close count.", ["Honor", "Ignore"]).optional(),
});

const ID_MAX = 2_147_483_647;
const id = (description: string, min = 0) => integer(description, { min, max: ID_MAX }).optional();

const SecurityContext = object(
  "User and groups of the pods. Never root: the restricted Pod Security Standard always holds.",
  {
    runAsUser: id("User.", 1),
    runAsGroup: id("Group."),
    fsGroup: id("Group that may read and write the volumes."),
    fsGroupChangePolicy: oneOf("When the volumes' files are given to that group.", [
      "Always",
      "OnRootMismatch",
    ]).optional(),
    supplementalGroups: list("Other groups of the user.", integer("Group.", { min: 0, max: ID_MAX }), {
      min: 0,
      max: 16,
    }).optional(),
  },
);

/**
 * Settings of task pods under the names and in the shapes that a Pod has them. What a pod of kelt's must be is no setting: no token
 * of an account, no right to its root file system, no privileges.
 */
export const PodSettings = object(
  "Settings of the pods, named as in a Pod. A node's are merged with the pipeline's and those with the installation's: labels, annotations and nodeSelector by key, env and imagePullSecrets by name, securityContext by field; the other fields come whole from the nearest of them, even an empty list.",
  {
    labels: labelMap(
      "Labels of the Jobs and their pods. You cannot set those of kelt.dev and of the Job controller.",
    ).optional(),
    annotations: map("Annotations of the Jobs and their pods.", text("Value.", { min: 0, max: 4096 }), {
      max: 32,
      key: labelKey("Key."),
    }).optional(),
    nodeSelector: labelMap("Labels of the machines that the pods may run on.").optional(),
    tolerations: list("Taints that the pods tolerate.", Toleration, { min: 0, max: 32 }).optional(),
    affinity: Affinity.optional(),
    topologySpreadConstraints: list("How the pods are spread over machines and zones.", SpreadConstraint, {
      min: 0,
      max: 8,
    }).optional(),
    priorityClassName: objectName("PriorityClass, but not one of the system.").optional(),
    serviceAccountName: objectName(
      "ServiceAccount in the same namespace; a connection's own wins. Its Kubernetes token is not mounted.",
    ).optional(),
    imagePullSecrets: keyedList(
      "Secrets in the same namespace with the passwords of image registries.",
      object("A Secret.", { name: objectName("Its name.") }),
      { key: "name", max: 16 },
    ).optional(),
    securityContext: SecurityContext.optional(),
    env: keyedList(
      "Environment variables. You cannot set names that begin with KELT_. In nodes without your own container you cannot set names that change what kelt's program loads or trusts either (NODE_*, LD_*, PG*, AWS_ENDPOINT_URL*).",
      EnvVar,
      { key: "name", max: 64 },
    ).optional(),
  },
  [
    {
      rule: "!has(self.priorityClassName) || !self.priorityClassName.startsWith('system-')",
      message: "priorityClassName cannot be one of the system's own, which begin with system-",
      holds: ({ priorityClassName: name }) => typeof name !== "string" || !name.startsWith("system-"),
    },
  ],
);
export type PodSettings = z.infer<typeof PodSettings>;

/** The user that the task image is made for. */
const TASK_UID = 65_532;

/** What an installation that says nothing has. */
export const DEFAULT_POD: PodSettings = {
  securityContext: { runAsUser: TASK_UID, runAsGroup: TASK_UID, fsGroup: TASK_UID },
};

/** Both, as the description of PodSettings says; what `own` says wins. */
export function mergePod(own: PodSettings = {}, base: PodSettings = {}): PodSettings {
  const merged = { ...base, ...defined(own) };
  for (const field of ["labels", "annotations", "nodeSelector", "securityContext"] as const) {
    if (own[field] !== undefined) Object.assign(merged, { [field]: { ...base[field], ...defined(own[field]) } });
  }
  for (const field of ["env", "imagePullSecrets"] as const) {
    if (own[field] !== undefined) Object.assign(merged, { [field]: byName(base[field] ?? [], own[field]) });
  }
  return merged;
}

function byName<T extends { readonly name: string }>(base: readonly T[], own: readonly T[]): T[] {
  return [...new Map([...base, ...own].map((entry) => [entry.name, entry])).values()];
}

function defined<T extends object>(fields: T): Partial<T> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Partial<T>;
}
