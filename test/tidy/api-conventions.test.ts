import { expect, test } from "vitest";
import { stringify } from "yaml";
import { customResourceDefinition, objectSchema } from "#api/crd.ts";
import { CUSTOM_KINDS } from "#api/kinds/custom-kinds.ts";
import type { StructuralSchema } from "#api/structural-schema.ts";

/** A schema and where it stands; `.NAME` is an entry of a map, `[]` one of a list. */
interface Place {
  readonly path: string;
  readonly schema: StructuralSchema;
}

function places(path: string, schema: StructuralSchema): Place[] {
  return [
    { path, schema },
    ...Object.entries(schema.properties ?? {}).flatMap(([name, field]) => places(`${path}.${name}`, field)),
    ...(schema.items === undefined ? [] : places(`${path}[]`, schema.items)),
    ...(schema.additionalProperties === undefined ? [] : places(`${path}.NAME`, schema.additionalProperties)),
  ];
}

/** Every field that we define; metadata is Kubernetes' own. */
const ALL = CUSTOM_KINDS.flatMap((kind) => places(kind.kind, objectSchema(kind))).filter(
  ({ path }) => !path.endsWith(".metadata"),
);
const paths = (wrong: (place: Place) => boolean) => ALL.filter(wrong).map(({ path }) => path);
const isField = ({ path }: Place) => !path.endsWith("[]") && !path.endsWith(".NAME");

test("every field is described in a sentence", () => {
  expect(ALL.length).toBeGreaterThan(150);
  expect(paths((place) => isField(place) && !/^[\w$`].+\.$/.test(place.schema.description ?? ""))).toEqual([]);
});

test("every string, list, map and integer is bounded", () => {
  const bounded = ({ schema }: Place) => {
    if (schema.type === "string") return schema.maxLength !== undefined || schema.enum !== undefined;
    if (schema.type === "array") return schema.maxItems !== undefined;
    if (schema.additionalProperties !== undefined) return schema.maxProperties !== undefined;
    if (schema["x-kubernetes-int-or-string"] === true) return schema.maxLength !== undefined;
    return schema.type !== "integer" || (schema.minimum !== undefined && schema.maximum !== undefined);
  };
  expect(paths((place) => !bounded(place))).toEqual([]);
});

test("every list says how server-side apply merges it", () => {
  expect(paths(({ schema }) => schema.type === "array" && schema["x-kubernetes-list-type"] === undefined)).toEqual([]);
});

test("integers are int64 and no field is a float", () => {
  expect(paths(({ schema }) => schema.type === "integer" && schema.format !== "int64")).toEqual([]);
  expect(paths(({ schema }) => schema.type === "number")).toEqual([]);
});

test("only variables of dbt, values of parameters and the copy of a spec that a run keeps are without a schema", () => {
  expect(paths(({ schema }) => schema["x-kubernetes-preserve-unknown-fields"] === true)).toEqual([
    "Pipeline.spec.params.NAME.default",
    "Pipeline.spec.params.NAME.enum[]",
    "Pipeline.spec.nodes.NAME.transform.vars.NAME",
    "Pipeline.spec.schedule.params",
    "PipelineRun.spec.params",
    "PipelineRun.status.pipelineSpec",
    "PipelineRun.status.params",
  ]);
});

test("a state is a condition and never a phase", () => {
  expect(paths(({ path }) => /\.phase$/i.test(path))).toEqual([]);
  for (const kind of CUSTOM_KINDS) {
    const status = objectSchema(kind).properties?.status?.properties ?? {};
    expect(status.observedGeneration?.type).toBe("integer");
    expect(status.conditions?.["x-kubernetes-list-map-keys"]).toEqual(["type"]);
    expect([...(status.conditions?.items?.required ?? [])].sort()).toEqual(
      ["lastTransitionTime", "message", "reason", "status", "type"], // KEP-1623
    );
  }
});

test("no reference crosses a namespace and no field holds a secret", () => {
  // A volume names its Secret, under Kubernetes' own word.
  const names = "Pipeline.spec.nodes.NAME.container.volumes[].secret";
  expect(paths(({ path }) => path !== names && /namespace$|password|token(?!Url$)|secret$/i.test(path))).toEqual([]);
});

test("kinds have names of their own, a category and a status subresource", () => {
  const builtIn = [
    "po",
    "svc",
    "deploy",
    "sts",
    "ds",
    "rs",
    "rc",
    "cm",
    "ns",
    "no",
    "pv",
    "pvc",
    "sa",
    "ep",
    "ev",
    "hpa",
  ];
  const names = CUSTOM_KINDS.flatMap((kind) => [kind.plural, kind.kind.toLowerCase(), kind.shortName]);
  expect(new Set([...names, ...builtIn]).size).toBe(names.length + builtIn.length);
  for (const kind of CUSTOM_KINDS) {
    const { spec } = customResourceDefinition(kind);
    expect(spec.names.categories).toEqual(["kelt"]);
    expect(spec.versions.map((version) => version.subresources)).toEqual([{ status: {} }]);
  }
});

test("every column and every selectable field shows a field that exists", () => {
  for (const kind of CUSTOM_KINDS) {
    const known = new Set(places("", objectSchema(kind)).map(({ path }) => path));
    known.add(".metadata.creationTimestamp");
    const shown = kind.columns.map(({ jsonPath }) => jsonPath.replace(/\[(\?\(@\.type=="\w+"\)|\d+)\]/, "[]"));
    expect([...shown, ...kind.selectable].filter((path) => !known.has(path))).toEqual([]);
    expect(kind.selectable.length).toBeLessThanOrEqual(8); // the API server's limit
  }
});

test("a CRD stays below 340 kB as it is written, and below six tenths of what kubectl apply can annotate", () => {
  for (const kind of CUSTOM_KINDS) {
    const crd = customResourceDefinition(kind);
    expect(stringify(crd, { aliasDuplicateObjects: false }).length).toBeLessThan(340_000);
    expect(JSON.stringify(crd).length).toBeLessThan(262_144 * 0.6);
  }
});
