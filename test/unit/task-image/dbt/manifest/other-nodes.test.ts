import { describe, expect, test } from "vitest";
import { nodeOf, problemsOf, readProject } from "../read-project.ts";

describe("a source", () => {
  const sourceOf = (source: string, more: Readonly<Record<string, string>> = {}) => {
    const project = readProject({ "models/deep/s.yml": `sources:\n  - ${source.replaceAll("\n", "\n    ")}`, ...more });
    expect(problemsOf(project)).toEqual([]);
    return [...project.manifest.sources.values()][0];
  };

  test("has dbt's keys", () => {
    expect(
      sourceOf(
        "name: raw\ndescription: Landed\nmeta: {a: 1}\ntables: [{name: films, identifier: FILMS, columns: [{name: id}]}]",
      ),
    ).toMatchObject({
      unique_id: "source.shop.raw.films",
      resource_type: "source",
      name: "films",
      source_name: "raw",
      database: "warehouse",
      schema: "raw",
      identifier: "FILMS",
      fqn: ["shop", "deep", "raw", "films"],
      path: "models/deep/s.yml",
      source_description: "Landed",
      source_meta: { a: 1n },
      meta: { a: 1n },
      relation_name: '"warehouse"."raw"."FILMS"',
      freshness: {
        warn_after: { count: null, period: null },
        error_after: { count: null, period: null },
        filter: null,
      },
      quoting: { database: null, schema: null, identifier: null, column: null },
      columns: { id: { name: "id", description: "", data_type: null } },
    });
  });

  test("is quoted as it says", () => {
    const { relation_name, quoting } =
      sourceOf("name: raw\nquoting: {schema: false}\ntables: [{name: films, quoting: {identifier: false}}]") ?? {};
    expect([relation_name, quoting]).toEqual([
      '"warehouse".raw.films',
      { database: null, schema: false, identifier: false, column: null },
    ]);
  });

  test("stands where its templates say", () => {
    expect(
      sourceOf(
        `name: raw\nschema: "{{ var('landing', target.schema) }}_raw"\ndatabase: "{{ target.name }}"\ntables: [{name: a}]`,
      ),
    ).toMatchObject({
      schema: "public_raw",
      database: "dev",
      unrendered_schema: "{{ var('landing', target.schema) }}_raw",
    });
  });

  test("is as fresh as it and its tables say", () => {
    const source =
      "name: raw\nloaded_at_field: at\nfreshness: {warn_after: {count: 1, period: day}, error_after: {count: 2, period: day}}\ntables:\n  - {name: films, freshness: {warn_after: {count: 6, period: hour}, filter: x}}";
    expect(sourceOf(source)).toMatchObject({
      loaded_at_field: "at",
      freshness: { warn_after: { count: 6n, period: "hour" }, error_after: { count: 2n, period: "day" }, filter: "x" },
    });
    expect(sourceOf(source.replace(/freshness: \{warn_after: \{count: 6.*$/, "freshness: null}"))).toMatchObject({
      freshness: null,
    });
  });

  test("unites tags and meta with those of its tables and of config", () => {
    expect(
      sourceOf(
        "name: raw\ntags: [b]\nconfig: {meta: {a: 1, b: 1}}\ntables: [{name: films, tags: a, config: {tags: [c], meta: {b: 2}}}]",
      ),
    ).toMatchObject({
      tags: ["a", "b", "c"],
      meta: { a: 1n, b: 2n },
      config: { tags: ["a", "b", "c"] },
    });
  });

  test("may be disabled, by itself or by dbt_project.yml", () => {
    const files = {
      "models/s.yml": "sources: [{name: raw, tables: [{name: a, config: {enabled: false}}, {name: b}]}]",
    };
    const off = { "dbt_project.yml": "name: shop\nsources: {shop: {raw: {b: {+enabled: false}}}}" };
    const { manifest } = readProject({ ...files, ...off });
    expect([[...manifest.sources.keys()], [...manifest.disabled.keys()]]).toEqual([
      [],
      ["source.shop.raw.a", "source.shop.raw.b"],
    ]);
  });

  test("of a package may be overridden", () => {
    const files = {
      "models/s.yml": "sources: [{name: raw, overrides: tool, schema: other, tables: [{name: a, identifier: x}]}]",
      "dbt_packages/tool/dbt_project.yml": "name: tool",
      "dbt_packages/tool/models/s.yml": "sources: [{name: raw, schema: own, tables: [{name: a}, {name: b}]}]",
    };
    expect([...readProject(files).manifest.sources.values()].map((each) => each.relation_name)).toEqual([
      '"warehouse"."other"."x"',
      '"warehouse"."other"."b"',
    ]);
  });

  test("twice is a problem", () => {
    expect(
      problemsOf(
        readProject({
          "models/s.yml": "sources:\n  - {name: raw, tables: [{name: a}]}\n  - {name: raw, tables: [{name: a}]}",
        }),
      ),
    ).toEqual(["models/s.yml:3:5: table 'a' of the source 'raw' is declared in models/s.yml:2:5 already"]);
  });
});

describe("a snapshot", () => {
  test("in a block of SQL", () => {
    const project = readProject({
      "dbt_project.yml": "name: shop\nsnapshot-paths: [snaps]\nsnapshots: {shop: {all: {kept: {+tags: x}}}}",
      "snaps/all.sql":
        "{% snapshot kept %}\n{{ config(strategy='check', check_cols='all', unique_key='id') }}\nselect * from {{ ref('a') }}\n{% endsnapshot %}",
      "models/a.sql": "select 1",
    });
    expect(nodeOf(project, "kept")).toMatchObject({
      unique_id: "snapshot.shop.kept",
      path: "all.sql",
      original_file_path: "snaps/all.sql",
      fqn: ["shop", "all", "kept"],
      tags: ["x"],
      config: {
        strategy: "check",
        check_cols: "all",
        materialized: "snapshot",
        snapshot_meta_column_names: { dbt_valid_to: null },
      },
      depends_on: { nodes: ["model.shop.a"] },
    });
  });

  test("in YAML", () => {
    const project = readProject({
      "snapshots/deep/s.yml":
        "snapshots:\n  - name: kept\n    relation: source('raw', 'a')\n    config: {strategy: timestamp, updated_at: at, unique_key: [a, b], snapshot_meta_column_names: {dbt_valid_to: until}}",
      "models/s.yml": "sources: [{name: raw, tables: [{name: a}]}]",
    });
    expect(nodeOf(project, "kept")).toMatchObject({
      raw_code: "select * from {{ source('raw', 'a') }}",
      path: "deep/s.yml/kept.sql",
      fqn: ["shop", "deep", "kept"],
      sources: [["raw", "a"]],
      config: {
        strategy: "timestamp",
        unique_key: ["a", "b"],
        snapshot_meta_column_names: { dbt_valid_to: "until", dbt_scd_id: null },
      },
    });
  });

  test("says where its SQL is wrong", () => {
    const sql = "{% snapshot kept %}\nselect * from {{ ref('x') }}\n{% endsnapshot %}";
    expect(problemsOf(readProject({ "snapshots/s.sql": sql }))[0]).toContain("snapshots/s.sql:2:18: ref('x')");
  });
});

test("a singular test, an analysis and hooks are nodes", () => {
  const project = readProject({
    "dbt_project.yml": 'name: shop\non-run-start: ["{{ greet() }}", grant]\non-run-end: done',
    "tests/deep/positive.sql": "{{ config(severity='warn') }} select * from {{ ref('a') }}",
    "analyses/look.sql": "select * from {{ ref('a') }}",
    "models/a.sql": "select 1",
    "macros/m.sql": "{% macro greet() %}{% endmacro %}",
    "tests/t.yml": "data_tests: [{name: positive, description: No debts}]",
  });
  expect(nodeOf(project, "positive")).toMatchObject({
    unique_id: "test.shop.positive",
    fqn: ["shop", "deep", "positive"],
    path: "deep/positive.sql",
    config: { severity: "warn" },
    schema: "public_dbt_test__audit",
    description: "No debts",
    depends_on: { nodes: ["model.shop.a"] },
  });
  expect(nodeOf(project, "look")).toMatchObject({
    unique_id: "analysis.shop.look",
    path: "analysis/look.sql",
    fqn: ["shop", "analysis", "look"],
  });
  expect(nodeOf(project, "shop-on-run-start-0")).toMatchObject({
    unique_id: "operation.shop.shop-on-run-start-0",
    path: "hooks/shop-on-run-start-0.sql",
    original_file_path: "./dbt_project.yml",
    fqn: ["shop", "hooks", "shop-on-run-start-0"],
    tags: ["on-run-start"],
    index: 0n,
    depends_on: { macros: ["macro.shop.greet"] },
  });
  expect(nodeOf(project, "shop-on-run-end-0")).toMatchObject({ raw_code: "done", tags: ["on-run-end"] });
});

test("an exposure reads what it depends on", () => {
  const files = {
    "models/e.yml":
      "exposures: [{name: board, type: dashboard, owner: {name: me}, tags: [t], depends_on: [ref('a'), \"source('raw', 'x')\"], url: u}]\nsources: [{name: raw, tables: [{name: x}]}]",
    "models/a.sql": "select 1",
  };
  const project = readProject(files);
  expect(problemsOf(project)).toEqual([]);
  expect(project.manifest.exposures.get("exposure.shop.board")).toMatchObject({
    fqn: ["shop", "board"],
    tags: ["t"],
    url: "u",
    depends_on: { nodes: ["source.shop.raw.x", "model.shop.a"] },
  });
  expect(project.manifest.childMap.get("model.shop.a")).toEqual(["exposure.shop.board"]);
  expect(
    problemsOf(readProject({ "models/e.yml": "exposures: [{name: b, type: x, owner: {}, depends_on: [films]}]" })),
  ).toEqual(["models/e.yml:1:56: 'films': expected ref('name') or source('source', 'table')"]);
});

describe("docs blocks", () => {
  const files = {
    "models/docs.md": "# Words\n{% docs film %}\nA *film*.\n{% enddocs %}\n{% docs __overview__ %}hello{% enddocs %}",
    "models/a.sql": "select 1",
    "models/a.yml": `models: [{name: a, description: "{{ doc('film') }} is it", columns: [{name: id, description: "{{ doc('shop', 'film') }}"}]}]`,
  };

  test("stand in descriptions", () => {
    const project = readProject(files);
    expect(
      [...project.manifest.docs.values()].map(({ unique_id, block_contents }) => [unique_id, block_contents]),
    ).toEqual([
      ["doc.shop.film", "A *film*."],
      ["doc.shop.__overview__", "hello"],
    ]);
    expect(nodeOf(project, "a")).toMatchObject({
      description: "A *film*. is it",
      doc_blocks: ["doc.shop.film"],
      columns: { id: { description: "A *film*.", doc_blocks: ["doc.shop.film"] } },
      patch_path: "shop://models/a.yml",
    });
  });

  test("that are not there are a problem", () => {
    const wrong = { ...files, "models/a.yml": `models:\n  - name: a\n    description: "{{ doc('flim') }}"` };
    expect(problemsOf(readProject(wrong))).toEqual([
      "models/a.yml:3:18: description: doc(): there is no docs block 'flim'; did you mean 'film'?",
    ]);
  });
});

describe("a unit test", () => {
  const read = (test: string, more: Readonly<Record<string, string>> = {}) =>
    readProject({
      "models/a.sql": "select * from {{ ref('b') }}",
      "models/b.sql": "select 1",
      "models/inc.sql": "{% if is_incremental() %}{% endif %} select 1",
      "models/deep/u.yml": `unit_tests:\n  - ${test.replaceAll("\n", "\n    ")}`,
      "seeds/codes.csv": "id,name\n1,x\n",
      "tests/fixtures/rows.csv": 'id,name\n,\n1,"a, b"\n',
      ...more,
    });
  const only = (test: string) => {
    const project = read(test);
    expect(problemsOf(project)).toEqual([]);
    return project.manifest.unitTests.values().next().value;
  };

  test("with rows as maps", () => {
    expect(
      only(
        "name: adds\nmodel: a\ngiven: [{input: ref('b'), rows: [{x: null}, {x: 1}]}]\nexpect: {rows: [{x: 2}]}\noverrides: {vars: {v: 1}}\nconfig: {tags: t}",
      ),
    ).toMatchObject({
      unique_id: "unit_test.shop.a.adds",
      fqn: ["shop", "deep", "a", "adds"],
      given: [{ input: "ref('b')", rows: [{ x: 1n }, { x: null }], format: "dict", fixture: null }],
      expect: { rows: [{ x: 2n }] },
      overrides: { macros: {}, vars: { v: 1n }, env_vars: {} },
      config: { tags: ["t"], enabled: true },
      depends_on: { nodes: ["model.shop.a"] },
    });
  });

  test.each([
    [
      "CSV",
      'format: csv, rows: "id,name\\n1,x\\n2,\\n"',
      [
        { id: "1", name: "x" },
        { id: "2", name: null },
      ],
    ],
    [
      "a fixture",
      "format: csv, fixture: rows",
      [
        { id: "1", name: "a, b" },
        { id: null, name: null },
      ],
    ],
    ["SQL", "format: sql, rows: select 1 as id", "select 1 as id"],
    ["a seed", "x: y", [{ id: "1", name: "x" }]],
  ])("with rows of %s", (_, rows, expected) => {
    const found = only(`name: t\nmodel: a\ngiven: [{input: ref('codes'), ${rows}}]\nexpect: {rows: []}`);
    expect(found?.given[0]?.rows).toEqual(expected);
  });

  test("of a versioned model is one for each version that it wants", () => {
    const versions = {
      "models/v_v1.sql": "select 1",
      "models/v_v2.sql": "select 1",
      "models/v.yml": "models: [{name: v, versions: [{v: 1}, {v: 2}]}]",
    };
    const ids = (filter: string) => [
      ...read(`name: t\nmodel: v\ngiven: []\nexpect: {rows: []}${filter}`, versions).manifest.unitTests.keys(),
    ];
    expect(ids("")).toEqual(["unit_test.shop.v.t_v1", "unit_test.shop.v.t_v2"]);
    expect(ids("\nversions: {include: [2]}")).toEqual(["unit_test.shop.v.t_v2"]);
    expect(ids("\nversions: {exclude: [2]}")).toEqual(["unit_test.shop.v.t_v1"]);
  });

  test("of a disabled model is disabled", () => {
    const { manifest } = read("name: t\nmodel: a\ngiven: []\nexpect: {rows: []}", {
      "models/a.sql": "{{ config(enabled=false) }}",
    });
    expect([[...manifest.unitTests.keys()], manifest.disabled.has("unit_test.shop.a.t")]).toEqual([[], true]);
  });

  test.each([
    ["model: c\ngiven: []\nexpect: {rows: []}", "unit test 't': there is no model 'c'"],
    [
      "model: a\ngiven: [{input: ref('b'), format: xml}]\nexpect: {rows: []}",
      "unit test 't': format: expected dict, csv or sql, found 'xml'",
    ],
    [
      "model: a\ngiven: [{input: ref('b'), format: csv, fixture: none}]\nexpect: {rows: []}",
      "unit test 't': there is no file none.csv below the fixtures folder of the tests",
    ],
    ["model: a\ngiven: []", "unit test 't': expected rows under 'expect'"],
    ["model: a\ngiven: []\nexpect: {rows: text}", "unit test 't': rows: expected a list of maps"],
    [
      "model: inc\ngiven: []\nexpect: {rows: []}",
      "unit test 't': the model is incremental, expected true or false under overrides.macros.is_incremental",
    ],
    [
      "model: inc\ngiven: []\nexpect: {rows: []}\noverrides: {macros: {is_incremental: true}}",
      "unit test 't': expected rows for the input 'this', which is_incremental: true reads",
    ],
  ])("%j is a problem", (test, message) => {
    expect(read(`name: t\n${test}`).problems.map((problem) => problem.message)).toEqual([
      expect.stringContaining(message),
    ]);
  });
});

test("a contract is what the columns say", () => {
  const project = readProject({
    "models/a.sql": "select 1",
    "models/a.yml":
      "models: [{name: a, config: {contract: {enforced: true}}, constraints: [{type: primary_key, columns: [id]}], columns: [{name: id, data_type: int, constraints: [{type: not_null}]}]}]",
  });
  expect(nodeOf(project, "a")).toMatchObject({
    contract: { enforced: true, alias_types: true, checksum: expect.stringMatching(/^[0-9a-f]{64}$/) },
    constraints: [
      {
        type: "primary_key",
        columns: ["id"],
        name: null,
        expression: null,
        warn_unenforced: true,
        warn_unsupported: true,
        to: null,
        to_columns: [],
      },
    ],
    columns: { id: { data_type: "int", constraints: [{ type: "not_null", warn_unenforced: true }] } },
  });
});

test("a node that two files describe is a problem", () => {
  const files = {
    "models/a.sql": "select 1",
    "models/x.yml": "models: [{name: a}]",
    "models/y.yml": "models:\n  - name: a",
  };
  expect(problemsOf(readProject(files))).toEqual([
    "models/y.yml:2:5: 'a' is described in models/x.yml:1:10 already: put both into one entry",
  ]);
});

test("a node that is described and not there is left alone", () => {
  expect(
    problemsOf(readProject({ "models/x.yml": "models: [{name: a, columns: [{name: b, tests: [unique]}]}]" })),
  ).toEqual([]);
});
