import { PipelineSpec } from "#api/pipeline.ts";
import type { PipelineRunStatus } from "#api/pipeline-run.ts";
import type { Random } from "../../operator/kube/clock.ts";
import type { StoredObject } from "../support/fake-cluster/fake-api-objects.ts";
import type { Plan } from "./plan.ts";

/** What a run says of the Pipeline's parameters; the others have their defaults. */
export const SAID = { limit: "7" };
const PARAMS = {
  limit: { type: "integer" },
  region: { default: "eu", enum: ["eu", "us"] },
};
/** What somebody changes the defaults to while the run is under way. */
export const CHANGED_PARAMS = { region: { default: "us" } };
const REGIONS = ["eu", "us"];

/** The same plan, in which nodes are given parameters, and how the nodes ended that they need. */
export function withParams(plan: Plan, random: Random): Plan {
  const nodes = Object.entries(plan.spec.nodes).map(([name, node]) => {
    const text = valueText(node.needs ?? [], random);
    if (node.container !== undefined)
      return [name, { ...node, container: { ...node.container, env: { VALUE: text } } }];
    if (node.transform !== undefined)
      return [name, { ...node, transform: { ...node.transform, vars: { value: text } } }];
    if (node.test === undefined) return [name, node];
    const acceptedValues = { column: "c", values: [text] };
    return [name, { ...node, test: { ...node.test, checks: [{ name: "any", table: "t", acceptedValues }] } }];
  });
  const spec = PipelineSpec.parse({ ...plan.spec, params: PARAMS, nodes: Object.fromEntries(nodes) });
  return { ...plan, spec, hasParams: true };
}

function valueText(needs: readonly string[], random: Random): string {
  const named = needs.filter(() => random() < 0.7).map((need) => ` $(nodes.${need}.state)`);
  return `value $(params.limit) $(params.region)${named.join("")}.`;
}

/** What a Job is given that is not what its run began with, and how nodes ended by what is stored; undefined where it has all of that. */
export function wrongValue(job: StoredObject, { params }: PipelineRunStatus): string | undefined {
  const found = /value [^.]*\./.exec(JSON.stringify(job.spec))?.[0];
  const wanted = new RegExp(`^value 7 ${String(params?.region)}( Succeeded)*\\.$`);
  return found === undefined || wanted.test(found) ? undefined : found;
}

/** Parameters that a run cannot have begun with, or that it did not begin with; undefined where it has its own. */
export function wrongParams(
  was: PipelineRunStatus,
  { pipelineRevision, params }: PipelineRunStatus,
): string | undefined {
  if (pipelineRevision === undefined) return undefined;
  const found = JSON.stringify(params);
  const begun = was.params === undefined ? REGIONS.map((region) => ({ limit: 7, region })) : [was.params];
  return begun.some((each) => JSON.stringify(each) === found) ? undefined : String(found);
}
