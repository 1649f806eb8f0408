import { expect, test } from "vitest";
import { ConnectionSpec } from "#api/connection.ts";
import { PipelineRunSpec } from "#api/pipeline-run.ts";
import { formatProblem, type Problem } from "../../../operator/graph/problem.ts";
import { schemaProblem, validatePipeline } from "../../../operator/graph/validate.ts";
import { REFUSED_MANIFESTS, type RefusedManifest } from "../../support/refused-manifests.ts";

function problems({ kind, spec }: RefusedManifest["manifest"]): readonly Problem[] {
  if (kind === "Pipeline") {
    const validation = validatePipeline(spec);
    return validation.ok ? [] : validation.problems;
  }
  const parsed = (kind === "PipelineRun" ? PipelineRunSpec : ConnectionSpec).safeParse(spec);
  return parsed.success ? [] : parsed.error.issues.map((issue) => schemaProblem(issue, ["spec"]));
}

test.each(REFUSED_MANIFESTS.filter(({ local }) => local !== undefined))(
  "without a cluster, $title is refused where it stands",
  ({ manifest, local }) => {
    const found = problems(manifest).map(formatProblem);
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(local);
  },
);
