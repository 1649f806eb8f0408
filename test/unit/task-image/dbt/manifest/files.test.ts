import { describe, expect, test } from "vitest";
import { NOT_TEXT } from "../../../../../task-image/dbt/project/project-package.ts";
import { nodeOf, problemsOf, readProject } from "../read-project.ts";

const idsOf = (files: Readonly<Record<string, string>>) => {
  const project = readProject(files);
  expect(problemsOf(project)).toEqual([]);
  return [...project.manifest.nodes.keys()].sort();
};

test("a file of dbt's that is no UTF-8 is a problem, and one that is not dbt's is not read", () => {
  const files = {
    "models/a.sql": "select 1",
    "models/b.sql": NOT_TEXT,
    "seeds/c.csv": NOT_TEXT,
    "query.sql": NOT_TEXT,
  };
  const message = "expected UTF-8 text, found other bytes: save the file in UTF-8, or keep it out of the project";
  expect(problemsOf(readProject(files))).toEqual([`models/b.sql:1:1: ${message}`, `seeds/c.csv:1:1: ${message}`]);
});

describe("files that are not dbt's are left alone", () => {
  test.each([
    ["SQL in the project's own folder", "query.sql"],
    ["a script", "scripts/load.py"],
    ["Python beside macros", "macros/tool.py"],
    ["rows beside models", "models/rows.csv"],
    ["a picture", "models/logo.png"],
    ["what dbt has compiled", "target/compiled/shop/models/a.sql"],
    ["logs", "logs/dbt.log"],
    ["what an editor has left behind", "models/.a.sql.swp"],
    ["a file without a name", "models/.sql"],
    ["a copy of an editor", "models/a.sql~"],
    ["packages.yml without packages", "packages.yml"],
    ["a package without dbt_project.yml", "dbt_packages/half/models/b.sql"],
    ["a profile", "profiles.yml"],
    ["YAML in the project's own folder", "notes.yml"],
  ])("%s", (_, path) => {
    const text = path === "packages.yml" ? "packages: []" : "not {{ read";
    expect(idsOf({ "models/a.sql": "select 1", [path]: text })).toEqual(["model.shop.a"]);
  });

  test("what .dbtignore names", () => {
    expect(idsOf({ "models/a.sql": "select 1", "models/old/b.sql": "not {{ read", ".dbtignore": "old/\n" })).toEqual([
      "model.shop.a",
    ]);
  });

  test("also where the whole project is a folder of models", () => {
    const files = { "dbt_project.yml": "name: shop\nmodel-paths: ['.']\nmacro-paths: [m]", "x/a.sql": "select 1" };
    const more = { "dbt_packages/p/models/c.sql": "not {{ read", "target/run/d.sql": "not {{ read" };
    expect(idsOf({ ...files, ...more })).toEqual(["model.shop.a"]);
    expect(nodeOf(readProject(files), "a")).toMatchObject({
      path: "x/a.sql",
      original_file_path: "x/a.sql",
      fqn: ["shop", "x", "a"],
    });
  });
});

test("Windows' line ends and a byte order mark change nothing", () => {
  const project = readProject({
    "dbt_project.yml": "\ufeffname: shop\r\nmodels:\r\n  +schema: x\r\n",
    "models/a.sql": "\ufeffselect 1,\r\n  {{ ref('b') }}\r\n",
    "models/b.sql": "select 1",
  });
  expect(nodeOf(project, "a")).toMatchObject({ raw_code: "select 1,\n  {{ ref('b') }}", schema: "public_x" });
});

describe("variables", () => {
  const project = (vars: string) => `name: shop\nvars: ${vars}`;

  test.each([
    ["of the project", "{v: top}", "top"],
    ["of the project under its name", "{v: top, shop: {v: own}}", "own"],
    ["with a template, which is rendered where it is used", `{v: "{{ target.name }}_{{ 1 + 1 }}"}`, "dev_2"],
    ["of YAML 1.1: a truth value", "{v: no}", "False"],
    ["of YAML 1.1: a float", "{v: 2.0}", "2.0"],
    ["of YAML 1.1: an octal number", "{v: 010}", "8"],
    ["of YAML 1.1: text that looks like a number", "{v: 1e3}", "1e3"],
  ])("%s", (_, vars, value) => {
    const files = { "dbt_project.yml": project(vars), "models/a.sql": "{{ config(meta={'v': var('v') ~ ''}) }}" };
    expect(nodeOf(readProject(files), "a").meta).toEqual({ v: value });
  });

  test("with a template, which YAML takes as it is written", () => {
    const files = {
      "dbt_project.yml": project(`{v: "{{ target.name }}"}`),
      "models/a.sql": "select 1",
      "models/a.yml": `models: [{name: a, meta: {v: "{{ var('v') }}"}}]`,
    };
    expect(nodeOf(readProject(files), "a").meta).toEqual({ v: "{{ target.name }}" });
  });

  test("of a package: its own, the root's for it, and what the node is given", () => {
    const files = {
      "dbt_project.yml": project("{b: root, c: root, tool: {c: for_tool, d: for_tool}}"),
      "dbt_packages/tool/dbt_project.yml": "name: tool\nvars: {a: own, b: own, c: own, d: own}",
      "dbt_packages/tool/models/t.sql": "{{ config(meta={'v': [var('a'), var('b'), var('c'), var('d')]}) }}",
    };
    expect(nodeOf(readProject(files), "t").meta).toEqual({ v: ["own", "root", "for_tool", "for_tool"] });
    expect(nodeOf(readProject(files, { vars: { d: "given" } }), "t").meta).toMatchObject({
      v: ["own", "root", "for_tool", "given"],
    });
  });

  test("in dbt_project.yml are those that the node is given", () => {
    const files = {
      "dbt_project.yml": `name: shop\nmodels: {+schema: "{{ var('s', 'none') }}"}`,
      "models/a.sql": "select 1",
    };
    expect(nodeOf(readProject(files, { vars: { s: "x" } }), "a").config.schema).toBe("x");
    expect(nodeOf(readProject(files), "a").config.schema).toBe("none");
  });
});

test("the environment is read where a template asks for it, with its default where it is not set", () => {
  const files = {
    "dbt_project.yml": `name: shop\nmodels: {+schema: "{{ env_var('S', 'd') }}"}`,
    "models/a.sql": "select 1",
  };
  expect(nodeOf(readProject(files, { environment: { S: "e" } }), "a").config.schema).toBe("e");
  expect(nodeOf(readProject(files), "a").config.schema).toBe("d");
  const strict = { ...files, "models/a.sql": "{{ env_var('NOT_SET') }}" };
  expect(problemsOf(readProject(strict))[0]).toContain(
    "models/a.sql:1:4: the environment variable 'NOT_SET' is not set",
  );
});

describe("packages", () => {
  const tool = {
    "dbt_packages/tool/dbt_project.yml": "name: tool\nmodels: {+materialized: table}",
    "dbt_packages/tool/models/x/t.sql": "select 1",
    "dbt_packages/tool/macros/t.sql": "{% macro helper() %}{{ ref('t') }}{% endmacro %}",
  };

  test("are projects of their own", () => {
    const project = readProject({ ...tool, "models/a.sql": "{{ ref('tool', 't') }} {{ tool.helper() }}" });
    expect(nodeOf(project, "t")).toMatchObject({
      unique_id: "model.tool.t",
      package_name: "tool",
      original_file_path: "models/x/t.sql",
      fqn: ["tool", "x", "t"],
      config: { materialized: "table" },
    });
    expect(nodeOf(project, "a").depends_on).toEqual({ macros: ["macro.tool.helper"], nodes: ["model.tool.t"] });
  });

  test("problems name their files from the project's folder on", () => {
    const files = { ...tool, "dbt_packages/tool/models/x/t.sql": "{{ ref('nothing') }}" };
    expect(problemsOf(readProject(files))[0]).toContain("dbt_packages/tool/models/x/t.sql:1:4: ref('nothing')");
  });

  test("models of one name are distinguished by the package: the root's comes first", () => {
    const files = { ...tool, "models/t.sql": "{{ config(schema='own') }} select 2", "models/a.sql": "{{ ref('t') }}" };
    expect(nodeOf(readProject(files), "a").depends_on.nodes).toEqual(["model.shop.t"]);
  });

  test("of one name are a problem", () => {
    const files = { ...tool, "dbt_packages/twin/dbt_project.yml": "name: tool" };
    expect(problemsOf(readProject(files))).toEqual([
      "dbt_packages/twin/dbt_project.yml:1:1: the project 'tool' stands in dbt_packages/tool/dbt_project.yml too: remove one of them",
    ]);
  });

  test("lie where the project says", () => {
    const files = {
      "dbt_project.yml": "name: shop\npackages-install-path: vendor/dbt",
      "vendor/dbt/tool/dbt_project.yml": "name: tool",
      "vendor/dbt/tool/models/t.sql": "select 1",
    };
    expect(idsOf(files)).toEqual(["model.tool.t"]);
  });

  test("that restrict access keep what is not public", () => {
    const files = {
      "models/a.sql": "{{ ref('t') }}",
      "dbt_packages/tool/dbt_project.yml": "name: tool\nrestrict-access: true",
      "dbt_packages/tool/models/t.sql": "select 1",
    };
    expect(problemsOf(readProject(files))).toEqual([
      "models/a.sql:1:4: ref('t'): the project 'tool' restricts access, and the model is not public",
    ]);
    expect(idsOf({ ...files, "dbt_packages/tool/models/t.sql": "{{ config(access='public') }}" })).toHaveLength(2);
  });
});

describe("groups", () => {
  const files = {
    "models/g.yml":
      "groups: [{name: people, owner: {email: me@example.com}}]\nmodels: [{name: a, config: {group: people, access: private}}, {name: b, group: people}]",
    "models/a.sql": "select 1",
    "models/b.sql": "{{ ref('a') }}",
  };

  test("keep private models to themselves", () => {
    expect(idsOf(files)).toEqual(["model.shop.a", "model.shop.b"]);
    expect(problemsOf(readProject({ ...files, "models/c.sql": "{{ ref('a') }}" }))).toEqual([
      "models/c.sql:1:4: ref('a'): the model is private to the group 'people': put this node into the group, or make the model's access protected",
    ]);
  });

  test("have an owner", () => {
    expect(readProject(files).manifest.groups.get("group.shop.people")).toMatchObject({
      name: "people",
      owner: { email: "me@example.com" },
    });
    expect(problemsOf(readProject({ "models/g.yml": "groups: [{name: people, owner: {}}]" }))).toEqual([
      "models/g.yml:1:10: group 'people': expected an owner with a name or an email",
    ]);
  });
});
