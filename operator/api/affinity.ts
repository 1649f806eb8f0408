import { integer, list, map, object, oneOf, text } from "./fields.ts";

/** Key of a label, as `name` or `prefix/name`. Its shape is checked by graph/labels.ts: keys are too many for a rule of the API server. */
export const labelKey = (description: string) => text(description, { max: 317 });

export const labelValue = (description: string) =>
  text(description, {
    min: 0,
    max: 63,
    pattern: /^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$/,
    expected:
      "expected a label's value: at most 63 letters, digits, dashes, dots and underscores that begin and end with a letter or digit",
  });

/** Labels by their keys. */
export const labelMap = (description: string) =>
  map(description, labelValue("Value."), { max: 32, key: labelKey("Key.") });

const values = list("Values: for In and NotIn at least one, for Exists and DoesNotExist none.", labelValue("Value."), {
  min: 0,
  max: 32,
}).optional();

export const LabelSelector = object("Pods by their labels.", {
  matchLabels: labelMap("Labels that they have.").optional(),
  matchExpressions: list(
    "Conditions, all of which hold.",
    object("A condition.", {
      key: labelKey("Label."),
      operator: oneOf("How it compares.", ["In", "NotIn", "Exists", "DoesNotExist"]),
      values,
    }),
    { max: 16 },
  ).optional(),
});

const nodeConditions = (description: string) =>
  list(
    description,
    object("A condition.", {
      key: labelKey("Label."),
      operator: oneOf("How it compares.", ["In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt"]),
      values,
    }),
    { max: 16 },
  ).optional();

const NodeTerm = object("Machines by their labels.", {
  matchExpressions: nodeConditions("Conditions on labels, all of which hold."),
});

const PodTerm = object("Pods, and how near to them.", {
  labelSelector: LabelSelector.optional(),
  topologyKey: labelKey("Label of machines; those with one value of it are one place."),
  namespaces: list("Namespaces of the pods.", text("Name.", { max: 63, pattern: /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/ }), {
    max: 16,
  }).optional(),
});

const weight = integer("How much it counts.", { min: 1, max: 100 });

const podAffinity = (description: string) =>
  object(description, {
    requiredDuringSchedulingIgnoredDuringExecution: list("What must hold.", PodTerm, { max: 8 }).optional(),
    preferredDuringSchedulingIgnoredDuringExecution: list(
      "What is preferred.",
      object("A preference.", { weight, podAffinityTerm: PodTerm }),
      { max: 8 },
    ).optional(),
  }).optional();

/** https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/#scheduling */
export const Affinity = object(
  "Where the pods must or should run, as in a Pod, but without matchFields, namespaceSelector and matchLabelKeys.",
  {
    nodeAffinity: object("By the machines.", {
      requiredDuringSchedulingIgnoredDuringExecution: object("What must hold.", {
        nodeSelectorTerms: list("Choices, one of which holds.", NodeTerm, { max: 8 }),
      }).optional(),
      preferredDuringSchedulingIgnoredDuringExecution: list(
        "What is preferred.",
        object("A preference.", { weight, preference: NodeTerm }),
        { max: 8 },
      ).optional(),
    }).optional(),
    podAffinity: podAffinity("Near other pods."),
    podAntiAffinity: podAffinity("Away from other pods."),
  },
);
