import type { z } from "zod";
import { list, object, text } from "./fields.ts";

const PREFIX = { max: 512, pattern: /^[^/\s*?][^\s*?]*\/$/, expected: "expected a prefix such as dbt/shop/" };

/** Where a transform node leaves what dbt leaves in `target/`. */
export const Artifacts = object(
  "Where the node leaves dbt's artifacts: manifest.json, and run_results.json or sources.json, also when nodes of the project fail; with command: compile also the compiled SQL, with command: docs catalog.json and index.html, a page that needs nothing else. `state:` and `result:` in selections read them back.",
  {
    connection: text("Name of an entry of spec.connections: a bucket.", { max: 40 }),
    prefix: text(
      "Beginning of the objects' keys, with its last slash. Each node has one of its own, but for command: docs, which takes that of the node that builds the models: its page shows the results that lie there, and it leaves them as they are. The latest artifacts are `<prefix>manifest.json` and so on; those of the latest success, which `state:` compares with, are below `<prefix>succeeded/`.",
      PREFIX,
    ),
    resultsFrom: list(
      "Prefixes of other nodes in the same bucket whose results the page of command: docs shows too, such as that of a node with command: freshness. The later of two results of one test counts.",
      text("A prefix with its last slash.", PREFIX),
      { max: 8 },
    ).optional(),
  },
);
export type Artifacts = z.infer<typeof Artifacts>;
