import { Artifacts } from "./dbt-artifacts.ts";
import { Vars } from "./dbt-vars.ts";
import { flag, integer, list, object, oneOf, text } from "./fields.ts";
import { connectionKey, schemaName } from "./names.ts";
import { PACKINGS } from "./packing.ts";
import { Packages } from "./project-packages.ts";
import { ProjectSource } from "./project-source.ts";

/** What dbt does with a project; the verbs of its command line. */
export const DBT_COMMANDS = ["build", "run", "test", "seed", "snapshot", "compile", "freshness", "docs"] as const;

const selector = text("Nodes in the words of dbt's selectors, such as `staging`, `tag:daily` or `+fact_sales+`.", {
  max: 1024,
});

/** What can be packed into several Jobs: what these do has an order. */
const PACKED_COMMANDS: readonly string[] = ["build", "run", "test", "seed", "snapshot"];

export const Transform = object(
  "Runs a dbt project by dbt's own macros, in the order of its graph.",
  {
    connection: connectionKey,
    schema: schemaName("Schema in which the models are built. It is created if it is missing."),
    project: ProjectSource,
    packages: Packages.optional(),
    vars: Vars.optional(),
    command: oneOf(
      "What to do with the project, by dbt's own macros: `build` takes seeds, models, snapshots and tests in the order of the graph, and a failing test of severity error stops what is downstream of it; `run`, `test`, `seed` and `snapshot` take what their name says. `compile` renders every node and runs none; `freshness` (dbt's `source freshness`) asks how old the rows of sources are and fails where one is past its `error_after`; `docs` (dbt's `docs generate`) renders every node, asks the database for the columns of every relation, and writes catalog.json and a page, index.html, beside the artifacts.",
      DBT_COMMANDS,
    ).default("build"),
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
    packing: oneOf(
      "How the project is packed into Jobs: `run` is one for all of it, `level` one for each level of its graph, `model` one for each seed, model and snapshot with its tests right after it. With the last two a first Job reads the project, and no other Job fetches or reads it again; at most `threads` Jobs work at once, each with retries of its own, and exposures are left out. A project of more than 1,000 units is one Job.",
      PACKINGS,
    ).optional(),
  },
  [
    {
      rule: `!has(self.packing) || self.packing == 'run' || self.command in [${PACKED_COMMANDS.map((command) => `'${command}'`).join(", ")}]`,
      message: `packing level and model are for the commands ${PACKED_COMMANDS.slice(0, -1).join(", ")} and ${PACKED_COMMANDS.at(-1)}`,
      holds: ({ command, packing = "run" }) => packing === "run" || PACKED_COMMANDS.includes(String(command)),
    },
    {
      rule: "!has(self.command) || self.command != 'docs' || has(self.artifacts)",
      message:
        "artifacts is missing: command: docs needs a bucket and a prefix for its page, such as artifacts: {connection: lake, prefix: dbt/shop/}, the prefix of the node that builds the models",
      holds: ({ command, artifacts }) => command !== "docs" || artifacts !== undefined,
    },
    {
      rule: "!has(self.artifacts) || !has(self.artifacts.resultsFrom) || (has(self.command) && self.command == 'docs')",
      message: "artifacts.resultsFrom is for command: docs, whose page shows results: take it away",
      holds: ({ command, artifacts }) =>
        command === "docs" || (artifacts as Artifacts | undefined)?.resultsFrom === undefined,
    },
    {
      rule: "!has(self.selector) || !(has(self.select) || has(self.exclude))",
      message: "selector stands in place of select and exclude: name what it leaves out in selectors.yml",
      holds: (value) => value.selector === undefined || (value.select === undefined && value.exclude === undefined),
    },
  ],
);
