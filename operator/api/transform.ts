import { Artifacts } from "./dbt-artifacts.ts";
import { Vars } from "./dbt-vars.ts";
import { flag, integer, list, object, oneOf, text } from "./fields.ts";
import { connectionKey, schemaName } from "./names.ts";
import { FOLDER_SOURCES, ProjectSource } from "./project-source.ts";

/** What dbt does with a project; the verbs of its command line. */
export const DBT_COMMANDS = ["build", "run", "test", "seed", "snapshot", "compile", "freshness"] as const;

const selector = text("Nodes in the words of dbt's selectors, such as `staging`, `tag:daily` or `+fact_sales+`.", {
  max: 1024,
});

const DBT_FIELDS = [
  "select",
  "exclude",
  "selector",
  "target",
  "threads",
  "fullRefresh",
  "failFast",
  "storeFailures",
  "artifacts",
];

export const Transform = object(
  "Builds the models of a dbt project, in the order of their references.",
  {
    connection: connectionKey,
    schema: schemaName("Schema in which the models are built. It is created if it is missing."),
    project: ProjectSource,
    vars: Vars.optional(),
    command: oneOf(
      "What to do with the project, by dbt's own macros: `build` takes seeds, models, snapshots and tests in the order of the graph, and a failing test of severity error stops what is downstream of it; `run`, `test`, `seed` and `snapshot` take what their name says. `compile` renders every node and runs none; `freshness` (dbt's `source freshness`) asks how old the rows of sources are and fails where one is past its `error_after`. Without it, models alone are built, by kelt's own materializations and without tests, seeds, snapshots and packages.",
      DBT_COMMANDS,
    ).optional(),
    select: list(
      "Nodes of the project to take; all by default. Entries are united; parts of an entry with commas between them are intersected.",
      selector,
      { max: 64 },
    ).optional(),
    exclude: list("Nodes of the project to leave out.", selector, { max: 64 }).optional(),
    selector: text(
      "A selector of the project's selectors.yml, in place of select and exclude. Without any of the three the project's default selector counts, if it has one.",
      { max: 256 },
    ).optional(),
    target: text("`target.name` in templates. The connection's name by default.", { max: 63 }).optional(),
    threads: integer("Nodes of the project that are built at once, each in a session of its own. 4 by default.", {
      min: 1,
      max: 16,
    }).optional(),
    fullRefresh: flag("Builds incremental models and seeds anew.").optional(),
    failFast: flag(
      "The first failure ends the command: nodes at work are finished, and no other one begins.",
    ).optional(),
    storeFailures: flag("Keeps the rows that break a test in a table, as dbt does with --store-failures.").optional(),
    artifacts: Artifacts.optional(),
  },
  [
    {
      rule: `has(self.command) || !(${DBT_FIELDS.map((field) => `has(self.${field})`).join(" || ")})`,
      message: `${DBT_FIELDS.slice(0, -1).join(", ")} and ${DBT_FIELDS.at(-1)} need command: it says what dbt does`,
      holds: (value) => value.command !== undefined || DBT_FIELDS.every((field) => value[field] === undefined),
    },
    {
      rule: "!has(self.selector) || !(has(self.select) || has(self.exclude))",
      message: "selector stands in place of select and exclude: name what it leaves out in selectors.yml",
      holds: (value) => value.selector === undefined || (value.select === undefined && value.exclude === undefined),
    },
    {
      rule: `has(self.command) || !(${FOLDER_SOURCES.map((source) => `has(self.project.${source})`).join(" || ")})`,
      message: `a project of ${FOLDER_SOURCES.slice(0, -1).join(", ")} or ${FOLDER_SOURCES.at(-1)} needs command: it says what dbt does`,
      holds: ({ command, project }) =>
        command !== undefined || FOLDER_SOURCES.every((source) => (project as ProjectSource)[source] === undefined),
    },
  ],
);
