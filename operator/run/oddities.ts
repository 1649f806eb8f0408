import { afterResult, type Oddity } from "./attempt/reported-result.ts";
import type { AttemptFacts, Facts } from "./facts.ts";

/** An oddity with the attempt that it is of. */
export interface NodeOddity extends Oddity {
  readonly node: string;
  readonly attempt: number;
}

/** What is odd about the ends of a run's pods. A success counts by its exit code where the node is a container, and is then never odd. */
export function odditiesIn({ run, attempts }: Facts): readonly NodeOddity[] {
  const nodes = run.status.nodes ?? {};
  return [...attempts].flatMap(([node, list]) => list.flatMap((one) => odditiesOf(node, one)));

  function odditiesOf(node: string, { attempt, job, pods }: AttemptFacts): NodeOddity[] {
    const stored = nodes[node];
    if (stored?.attempt !== attempt || job === undefined || job.parts !== undefined) return [];
    const expected = { run: run.meta.uid, node, attempt, required: true };
    const found = pods.flatMap((pod) => afterResult(pod, expected) ?? []);
    return found
      .filter(({ what }) => what === "ResultsDiffer" || stored.state === "Succeeded")
      .map((oddity) => ({ ...oddity, node, attempt }));
  }
}
