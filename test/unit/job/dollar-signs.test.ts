import fc from "fast-check";
import { expect, test } from "vitest";
import { PipelineSpec } from "#api/pipeline.ts";
import { TASK_SPEC_ENV } from "#api/task.ts";
import { jobOf } from "../../../operator/job/job.ts";
import { RUN_UID } from "../../support/manifests/make.ts";

/**
 * What the kubelet makes of a value, command or argument: `$$` is a dollar sign, `$(NAME)` a variable's value where there is one.
 * https://github.com/kubernetes/kubernetes/blob/v1.34.0/third_party/forked/golang/expansion/expand.go
 */
function expand(text: string, variables: ReadonlyMap<string, string>): string {
  let out = "";
  for (let at = 0; at < text.length; at += 1) {
    const next = text[at + 1];
    const end = next === "(" ? text.indexOf(")", at) : -1;
    if (text[at] !== "$" || next === undefined) {
      out += text[at];
    } else if (next === "$") {
      out += "$";
      at += 1;
    } else if (end > 0) {
      const name = text.slice(at + 2, end);
      out += variables.get(name) ?? `$(${name})`;
      at = end;
    } else {
      out += `$${next}`;
      at += 1;
    }
  }
  return out;
}

function containerOf(node: object) {
  const spec = PipelineSpec.parse({ connections: { w: { postgres: { secretRef: "w" } } }, nodes: { n: node } });
  const run = { namespace: "demo", name: "r", uid: RUN_UID };
  const settings = { image: "task", imagePullSecrets: [], resources: {}, jobTtlSeconds: 1 };
  const job = jobOf(
    { run, pipeline: "p", spec, node: "n", attempt: 1 },
    { ...settings, imagePullPolicy: "IfNotPresent" },
  );
  return job.spec?.template.spec?.containers[0] ?? expect.fail("no container");
}

/** As the kubelet does: each variable may use those before it, commands and arguments all of them. */
function started(container: ReturnType<typeof containerOf>) {
  const variables = new Map<string, string>();
  for (const { name, value = "" } of container.env ?? []) variables.set(name, expand(value, variables));
  const expandAll = (texts: readonly string[] = []) => texts.map((text) => expand(text, variables));
  return { env: Object.fromEntries(variables), command: expandAll(container.command), args: expandAll(container.args) };
}

test("the rule itself is Kubernetes'", () => {
  const variables = new Map([["A", "value"]]);
  const cases = {
    "$(A)": "value",
    "$$(A)": "$(A)",
    "$$$(A)": "$value",
    "$(B)": "$(B)",
    $A: "$A",
    x$: "x$",
    "$(A": "$(A",
  };
  for (const [text, expanded] of Object.entries(cases)) expect(expand(text, variables)).toBe(expanded);
});

const text = fc.string({ unit: fc.constantFrom("$", "(", ")", "A", "B", " ", "é", "'"), maxLength: 24 });

test("commands, arguments and variables arrive as they are written", () => {
  fc.assert(
    fc.property(text, text, text, (a, b, c) => {
      const node = { container: { command: ["sh", a], args: [b, a], env: { A: a, B: c } } };
      expect(started(containerOf(node))).toEqual({ env: { A: a, B: c }, command: ["sh", a], args: [b, a] });
    }),
  );
});

test("SQL with dollar signs arrives in the task as it is written", () => {
  fc.assert(
    fc.property(text, (part) => {
      const sql = `select $tag$${part}$tag$, $1, '$(A)'`;
      const node = { test: { connection: "w", checks: [{ sql }] } };
      const task = JSON.parse(started(containerOf(node)).env[TASK_SPEC_ENV] ?? "");
      expect(task.work.test.checks[0].sql).toBe(sql);
    }),
  );
});
