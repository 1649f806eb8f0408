import { z } from "zod";
import { ConnectionSpec } from "#api/connection.ts";
import { objectName } from "#api/fields.ts";
import { CUSTOM_KINDS } from "#api/kinds/custom-kinds.ts";
import { API_VERSION, GROUP } from "#api/metadata.ts";
import { nearestName } from "#api/nearest-name.ts";
import { Params } from "#api/params/params.ts";
import { PipelineRunSpec } from "#api/pipeline-run.ts";
import type { Problem } from "../../../operator/graph/problem.ts";
import { checkSchema, unknownField } from "../../../operator/graph/schema-problem.ts";
import { findSizeProblem, validateSpec } from "../../../operator/graph/validate.ts";
import { resolveParams } from "../../../operator/params/resolve-params.ts";
import { namesSecret } from "../../../operator/params/secret-words.ts";

/** Runs carry the Pipeline's name as a label, and a label's value has at most 63 characters. */
const PIPELINE_NAME_MAX = 63;
const FIELDS = ["apiVersion", "kind", "metadata", "spec", "status"];
const KINDS = CUSTOM_KINDS.map(({ kind }) => kind);

/** Whether an object is one of kelt's, however wrong it may be otherwise. */
export function isManifest(value: unknown): value is Readonly<Record<string, unknown>> {
  const { apiVersion } = (value ?? {}) as { readonly apiVersion?: unknown };
  return typeof apiVersion === "string" && (apiVersion === GROUP || apiVersion.startsWith(`${GROUP}/`));
}

/** Everything that the API server or the operator would refuse, as far as one object shows it. */
export function manifestProblems(
  manifest: Readonly<Record<string, unknown>>,
  pipelines: ReadonlyMap<string, PipelineParams> = new Map(),
): readonly Problem[] {
  const { apiVersion, kind, metadata, spec } = manifest;
  const isVersion = apiVersion === API_VERSION;
  const version = isVersion ? [] : [problem(["apiVersion"], `expected ${API_VERSION}, found ${String(apiVersion)}`)];
  if (typeof kind !== "string" || !KINDS.includes(kind)) return [...version, problem(["kind"], unknownKind(kind))];
  const unknown = Object.keys(manifest).filter((field) => !FIELDS.includes(field));
  return [
    ...version,
    ...unknown.map((field) => problem([field], unknownField(field, FIELDS))),
    ...nameProblems(kind, metadata),
    ...specProblems(kind, spec),
    ...(kind === "PipelineRun" ? runProblems(spec, pipelines) : []),
  ];
}

/** What a Pipeline declares; undefined where that cannot be read. */
export type PipelineParams = Params | undefined;

/** The name of a Pipeline and its parameters; nothing of any other object. */
export function pipelineParams(object: unknown): readonly (readonly [string, PipelineParams])[] {
  if (!isManifest(object) || object.kind !== "Pipeline") return [];
  const { name } = (object.metadata ?? {}) as { readonly name?: unknown };
  const { params = {} } = (object.spec ?? {}) as { readonly params?: unknown };
  return typeof name === "string" ? [[name, Params.safeParse(params).data]] : [];
}

/** Any run's times: what a default makes of its own does not matter here. */
const SOME_TIMES = {
  scheduled: "2026-12-01T06:00:00Z",
  interval: { start: "2026-11-30T06:00:00Z", end: "2026-12-01T06:00:00Z" },
};

/** Values of a run that its Pipeline, where it is among the files, does not take. */
function runProblems(spec: unknown, pipelines: ReadonlyMap<string, PipelineParams>): readonly Problem[] {
  const checked = PipelineRunSpec.safeParse(spec);
  const declared = checked.success ? pipelines.get(checked.data.pipeline) : undefined;
  if (declared === undefined) return [];
  const resolved = resolveParams(declared, checked.data?.params ?? {}, SOME_TIMES);
  if (resolved.ok) return [];
  return resolved.faults.map(({ path, why }) => problem(["spec", "params", ...path.map(String)], why));
}

/** What people should look at twice, and nothing refuses. */
export function manifestWarnings({ kind, spec }: Readonly<Record<string, unknown>>): readonly Problem[] {
  const { params } = (spec ?? {}) as { readonly params?: unknown };
  if (kind !== "Pipeline" || typeof params !== "object" || params === null) return [];
  const message =
    "everybody who may see a run reads its parameters, and the name speaks of a secret; a secret belongs into a Secret that a connection names with secretRef, or that a container gets with pod.env";
  return Object.keys(params)
    .filter(namesSecret)
    .map((name) => problem(["spec", "params", name], message));
}

function problem(path: readonly string[], message: string): Problem {
  return { reason: "InvalidSpec", path, message };
}

function unknownKind(kind: unknown): string {
  const near = typeof kind === "string" ? nearestName(kind, KINDS) : undefined;
  const advice = near === undefined ? "" : `; did you mean ${near}?`;
  return `expected one of ${KINDS.join(", ")}, found ${kind === undefined ? "nothing" : String(kind)}${advice}`;
}

const Metadata = z.looseObject({ name: objectName("Name.").optional(), generateName: z.string().optional() });

function nameProblems(kind: string, metadata: unknown): readonly Problem[] {
  const checked = checkSchema(Metadata, metadata, ["metadata"]);
  if (!checked.ok) return checked.problems;
  const { name, generateName } = checked.value;
  if (name === undefined && generateName === undefined) return [problem(["metadata", "name"], "the name is missing")];
  if (kind !== "Pipeline" || name === undefined || name.length <= PIPELINE_NAME_MAX) return [];
  const message = `expected at most ${PIPELINE_NAME_MAX} characters, because its runs carry the name as a label, found ${name.length}`;
  return [problem(["metadata", "name"], message)];
}

function specProblems(kind: string, spec: unknown): readonly Problem[] {
  if (kind === "Pipeline") {
    const large = findSizeProblem(spec);
    const validation = validateSpec(spec);
    return [...(large === undefined ? [] : [large]), ...(validation.ok ? [] : validation.problems)];
  }
  const schema: z.ZodType<unknown> = kind === "PipelineRun" ? PipelineRunSpec : ConnectionSpec;
  const checked = checkSchema(schema, spec, ["spec"]);
  return checked.ok ? [] : checked.problems;
}
