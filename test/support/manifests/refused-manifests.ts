import { manifest, pipeline, type RefusedManifest, refused } from "./refused-manifest.ts";
import { REFUSED_PARAMS } from "./refused-params.ts";
import { REFUSED_PODS } from "./refused-pods.ts";
import { REFUSED_SCHEDULES } from "./refused-schedules.ts";
import { refusedSources } from "./refused-sources.ts";

const LOAD = "load: {from: {connection: source, tables: [films]}, to: {connection: warehouse, schema: raw}}";
const FILES = "load: {from: {connection: source, files: {films: films.csv}}, to: {connection: warehouse, schema: raw}}";

const VERB = "exactly one of extract, load, transform, test, container must be set";
const CHECK =
  "exactly one of rowCount, notNull, nullRatio, unique, acceptedValues, relationships, freshness, value, columns, distribution, sql must be set";
const KEY = "a key has at most 40 characters and the shape ^[a-z]([-a-z0-9]*[a-z0-9])?$";
const MODEL = "connection: warehouse, schema: a";
const test = (check: string) => pipeline(`nodes: {q: {test: {connection: warehouse, checks: [${check}]}}}`);

const extract = (to: string) =>
  pipeline(`nodes: {x: {extract: {from: {connection: source, tables: [films]}, to: ${to}}}}`);

const PIPELINES: readonly RefusedManifest[] = [
  refused("two verbs", pipeline(`nodes: {raw: {${LOAD}, container: {args: [x]}}}`), `spec.nodes[raw]: ${VERB}`),
  refused("no verb", pipeline("nodes: {raw: {timeout: 5m}}"), `spec.nodes[raw]: ${VERB}`),
  refused(
    "a misspelt field",
    pipeline("nodes: {raw: {container: {arg: [x]}}}"),
    "spec.nodes[raw].container.arg: unknown field arg",
    'unknown field "spec.nodes.raw.container.arg"',
  ),
  refused(
    "a node's name in capitals",
    pipeline(`nodes: {Raw: {${LOAD}}}`),
    "spec.nodes[Raw]: ",
    `spec.nodes: Invalid value: "object": ${KEY}`,
  ),
  refused(
    "a need that is no node",
    pipeline(`nodes: {raw: {${LOAD}, needs: [row]}}`),
    "spec.nodes[raw].needs[0]: no node is called row; there are raw",
    'spec: Invalid value: "object": needs must name other nodes of this pipeline; look at node raw',
  ),
  refused(
    "a node that needs itself",
    pipeline(`nodes: {a: {container: {}}, raw: {${LOAD}, needs: [a, raw]}}`),
    "spec.nodes[raw].needs[1]: a node cannot need itself",
    'spec: Invalid value: "object": needs must name other nodes of this pipeline; look at node raw',
  ),
  refused("no node at all", pipeline("nodes: {}"), "spec: at least one node is needed"),
  refused("no list of nodes", pipeline("suspend: true"), "spec.nodes: ", "spec.nodes: Required value"),
  refused(
    "a duration in words",
    pipeline(`timeout: 5 minutes, nodes: {raw: {${LOAD}}}`),
    "spec.timeout: ",
    'spec.timeout: Invalid value: "5 minutes"',
  ),
  refused(
    "more retries than any system bears",
    pipeline(`retries: {limit: 100}, nodes: {raw: {${LOAD}}}`),
    "spec.retries.limit: ",
    "spec.retries.limit in body should be less than or equal to 20",
  ),
  {
    title: "a name that does not fit into a label",
    manifest: pipeline(`nodes: {raw: {${LOAD}}}`, "f".repeat(64)),
    server: "the name of a Pipeline has at most 63 characters, because its runs carry it as a label",
  },
];

const VERBS: readonly RefusedManifest[] = [
  ...["extract.from", "extract.to", "load.from", "load.to", "transform", "test"].map(unknownConnection),
  refused(
    "an extract to nowhere",
    extract("{}"),
    "spec.nodes[x].extract.to: exactly one of directory, connection must be set",
  ),
  refused(
    "an extract to the root of a bucket",
    extract("{connection: source}"),
    "spec.nodes[x].extract.to: connection needs prefix or key, and a directory has neither",
  ),
  refused(
    "a prefix that is no folder",
    extract("{connection: source, prefix: raw}"),
    "spec.nodes[x].extract.to.prefix: ",
    'spec.nodes.x.extract.to.prefix: Invalid value: "raw"',
  ),
  refused(
    "tables that go to one key",
    extract("{connection: source, key: raw/films.csv}"),
    "spec.nodes[x].extract: from.http goes to to.key, and tables go to a directory or a prefix",
  ),
  refused(
    "a load without tables",
    pipeline(`nodes: {raw: {${LOAD.replace("films", "")}}}`),
    "spec.nodes[raw].load.from.tables: ",
    "spec.nodes.raw.load.from.tables in body should have at least 1 items",
  ),
  refused(
    "a load of tables and of a query",
    pipeline(
      `nodes: {raw: {${LOAD.replace("[films]", "[films], query: select 1").replace("raw}", "raw, table: t}")}}}`,
    ),
    "spec.nodes[raw].load.from: exactly one of tables, query, files, node, http must be set; found tables and query",
    'spec.nodes[raw].load.from: Invalid value: "object": exactly one of tables, query, files, node, http must be set',
  ),
  refused(
    "options of files without files",
    pipeline(`nodes: {raw: {${LOAD.replace("raw}", "raw}, columns: {films: {id: int}}")}}}`),
    "spec.nodes[raw].load: columns, rename and rejects are for files and HTTP APIs: set from.files",
  ),
  refused(
    "rejects without a limit",
    pipeline(`nodes: {raw: {${FILES.replace("raw}", "raw}, rejects: {}")}}}`),
    "spec.nodes[raw].load.rejects: rejects needs max or percent",
  ),
  refused(
    "a percentage above all",
    pipeline(`nodes: {raw: {${FILES.replace("raw}", "raw}, rejects: {percent: 101%}")}}}`),
    "spec.nodes[raw].load.rejects.percent: expected a percentage from 0% to 100% such as 5% or 0.1%",
    "spec.nodes.raw.load.rejects.percent in body should match",
  ),
  refused(
    "a fan-out of tables",
    pipeline(`nodes: {raw: {${LOAD.replace("raw}", "raw}, fanOut: {pods: 2}")}}}`),
    "spec.nodes[raw].load: fanOut deals out files: set from.files or from.node; large tables are read by several readers with from.parallel",
  ),
  refused(
    "more pods at once than there are",
    pipeline(`nodes: {raw: {${FILES.replace("raw}", "raw}, fanOut: {pods: 2, parallel: 3}")}}}`),
    "spec.nodes[raw].load.fanOut: parallel cannot be more than pods",
  ),
  refused(
    "a format of nothing",
    pipeline(`nodes: {raw: {${LOAD.replace("[films]", "[films], format: {csv: {}}")}}}`),
    "spec.nodes[raw].load.from: format says how files are written and needs files",
  ),
  refused(
    "one word for NULL beside several",
    pipeline(`nodes: {raw: {${FILES.replace("films.csv}", "films.csv}, format: {csv: {'null': x, nulls: [y]}}")}}}`),
    "spec.nodes[raw].load.from.format.csv: set null or nulls, not both",
  ),
  refused(
    "one character for delimiter and quote",
    pipeline(`nodes: {raw: {${FILES.replace("films.csv}", `films.csv}, format: {csv: {delimiter: '"'}}`)}}}`),
    "spec.nodes[raw].load.from.format.csv: delimiter and quote must be two characters",
  ),
  refused(
    "names for the columns of files that have a header",
    pipeline(`nodes: {raw: {${FILES.replace("films.csv}", "films.csv}, format: {csv: {columns: [a]}}")}}}`),
    "spec.nodes[raw].load.from.format.csv: columns are for files without a header: set header: false",
  ),
  refused(
    "a cleanup of what no extract has written",
    pipeline(`nodes: {raw: {${FILES.replace("films.csv}", "films.csv}, cleanup: files")}}}`),
    "spec.nodes[raw].load.from: cleanup removes what an extract has written and needs node",
  ),
  refused(
    "only new files where the table is replaced",
    pipeline(`nodes: {raw: {${FILES.replace("raw}", "raw}, onlyNew: true")}}}`),
    "spec.nodes[raw].load: onlyNew needs a mode that keeps the rows of files loaded before: append, merge or deleteInsert",
  ),
  refused(
    "a type that is none",
    pipeline(`nodes: {raw: {${FILES.replace("raw}", "raw}, columns: {films: {id: 'int; DROP TABLE x'}}")}}}`),
    "spec.nodes[raw].load.columns.films.id: expected a type such as",
    "spec.nodes.raw.load.columns.films.id: Invalid value",
  ),
  refused(
    "a cursor in a mode that forgets the other rows",
    pipeline(`nodes: {raw: {${LOAD.replace("[films]", "[films], cursor: {column: id}")}}}`),
    "spec.nodes[raw].load: a cursor reads a part of the rows and needs a mode that keeps the others: append or merge",
  ),
  refused(
    "a query in parts",
    pipeline(
      `nodes: {raw: {${LOAD.replace("tables: [films]", "query: select 1, parallel: 4").replace("raw}", "raw, table: t}")}}}`,
    ),
    "spec.nodes[raw].load.from: parallel is for tables: a query and files are read as one",
  ),
  refused(
    "a query that goes nowhere",
    pipeline(`nodes: {raw: {${LOAD.replace("tables: [films]", "query: select 1")}}}`),
    "spec.nodes[raw].load: a query and an HTTP API need to.table, and tables keep their own names",
  ),
  refused(
    "tables under another name",
    pipeline(`nodes: {raw: {${LOAD.replace("raw}", "raw, table: t}")}}}`),
    "spec.nodes[raw].load: a query and an HTTP API need to.table, and tables keep their own names",
  ),
  refused(
    "a mode that does not exist",
    pipeline(`nodes: {raw: {${LOAD.replace("raw}", "raw}, mode: upsert")}}}`),
    "spec.nodes[raw].load.mode: ",
    'spec.nodes.raw.load.mode: Unsupported value: "upsert": supported values: "replace", "truncate", "append", "merge", "deleteInsert"',
  ),
  refused(
    "a merge without a key",
    pipeline(`nodes: {raw: {${LOAD.replace("raw}", "raw}, mode: merge")}}}`),
    "spec.nodes[raw].load: merge needs key, deleteInsert needs either key or range, and no other mode takes one of them",
  ),
  refused(
    "a key that nothing is matched by",
    pipeline(`nodes: {raw: {${LOAD.replace("raw}", "raw}, key: [film_id]")}}}`),
    "spec.nodes[raw].load: merge needs key, deleteInsert needs either key or range, and no other mode takes one of them",
  ),
  refused(
    "both a key and a range",
    pipeline(
      `nodes: {raw: {${LOAD.replace("raw}", "raw}, mode: deleteInsert, key: [id], range: {column: day, from: 2026-11-01}")}}}`,
    ),
    "spec.nodes[raw].load: merge needs key, deleteInsert needs either key or range, and no other mode takes one of them",
  ),
  refused(
    "a range without an end",
    pipeline(`nodes: {raw: {${LOAD.replace("raw}", "raw}, mode: deleteInsert, range: {column: day}")}}}`),
    "spec.nodes[raw].load.range: a range needs from, to, or both; to replace the whole table use mode replace or truncate",
  ),
  refused(
    "a range of files of which only the new ones are loaded",
    pipeline(
      `nodes: {raw: {${FILES.replace("raw}", "raw}, mode: deleteInsert, onlyNew: true, range: {column: day, from: 2026-11-01}")}}}`,
    ),
    "spec.nodes[raw].load: a range is replaced as a whole, and onlyNew leaves files out that it may have come from: use key, or load all files",
  ),
  refused(
    "a range from a day that nobody can tell",
    pipeline(
      `nodes: {raw: {${LOAD.replace("raw}", "raw}, mode: deleteInsert, range: {column: day, from: yesterday}")}}}`,
    ),
    "spec.nodes[raw].load.range.from: expected a number, a date such as 2026-11-01",
    "spec.nodes.raw.load.range.from: Invalid value",
  ),
  refused(
    "a selector beside a selection",
    pipeline(
      `nodes: {m: {transform: {${MODEL}, project: {configMap: m}, command: build, selector: nightly, select: [films]}}}`,
    ),
    "spec.nodes[m].transform: selector stands in place of select and exclude",
  ),
  refused(
    "a transform without a project",
    pipeline(`nodes: {m: {transform: {${MODEL}, project: {}}}}`),
    "spec.nodes[m].transform.project: exactly one of configMap, configMaps, persistentVolumeClaim, image, git must be set",
  ),
  refused(
    "a transform with a project of two sources",
    pipeline(`nodes: {m: {transform: {${MODEL}, project: {configMap: m, configMaps: [m]}}}}`),
    "spec.nodes[m].transform.project: exactly one of configMap, configMaps, persistentVolumeClaim, image, git must be set; found configMap and configMaps",
    'spec.nodes[m].transform.project: Invalid value: "object": exactly one of configMap, configMaps, persistentVolumeClaim, image, git must be set',
  ),
  refused(
    "a git project by a protocol that shows its credentials",
    pipeline(`nodes: {m: {transform: {${MODEL}, command: build, project: {git: {url: "http://git.example/m.git"}}}}}`),
    "spec.nodes[m].transform.project.git.url: expected https://HOST/PATH or ssh://USER@HOST/PATH",
    'spec.nodes.m.transform.project.git.url: Invalid value: "http://git.example/m.git"',
  ),
  refused(
    "a git project by ssh without a key",
    pipeline(
      `nodes: {m: {transform: {${MODEL}, command: build, project: {git: {url: "ssh://git@git.example/m.git"}}}}}`,
    ),
    "spec.nodes[m].transform.project.git: a repository by ssh needs secretRef: its Secret has the key and the known hosts",
  ),
  refused(
    "docs without a place for its page",
    pipeline(`nodes: {m: {transform: {${MODEL}, project: {configMap: m}, command: docs}}}`),
    "spec.nodes[m].transform: artifacts is missing: command: docs needs a bucket and a prefix for its page",
  ),
  refused(
    "a check of two kinds",
    test("{table: t, unique: [a], notNull: [a]}"),
    `spec.nodes[q].test.checks[0]: ${CHECK}`,
  ),
  refused(
    "a check without a table",
    test("{unique: [a]}"),
    "spec.nodes[q].test.checks[0]: table must be set (only a check with sql or value goes without)",
  ),
];

const OTHERS: readonly RefusedManifest[] = [
  refused(
    "a connection of two kinds",
    manifest("Pipeline", "{connections: {w: {ref: a, postgres: {}}}, nodes: {a: {container: {args: [x]}}}}"),
    "spec.connections[w]: exactly one of ref, postgres, redshift, snowflake, s3, http, files must be set",
  ),
  refused(
    "a Secret's name with an empty part",
    manifest("Connection", "{postgres: {secretRef: films..source}}"),
    "spec.postgres.secretRef: expected the name of an object",
    'spec.postgres.secretRef: Invalid value: "films..source"',
  ),
  refused(
    "files in two volumes",
    manifest("Connection", "{files: {configMap: a, persistentVolumeClaim: b}}"),
    "spec.files: exactly one of configMap, persistentVolumeClaim must be set",
  ),
  refused(
    "a connection of no kind",
    manifest("Connection", "{}"),
    "spec: exactly one of postgres, redshift, snowflake, s3, http, files must be set",
  ),
  refused(
    "a bucket's name in capitals",
    manifest("Connection", "{s3: {bucket: Lake}}"),
    "spec.s3.bucket: ",
    'spec.s3.bucket: Invalid value: "Lake"',
  ),
  refused(
    "credentials of an API without a Secret",
    manifest("Connection", '{http: {baseUrl: "https://api.example.org", auth: {bearer: {}}}}'),
    "spec.http: auth and secretRef go together",
  ),
  refused(
    "a secret in a header",
    manifest("Connection", '{http: {baseUrl: "https://a.example", headers: [{name: Authorization, value: x}]}}'),
    "spec.http.headers[0]: headers that carry secrets come from auth and secretRef, and those of the connection itself are set by kelt",
  ),
  refused(
    "an endpoint with a password in it",
    manifest("Connection", '{s3: {bucket: lake, endpoint: "http://a:b@minio:9000"}}'),
    "spec.s3.endpoint: ",
    'spec.s3.endpoint: Invalid value: "http://a:b@minio:9000"',
  ),
  refused(
    "a bucket with keys and a role",
    manifest("Connection", "{s3: {bucket: lake, secretRef: keys, serviceAccountName: lake-reader}}"),
    "spec.s3: secretRef gives keys and serviceAccountName a role; set one of them",
  ),
  refused(
    "a password in a manifest",
    manifest("Connection", "{postgres: {host: db, password: x}}"),
    "spec.postgres.password: unknown field password",
    'unknown field "spec.postgres.password"',
  ),
  refused("a run of no pipeline", manifest("PipelineRun", "{}"), "spec.pipeline: ", "spec.pipeline: Required value"),
  refused(
    "a run that is given no time",
    manifest("PipelineRun", "{pipeline: films, timeout: 0m}"),
    'spec.timeout: expected a duration above 0, such as 90s, 5m or 1h30m, found "0m"',
    'spec.timeout: Invalid value: "0m"',
  ),
  refused(
    "a run of something that cannot be a pipeline's name",
    manifest("PipelineRun", "{pipeline: Films!}"),
    "spec.pipeline: ",
    'spec.pipeline: Invalid value: "Films!"',
  ),
];

/** A node that names connection `nowhere` at `place` and real ones elsewhere. */
function unknownConnection(place: string): RefusedManifest {
  const source = (own: string) => (own === place ? "nowhere" : "source");
  const nodes: Readonly<Record<string, string>> = {
    extract: `{from: {connection: ${source("extract.from")}, tables: [t]}, to: ${place === "extract.to" ? "{connection: nowhere, prefix: raw/}" : "{directory: out}"}}`,
    load: `{from: {connection: ${source("load.from")}, tables: [t]}, to: {connection: ${source("load.to")}, schema: raw}}`,
    transform: `{connection: ${source("transform")}, schema: a, project: {configMap: m}}`,
    test: `{connection: ${source("test")}, checks: [{sql: select 1}]}`,
  };
  const [verb = ""] = place.split(".");
  return refused(
    `a connection that is not there, at ${place}`,
    pipeline(`nodes: {n: {${verb}: ${nodes[verb]}}}`),
    `spec.nodes[n].${place}.connection: no connection is called nowhere; there are source, warehouse`,
    `spec.nodes: Invalid value: "object": ${place}.connection must name an entry of spec.connections; look at node n`,
  );
}

export const REFUSED_MANIFESTS: readonly RefusedManifest[] = [
  ...PIPELINES,
  ...REFUSED_SCHEDULES,
  ...REFUSED_PARAMS,
  ...VERBS,
  ...OTHERS,
  {
    title: "a bucket on the way that is not there",
    manifest: pipeline(
      "nodes: {n: {load: {from: {connection: source, tables: [t]}, to: {connection: warehouse, schema: raw, via: nowhere}}}}",
    ),
    server: 'spec.nodes: Invalid value: "object": load.to.via must name an entry of spec.connections; look at node n',
  },
  ...REFUSED_PODS,
  ...refusedSources(refused, pipeline, LOAD),
];
