/*
 * Keys of labels and annotations: https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#syntax-and-character-set.
 * The API server refuses a Job over them, and nobody looks at the Job.
 */
const NAME = /^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/;
const PREFIX = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;

/** What is wrong with a key, in words; nothing where it is one. */
export function keyProblem(key: string): string | undefined {
  const [name = "", prefix, ...more] = key.split("/").reverse();
  const isKey = more.length === 0 && name.length <= 63 && NAME.test(name);
  const hasPrefix = prefix === undefined || (prefix.length <= 253 && PREFIX.test(prefix));
  if (isKey && hasPrefix) return undefined;
  return `expected a key such as team or example.com/team, its name of at most 63 letters, digits, dashes, dots and underscores, found ${JSON.stringify(key)}`;
}

/** Keys by which kelt and the Job controller know their own. */
const OWN =
  /^(kelt\.dev|.*\.kelt\.dev|batch\.kubernetes\.io)\/|^(job-name|controller-uid|app\.kubernetes\.io\/managed-by)$/;

/** Annotations that make container runtimes guard a pod less. */
const UNGUARDED =
  /^(container\.apparmor\.security\.beta\.kubernetes\.io|seccomp\.security\.alpha\.kubernetes\.io|container\.seccomp\.security\.alpha\.kubernetes\.io|io\.kubernetes\.cri-o(\..*)?)(\/|$)|^io\.kubernetes\.cri-o\./;

export function ownKeyProblem(key: string): string | undefined {
  return OWN.test(key) ? `${key} is for kelt and the Job controller; use a key of your own` : undefined;
}

export function unguardedProblem(key: string): string | undefined {
  return UNGUARDED.test(key) ? `${key} would change how the pod is guarded, which no manifest can` : undefined;
}
