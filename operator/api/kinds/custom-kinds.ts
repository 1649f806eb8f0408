import { CONNECTION } from "./connection.ts";
import type { CustomKind } from "./custom-kind.ts";
import { NODE_REPORT } from "./node-report.ts";
import { PIPELINE } from "./pipeline.ts";
import { PIPELINE_RUN } from "./pipeline-run.ts";

/** Every kind of kelt.dev: definitions, reference, chart and lint read this list. */
export const CUSTOM_KINDS: readonly CustomKind[] = [PIPELINE, PIPELINE_RUN, CONNECTION, NODE_REPORT];
