import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { formatFindings } from "../../../config/tools/lint/finding.ts";
import { readYamlFiles } from "../../../config/tools/lint/yaml-files.ts";
import { lintYaml, pipelinesIn } from "../../../config/tools/lint/yaml-text.ts";
import { ROOT } from "../../support/cluster/chart.ts";

const lint = (text: string, named = true) => lintYaml("f.yaml", text, { named });
const lines = (text: string, named = true) => formatFindings(lint(text, named).findings, "text").trimEnd().split("\n");

const HEAD = "apiVersion: kelt.dev/v1alpha1\nkind: Pipeline\nmetadata: {name: films}\n";

describe("what is found, and where", () => {
  test("an unknown field, at its key, with what was meant", () => {
    expect(lines(`${HEAD}spec:\n  timeot: 5m\n  nodes: {a: {container: {}}}\n`)).toEqual([
      "f.yaml:5:3 InvalidSpec spec.timeot: unknown field timeot; did you mean timeout?",
    ]);
  });

  test("what no run could succeed with, beside what contradicts it", () => {
    const text = `${HEAD}spec:
  nodes:
    a:
      timeout: 5m
      attemptTimeout: 1h
      startTimeout: 0s
      resources: {requests: {memory: 2Gi}, limits: {memory: 1Gi}}
      container:
        image: app:latest@sha256:short
`;
    expect(lines(text)).toEqual([
      expect.stringMatching(/^f\.yaml:8:7 InvalidSpec spec\.nodes\[a\]\.attemptTimeout: /),
      expect.stringMatching(/^f\.yaml:9:7 InvalidSpec spec\.nodes\[a\]\.startTimeout: /),
      expect.stringMatching(/^f\.yaml:10:30 InvalidSpec spec\.nodes\[a\]\.resources\.requests\.memory: /),
      expect.stringMatching(/^f\.yaml:12:9 InvalidSpec spec\.nodes\[a\]\.container\.image: expected a digest/),
    ]);
  });

  test("several findings, in the order of the file", () => {
    const text = `${HEAD}spec:
  suspend: maybe
  nodes:
    raw:
      load:
        form: {connection: w, tables: [t]}
        to: {connection: w, schema: raw}
`;
    expect(lines(text)).toEqual([
      'f.yaml:5:3 InvalidSpec spec.suspend: expected true or false, found "maybe"',
      "f.yaml:8:7 InvalidSpec spec.nodes[raw].load.from: expected a map, found nothing",
      "f.yaml:9:9 InvalidSpec spec.nodes[raw].load.form: unknown field form; did you mean from?",
    ]);
  });

  test("what a later look finds, beside what an earlier one has found", () => {
    const text = `${HEAD}spec:
  timeot: 5m
  nodes:
    a: {needs: [b], container: {}}
    b: {needs: [a], container: {}}
    c: {needs: [gone], timeout: 5x, container: {}}
    d: {needs: [gone], timeout: 1h, attemptTimeout: 2h, container: {image: "No Image"}}
    e: {load: {from: {connection: w, tables: [t]}}}
    f: {needs: [e], container: {}}
`;
    expect(lines(text)).toEqual([
      "f.yaml:5:3 InvalidSpec spec.timeot: unknown field timeot; did you mean timeout?",
      expect.stringMatching(/^f\.yaml:7:9 InvalidGraph spec\.nodes\[a\]\.needs: .* a → b → a; /),
      expect.stringMatching(/^f\.yaml:9:24 InvalidSpec spec\.nodes\[c\]\.timeout: /),
      expect.stringMatching(/^f\.yaml:10:17 UnknownReference spec\.nodes\[d\]\.needs\[0\]: no node is called gone/),
      expect.stringMatching(/^f\.yaml:10:37 InvalidSpec spec\.nodes\[d\]\.attemptTimeout: /),
      expect.stringMatching(/^f\.yaml:10:69 InvalidSpec spec\.nodes\[d\]\.container\.image: /),
      "f.yaml:11:9 InvalidSpec spec.nodes[e].load.to: expected a map, found nothing",
    ]);
  });

  test("nothing that may only come from what was wrong before", () => {
    const text = `${HEAD}spec:
  retries: {backoff: {max: "2 hours"}}
  connections:
    w: {postgres: {secret: w}}
  nodes:
    a: {retries: {backoff: {initial: 1h}}, container: {}}
    raw: {load: {from: {connection: w, tables: [t]}, to: {connection: w, schema: raw}, mode: mergee, key: [id]}}
    next: {needs: [raw], load: {from: {connection: w, tables: [t]}, to: {connection: w, schema: raw}}}
`;
    expect(lines(text)).toEqual([
      expect.stringMatching(/ spec\.retries\.backoff\.max: /),
      expect.stringMatching(/ spec\.connections\[w\]\.postgres\.secret: unknown field secret; did you mean secretRef/),
      expect.stringMatching(/ spec\.nodes\[raw\]\.load\.mode: .*did you mean merge/),
    ]);
  });

  test("a version that does not exist, and what else is wrong with its manifest", () => {
    expect(
      lines(`apiVersion: kelt.dev/v1\nkind: Pipeline\nmetadata: {}\nspec: {nodes: {a: {contaner: {}}}}\n`),
    ).toEqual([
      "f.yaml:1:1 InvalidSpec apiVersion: expected kelt.dev/v1alpha1, found kelt.dev/v1",
      "f.yaml:3:1 InvalidSpec metadata.name: the name is missing",
      expect.stringContaining("spec.nodes[a]"),
      expect.stringContaining("spec.nodes[a].contaner: unknown field contaner; did you mean container?"),
    ]);
  });

  test("an item of a list, and a cycle with its path", () => {
    expect(lines(`${HEAD}spec:\n  nodes:\n    a:\n      needs:\n        - b\n      container: {}\n`)).toEqual([
      "f.yaml:8:11 UnknownReference spec.nodes[a].needs[0]: no node is called b; there are a",
    ]);
    expect(lines(`${HEAD}spec: {nodes: {a: {needs: [b], container: {}}, b: {needs: [a], container: {}}}}\n`)).toEqual([
      expect.stringMatching(/^f\.yaml:4:20 InvalidGraph spec\.nodes\[a\]\.needs: .* a → b → a; /),
    ]);
  });

  test("a spec that is missing, at the object that lacks it", () => {
    expect(lines(HEAD)).toEqual(["f.yaml:1:1 InvalidSpec spec: expected a map, found nothing"]);
  });

  test("a field that an alias brought is found where it was written", () => {
    const text = `${HEAD}spec:\n  nodes:\n    a: &node\n      container: {arg: [x]}\n    b: *node\n`;
    expect(lines(text)).toEqual([
      expect.stringContaining("f.yaml:7:19 InvalidSpec spec.nodes[a].container.arg: "),
      expect.stringContaining("f.yaml:7:19 InvalidSpec spec.nodes[b].container.arg: "),
    ]);
  });

  test.each([
    ["a kind that does not exist", "kind: Pipline", "f.yaml:2:1 InvalidSpec kind: ", "did you mean Pipeline?"],
    ["a missing name", "kind: Pipeline\nmetadata: {}", "f.yaml:3:1 InvalidSpec metadata.name: ", "the name is missing"],
    ["a wrong name", "kind: Pipeline\nmetadata: {name: Films}", "f.yaml:3:12 InvalidSpec metadata.name: ", '"Films"'],
    [
      "a name too long for a label",
      `kind: Pipeline\nmetadata: {name: ${"f".repeat(64)}}`,
      "f.yaml:3:12 InvalidSpec metadata.name: ",
      "at most 63",
    ],
    ["a misspelt spec", "kind: Pipeline\nspecs: {}", "f.yaml:3:1 InvalidSpec specs: ", "did you mean spec?"],
  ])("%s", (_, rest, place, words) => {
    const found = lines(`apiVersion: kelt.dev/v1alpha1\n${rest}\n`).find((line) => line.startsWith(place));
    expect(found).toContain(words);
  });

  test("runs and connections", () => {
    const run = "apiVersion: kelt.dev/v1alpha1\nkind: PipelineRun\nmetadata: {generateName: r-}\nspec: {pipelin: a}\n";
    const connection =
      "---\napiVersion: kelt.dev/v1alpha1\nkind: Connection\nmetadata: {name: c}\nspec: {postgres: {password: x}}\n";
    expect(lines(run + connection)).toEqual([
      "f.yaml:4:1 InvalidSpec spec.pipeline: expected the name of an object, in lower-case letters, digits, dashes and dots, found nothing",
      "f.yaml:4:8 InvalidSpec spec.pipelin: unknown field pipelin; did you mean pipeline?",
      expect.stringMatching(/^f\.yaml:9:19 InvalidSpec spec\.postgres\.password: unknown field password; /),
    ]);
  });
});

describe("how the text is read", () => {
  test("words that kubectl takes for true and false are not text", () => {
    const text = `${HEAD}spec: {nodes: {a: {container: {env: {DEBUG: on, MODE: "on", NAME: online}}}}}\n`;
    expect(lines(text)).toEqual([
      "f.yaml:4:38 InvalidSpec spec.nodes[a].container.env.DEBUG: expected text, found true",
    ]);
  });

  test("merge keys count as kubectl counts them", () => {
    const text = `${HEAD}spec:\n  nodes:\n    a: &a {container: {}, timeout: 5m}\n    b: {<<: *a, needs: [a]}\n`;
    expect(lint(text)).toEqual({ manifests: 1, findings: [] });
  });

  test("items of a List are manifests like others", () => {
    const text = `apiVersion: v1\nkind: List\nitems:\n- apiVersion: kelt.dev/v1alpha1\n  kind: Pipeline\n  metadata: {name: a}\n  spec: {nodes: {}}\n`;
    expect(lines(text)).toEqual(["f.yaml:7:3 InvalidSpec spec: at least one node is needed"]);
  });

  test("objects of other groups are passed over", () => {
    expect(lint("apiVersion: v1\nkind: ConfigMap\ndata: {spec: x}\n---\n# nothing\n---\njust text\n")).toEqual({
      manifests: 0,
      findings: [],
    });
  });

  test("a text that is no YAML is a finding with its place", () => {
    expect(lines(`${HEAD}spec: [\n`)).toEqual([expect.stringMatching(/^f\.yaml:5:1 InvalidYaml /)]);
    expect(lines("a: 1\na: 2\n")).toEqual([expect.stringMatching(/^f\.yaml:2:1 InvalidYaml Map keys must be unique/)]);
  });

  test("in a folder, what is no YAML and does not speak of kelt is passed over", () => {
    expect(lint("a: {{ .Values.a }}: [\n", false).findings).toEqual([]);
    expect(lint(`# kelt.dev/v1alpha1\na: [\n`, false).findings).toHaveLength(1);
  });

  test("an alias that would grow without bounds is a finding, not a crash", () => {
    const bomb = Array.from(
      { length: 20 },
      (_, i) => `a${i}: &a${i} [${Array(10).fill(i === 0 ? "x" : `*a${i - 1}`)}]`,
    );
    expect(lines(bomb.join("\n"))).toEqual([expect.stringContaining("InvalidYaml")]);
  });

  test("the manifests of the README have no findings", async () => {
    const [readme] = await readYamlFiles([join(ROOT, "README.md")], process.stdin);
    const blocks = [...(readme?.text ?? "").matchAll(/```yaml\n(.*?)```/gs)].map(([, block = ""]) => lint(block));
    expect(blocks.map(({ manifests, findings }) => ({ manifests, findings }))).toEqual(
      blocks.map(() => ({ manifests: 1, findings: [] })),
    );
    expect(blocks.length).toBeGreaterThanOrEqual(2);
  });

  test("the samples have no findings", async () => {
    const files = await readYamlFiles([join(ROOT, "config/samples")], process.stdin);
    const linted = files.map(({ name, text, named }) => lintYaml(name, text, { named }));
    expect(linted.flatMap(({ findings }) => findings)).toEqual([]);
    expect(linted.reduce((sum, { manifests }) => sum + manifests, 0)).toBeGreaterThanOrEqual(2);
  });
});

describe("parameters", () => {
  const pipeline = `${HEAD}spec:
  params: {region: {enum: [eu, us]}, limit: {type: integer, default: 1}}
  nodes: {a: {container: {}}}
`;
  const run = (params: string) => `apiVersion: kelt.dev/v1alpha1
kind: PipelineRun
metadata: {generateName: films-}
spec:
  pipeline: films
  params: ${params}
`;
  const linted = (text: string) => {
    const pipelines = new Map(pipelinesIn(pipeline));
    return formatFindings(lintYaml("run.yaml", text, { named: true, pipelines }).findings, "text");
  };

  test("of a run fit the Pipeline, wherever that stands", () => {
    expect(linted(run("{region: eu, limit: 5}"))).toBe("");
    expect(linted(run("{regoin: eu, limit: many}")).trimEnd().split("\n")).toEqual([
      "run.yaml:6:3 InvalidSpec spec.params[region]: a value is missing: set one of type string",
      "run.yaml:6:12 InvalidSpec spec.params[regoin]: no parameter is called regoin; did you mean region?",
      'run.yaml:6:24 InvalidSpec spec.params[limit]: expected a whole number of at most 15 digits, found "many"',
    ]);
  });

  test("of a run are left alone where its Pipeline is not among the files, or cannot be read", () => {
    expect(lintYaml("run.yaml", run("{any: 1}"), { named: true }).findings).toEqual([]);
    const broken = new Map(pipelinesIn(pipeline.replace("enum:", "enm:")));
    expect(lintYaml("run.yaml", run("{any: 1}"), { named: true, pipelines: broken }).findings).toEqual([]);
    expect(pipelinesIn("a: [")).toEqual([]);
  });

  test("whose names speak of secrets are a warning", () => {
    const { findings } = lint(`${HEAD}spec:\n  params: {dbPassword: {}}\n  nodes: {a: {container: {}}}\n`);
    expect(findings).toMatchObject([{ line: 5, path: "spec.params[dbPassword]", warns: true }]);
    expect(formatFindings(findings, "github")).toMatch(/^::warning file=f\.yaml,line=5/);
    expect(formatFindings(findings, "text")).toContain("InvalidSpec warning: spec.params[dbPassword]: everybody");
  });
});
