import { object, text } from "./fields.ts";

/** Where a transform node leaves what dbt leaves in `target/`. */
export const Artifacts = object(
  "Where the node leaves dbt's artifacts: manifest.json, and run_results.json or sources.json, also when nodes of the project fail; with command: compile also the compiled SQL. `state:` and `result:` in selections read them back.",
  {
    connection: text("Name of an entry of spec.connections: a bucket.", { max: 40 }),
    prefix: text(
      "Beginning of the objects' keys, with its last slash. Each node has one of its own. The latest artifacts are `<prefix>manifest.json` and so on; those of the latest success, which `state:` compares with, are below `<prefix>succeeded/`.",
      { max: 512, pattern: /^[^/\s*?][^\s*?]*\/$/, expected: "expected a prefix such as dbt/shop/" },
    ),
  },
);
