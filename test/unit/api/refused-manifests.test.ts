import { expect, test } from "vitest";
import type { z } from "zod";
import { ConnectionSpec } from "#api/connection.ts";
import { PipelineRunSpec } from "#api/pipeline-run.ts";
import { formatProblem, type Problem } from "../../../operator/graph/problem.ts";
import { checkSchema } from "../../../operator/graph/schema-problem.ts";
import { validatePipeline } from "../../../operator/graph/validate.ts";
import type { RefusedManifest } from "../../support/manifests/refused-manifest.ts";
import { REFUSED_MANIFESTS } from "../../support/manifests/refused-manifests.ts";

function problems({ kind, spec }: RefusedManifest["manifest"]): readonly Problem[] {
  if (kind === "Pipeline") {
    const validation = validatePipeline(spec);
    return validation.ok ? [] : validation.problems;
  }
  const schema: z.ZodType<unknown> = kind === "PipelineRun" ? PipelineRunSpec : ConnectionSpec;
  const checked = checkSchema(schema, spec, ["spec"]);
  return checked.ok ? [] : checked.problems;
}

test.each(REFUSED_MANIFESTS.filter(({ local }) => local !== undefined))(
  "without a cluster, $title is refused where it stands",
  ({ manifest, local }) => {
    const found = problems(manifest).map(formatProblem);
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(local);
  },
);
