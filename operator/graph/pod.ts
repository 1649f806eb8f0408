import type { PipelineSpec } from "../api/pipeline.ts";
import { OWN_ENV, type PodSettings } from "../api/pod.ts";
import { keyProblem, ownKeyProblem, unguardedProblem } from "./labels.ts";
import type { Problem } from "./problem.ts";

type Path = Problem["path"];
type Finding = readonly [path: Path, message: string];

/** Settings of pods with which the API server would refuse the Job, or that are not a manifest's to say. */
export function findPodProblems({ pod, nodes }: PipelineSpec): Problem[] {
  const ownProgram = Object.values(nodes).some(({ container }) => container === undefined);
  return [
    ...podProblems(pod, ["spec", "pod"], ownProgram),
    ...Object.entries(nodes).flatMap(([name, node]) => [
      ...podProblems(node.pod, ["spec", "nodes", name, "pod"], node.container === undefined),
      ...twiceProblems(name, node.pod?.env ?? [], node.container?.env ?? {}),
    ]),
  ];
}

/** `ownProgram`: whether kelt's own program is run by a pod with these settings. */
function podProblems(pod: PodSettings | undefined, at: Path, ownProgram: boolean): Problem[] {
  if (pod === undefined) return [];
  const findings: readonly Finding[] = [
    ...keyFindings(pod),
    ...tolerationFindings(pod),
    ...duplicates("env", pod.env ?? []),
    ...duplicates("imagePullSecrets", pod.imagePullSecrets ?? []),
    ...envFindings(pod, ownProgram),
    ...selectorFindings(pod),
  ];
  return findings.map(([path, message]) => ({ reason: "InvalidSpec", path: [...at, ...path], message }));
}

function keyFindings({ labels = {}, annotations = {}, nodeSelector = {} }: PodSettings): Finding[] {
  return Object.entries({ labels, annotations, nodeSelector }).flatMap(([field, map]) =>
    Object.keys(map).flatMap((key): Finding[] => {
      const own = field === "nodeSelector" ? undefined : ownKeyProblem(key);
      const unguarded = field === "annotations" ? unguardedProblem(key) : undefined;
      const message = keyProblem(key) ?? own ?? unguarded;
      return message === undefined ? [] : [[[field, key], message]];
    }),
  );
}

/** https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/ */
function tolerationFindings({ tolerations = [] }: PodSettings): Finding[] {
  return tolerations.flatMap(({ key, operator, value, effect, tolerationSeconds }, index): Finding[] => {
    const at = ["tolerations", index];
    if (key === undefined && operator !== "Exists")
      return [[at, "a toleration without a key needs the operator Exists"]];
    if (operator === "Exists" && (value ?? "") !== "")
      return [[[...at, "value"], "the operator Exists compares no value; leave it out"]];
    if (tolerationSeconds !== undefined && effect !== "NoExecute") {
      return [[[...at, "tolerationSeconds"], "tolerationSeconds is for the effect NoExecute"]];
    }
    return [];
  });
}

/** Names of variables that decide what Node.js, the loader, Postgres' and AWS' libraries load, whom they trust and where they go. */
const STEERING = /^(LD_|NODE_(?!EXTRA_CA_CERTS$)|OPENSSL_|SSLKEYLOGFILE$|PG|AWS_ENDPOINT_URL)/;

function envFindings({ env = [] }: PodSettings, ownProgram: boolean): Finding[] {
  return env.flatMap(({ name }, index): Finding[] => {
    const path = ["env", index, "name"];
    if (OWN_ENV.test(name)) return [[path, `${name} is a name that kelt or the Job controller sets; choose another`]];
    if (!(ownProgram && STEERING.test(name))) return [];
    return [
      [
        path,
        `${name} changes what kelt's own program loads, whom it trusts or where it goes; set it in the nodes that run a container of yours`,
      ],
    ];
  });
}

function selectorFindings({ affinity = {}, topologySpreadConstraints = [] }: PodSettings): Finding[] {
  return [
    ...termFindings(affinity, ["affinity"]),
    ...termFindings(topologySpreadConstraints, ["topologySpreadConstraints"]),
    ...topologySpreadConstraints.flatMap((constraint, index, all) => spreadFindings(constraint, index, all)),
  ];
}

type Spread = NonNullable<PodSettings["topologySpreadConstraints"]>[number];

/** https://kubernetes.io/docs/concepts/scheduling-eviction/topology-spread-constraints/ */
function spreadFindings(spread: Spread, index: number, all: readonly Spread[]): Finding[] {
  const at = ["topologySpreadConstraints", index];
  const { topologyKey, whenUnsatisfiable, minDomains, matchLabelKeys, labelSelector } = spread;
  const findings: Finding[] = [];
  if (minDomains !== undefined && whenUnsatisfiable !== "DoNotSchedule") {
    findings.push([[...at, "minDomains"], "minDomains is for whenUnsatisfiable: DoNotSchedule"]);
  }
  if (matchLabelKeys !== undefined && labelSelector === undefined) {
    findings.push([[...at, "matchLabelKeys"], "matchLabelKeys adds to labelSelector, which is missing"]);
  }
  const same = (other: Spread) => other.topologyKey === topologyKey && other.whenUnsatisfiable === whenUnsatisfiable;
  if (all.findIndex(same) !== index) {
    findings.push([[...at, "topologyKey"], `${topologyKey} with ${whenUnsatisfiable} stands twice; keep one`]);
  }
  return findings;
}

/** Selectors, wherever they stand: names that cannot be keys, and conditions without the values that their operator compares with. */
function termFindings(value: unknown, path: Path): Finding[] {
  if (Array.isArray(value)) return value.flatMap((entry, index) => termFindings(entry, [...path, index]));
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([field, entry]) => [
    ...keysOf(field, entry).flatMap((key): Finding[] => {
      const message = keyProblem(key);
      return message === undefined ? [] : [[[...path, field], message]];
    }),
    ...(field === "operator" ? operatorFindings(value, path) : []),
    ...termFindings(entry, [...path, field]),
  ]);
}

/** The labels' keys that a field of a selector holds. */
function keysOf(field: string, value: unknown): readonly string[] {
  if (field === "key" || field === "topologyKey") return [String(value)];
  if (field === "matchLabelKeys") return value as readonly string[];
  return field === "matchLabels" ? Object.keys(value as object) : [];
}

function operatorFindings(condition: object, path: Path): Finding[] {
  const { operator = "", values = [] } = condition as {
    readonly operator?: string;
    readonly values?: readonly string[];
  };
  const message = valuesProblem(operator, values);
  return message === undefined ? [] : [[[...path, "values"], message]];
}

function valuesProblem(operator: string, values: readonly string[]): string | undefined {
  if (operator === "In" || operator === "NotIn") {
    return values.length > 0 ? undefined : `the operator ${operator} needs at least one value`;
  }
  if (operator === "Gt" || operator === "Lt") {
    const isNumber = values.length === 1 && /^[0-9]+$/.test(values[0] ?? "");
    return isNumber ? undefined : `the operator ${operator} needs one value, a whole number`;
  }
  return values.length === 0 ? undefined : `the operator ${operator} compares no values; leave them out`;
}

function duplicates(field: string, entries: readonly { readonly name: string }[]): Finding[] {
  return entries.flatMap(({ name }, index): Finding[] =>
    entries.findIndex((entry) => entry.name === name) === index
      ? []
      : [[[field, index, "name"], `${name} stands twice; keep one`]],
  );
}

function twiceProblems(
  name: string,
  env: NonNullable<PodSettings["env"]>,
  own: Readonly<Record<string, string>>,
): Problem[] {
  return Object.keys(own).flatMap((variable): Problem[] => {
    const path = ["spec", "nodes", name, "container", "env", variable];
    const message = OWN_ENV.test(variable)
      ? `${variable} is a name that kelt or the Job controller sets; choose another`
      : `${variable} stands in pod.env of the node too; keep one`;
    const isWrong = OWN_ENV.test(variable) || env.some((entry) => entry.name === variable);
    return isWrong ? [{ reason: "InvalidSpec", path, message }] : [];
  });
}
