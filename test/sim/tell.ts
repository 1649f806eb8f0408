import type { Story } from "./simulate.ts";

/** The story of a seed for a person: what was planned, what the operator did, how it ended. */
export function tell({ seed, plan, mischief, violations, calls, status }: Story): string {
  const nodes = Object.entries(plan.spec.nodes).map(([name, node]) => {
    const outcomes = JSON.stringify(plan.parts.get(name)) ?? plan.outcomes.get(name)?.join(", then ") ?? "";
    const rules = [node.triggerRule, node.onFailure, node.when, node.finally === true ? "finally" : undefined]
      .filter((rule) => rule !== undefined)
      .join(" ");
    return `  ${name} needs [${(node.needs ?? []).join(", ")}] ${rules}: ${outcomes}`;
  });
  const writes = calls
    .filter(({ verb, kind }) => ["create", "patch", "delete"].includes(verb) && kind !== "Lease")
    .map(({ client, verb, kind, name }) => `  ${client} ${verb} ${kind} ${name ?? ""}`);
  const ends = Object.entries(status.nodes ?? {}).map(([name, node]) => `  ${name}: ${JSON.stringify(node)}`);
  return [
    `seed ${seed}`,
    ...violations.map((violation) => `VIOLATION ${violation}`),
    "planned:",
    ...nodes,
    `  ${JSON.stringify(plan.faults)}`,
    `  the neighbour: ${JSON.stringify(mischief)}`,
    "writes:",
    ...writes,
    "ended:",
    ...ends,
  ].join("\n");
}
