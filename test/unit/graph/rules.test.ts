import { expect, test } from "vitest";
import { formatProblem } from "../../../operator/graph/problem.ts";
import { validatePipeline } from "../../../operator/graph/validate.ts";
import { pipeline } from "../../support/manifests/refused-manifest.ts";

const problemsOf = (nodes: string) => {
  const validation = validatePipeline(pipeline(`nodes: ${nodes}`).spec);
  return validation.ok ? [] : validation.problems.map(formatProblem);
};
const LAKE = "connection: lake";
const FILES = `x: {onFailure: continue, extract: {from: {connection: source, tables: [t]}, to: {${LAKE}, prefix: raw/}}}`;
const LOAD = `load: {from: {${LAKE}, node: x}, to: {connection: warehouse, schema: raw}}`;

test.each(["anyFailed", "anySucceeded"])("%s without needs would never begin", (rule) => {
  expect(problemsOf(`{a: {container: {}, triggerRule: ${rule}}}`)).toEqual([
    `spec.nodes[a].triggerRule: ${rule} looks at the nodes that this one needs, and there are none: it would never begin; name them in needs`,
  ]);
});

test.each(["allDone", "noneFailed", "always", "allSucceeded"])("%s without needs begins at once", (rule) => {
  expect(problemsOf(`{a: {container: {}, triggerRule: ${rule}}}`)).toEqual([]);
});

test("a node that loads the files of another one begins when that has succeeded, and by no other rule", () => {
  const of = (rule: string) => {
    const spec = pipeline(`nodes: {${FILES}, l: {${LOAD}${rule}}}`).spec as { connections: object };
    const lake = { s3: { bucket: "lake", secretRef: "s" } };
    const validation = validatePipeline({ ...spec, connections: { ...spec.connections, lake } });
    return validation.ok ? [] : validation.problems.map(formatProblem);
  };
  expect(of("")).toEqual([]);
  expect(of(", triggerRule: allDone")).toEqual([
    "spec.nodes[l].triggerRule: the node loads the files of x, which are there only when that has succeeded; leave triggerRule out",
  ]);
});

const C = "container: {}";

test.each([
  ["anyFailed", "anyFailed is a trigger rule and no condition; write triggerRule: anyFailed"],
  ["nodes.a.rows >", "column 15: Unexpected token: EOF"],
  ["nodes.aa.rows > 0", "column 1: no node is called aa; did you mean a?"],
  ["nodes.films.rows > 0", "column 1: no node is called films; before this one come a"],
  ["nodes.other.rows > 0", "column 1: node other does not come before this one; name it in needs"],
  ["true && nodes.b.rows > 0", "column 9: a condition is looked at before its own node begins; it cannot name it"],
])("the condition %j is refused where it stands", (when, message) => {
  const nodes = `{a: {${C}}, other: {${C}}, b: {needs: [a], ${C}, when: "${when}"}}`;
  expect(problemsOf(nodes)).toEqual([`spec.nodes[b].when: ${message}`]);
});

test("a condition may name every node that comes before", () => {
  const when = "nodes.a.rows > 0 && nodes.b.state == 'Succeeded'";
  expect(problemsOf(`{a: {${C}}, b: {needs: [a], ${C}}, c: {needs: [b], ${C}, when: "${when}"}}`)).toEqual([]);
  expect(problemsOf(`{a: {${C}}, b: {${C}}, c: {finally: true, ${C}, when: "${when}"}}`)).toEqual([]);
});

test("only finally nodes can need a finally node", () => {
  const last = `last: {finally: true, ${C}}`;
  expect(problemsOf(`{${last}, a: {needs: [last], ${C}}}`)).toEqual([
    "spec.nodes[a].needs[0]: last is a finally node, which runs after all others; only finally nodes can need it",
  ]);
  expect(problemsOf(`{${last}, a: {needs: [last], finally: true, ${C}}, b: {${C}}}`)).toEqual([]);
});

test("a condition names parameters that the pipeline declares", () => {
  const of = (when: string) => {
    const spec = pipeline(`params: {full: {type: boolean, default: true}}, nodes: {a: {${C}, when: "${when}"}}`).spec;
    const validation = validatePipeline(spec);
    return validation.ok ? [] : validation.problems.map(formatProblem);
  };
  expect(of("params.full")).toEqual([]);
  expect(of("params.ful")).toEqual(["spec.nodes[a].when: column 1: spec.params has no ful; did you mean full?"]);
});
