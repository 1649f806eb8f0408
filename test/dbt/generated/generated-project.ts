import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { stringify } from "yaml";
import { temporaryDirectory } from "../../support/machine/temporary-directory.ts";
import { readScenario, type Scenario } from "../harness/scenario.ts";
import { Draw } from "./draw.ts";
import { drawMacros } from "./draw-macros.ts";
import { drawModels } from "./draw-models.ts";
import { drawSeeds } from "./draw-seeds.ts";
import { drawSnapshots } from "./draw-snapshots.ts";
import { drawSources } from "./draw-sources.ts";
import type { Plan, Tree } from "./plan.ts";

/** The project of a seed, written into a folder of its own as those are that were written by hand. */
export function generatedScenario(seed: number, folder = temporaryDirectory(`dbt-seed-${seed}`)): Scenario {
  const plan = drawPlan(seed);
  for (const [path, text] of filesOf(plan, seed)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return readScenario(`seed-${seed}`, folder);
}

function drawPlan(seed: number): Plan {
  const plan: Plan = {
    draw: new Draw(seed),
    files: new Map(),
    inputs: [],
    settings: { models: {}, seeds: {}, snapshots: {}, data_tests: {}, sources: {} },
    volatile: new Set(["dbt_scd_id"]),
    before: ["CREATE SCHEMA log;", "CREATE TABLE log.said (what text);"],
    between: [],
  };
  drawMacros(plan);
  drawSources(plan);
  drawSeeds(plan);
  drawModels(plan);
  drawSnapshots(plan);
  drawSingularTests(plan);
  plan.files.set("dbt_project.yml", stringify(projectOf(plan)));
  return plan;
}

function drawSingularTests({ draw, files, inputs }: Plan): void {
  const settings = ["", "{{ config(severity='warn') }}\n", "{{ config(store_failures=true, limit=2) }}\n"];
  for (let index = 0; index < draw.below(3); index += 1) {
    const { call } = draw.one(inputs);
    files.set(`tests/single${index}.sql`, `${draw.one(settings)}select id from {{ ${call} }} where amount > 50\n`);
  }
}

function projectOf({ draw, settings }: Plan): Tree {
  const defaults: Tree = draw.one([
    {},
    { "+materialized": "table" },
    { "+schema": "{{ 'base' if target.name == 'prod' else none }}" },
  ]);
  const models = (settings.models.lab ?? {}) as Tree;
  settings.models.lab = { ...defaults, ...models };
  if (draw.chance(0.3))
    settings.data_tests.lab = draw.one([{ "+severity": "warn" }, { "+store_failures": true }, { "+limit": 5 }]);
  if (draw.chance(0.2)) settings.sources.lab = { "+tags": ["outside"] };
  return {
    name: "lab",
    version: "1.0.0",
    "config-version": 2,
    profile: "lab",
    ...Object.fromEntries(Object.entries(settings).filter(([, tree]) => Object.keys(tree).length > 0)),
    ...(draw.chance(0.3)
      ? { quoting: { database: draw.chance(0.5), ...(draw.chance(0.5) ? { schema: true } : {}), identifier: true } }
      : {}),
    ...(draw.chance(0.4)
      ? { "on-run-start": ["insert into log.said values ('start {{ target.name }} {{ var(\"step\", 1) }}')"] }
      : {}),
    ...(draw.chance(0.4)
      ? {
          "on-run-end": [
            "{% if execute %}insert into log.said values ('{{ results | length }} {{ schemas | sort | join(\",\") }}'){% endif %}",
          ],
        }
      : {}),
    vars: {
      factor: draw.one([2, 2.5, "3"]),
      since: "2024-01-10",
      least: 1,
      kinds: ["red", "blue"],
      sizes: { small: 1 },
    },
  };
}

function filesOf({ draw, files, volatile, before, between }: Plan, seed: number): Map<string, string> {
  const written = new Map<string, string>();
  for (const [path, text] of files) {
    const [, changed] = /^changes:(.*)$/.exec(path) ?? [];
    written.set(changed === undefined ? `project/${path}` : `changes/${changed}`, text);
  }
  written.set("before.sql", before.join("\n"));
  written.set("between.sql", between.join("\n"));
  const steps = [
    {},
    { vars: { step: 2 }, afterChanges: true },
    draw.chance(0.8)
      ? { vars: { step: 2 }, fullRefresh: true }
      : { command: "test", vars: { step: 2 }, storeFailures: true },
  ];
  const about = `Drawn from seed ${seed}.`;
  written.set("scenario.yaml", stringify({ about, target: draw.one(["dev", "prod"]), volatile: [...volatile], steps }));
  return written;
}
