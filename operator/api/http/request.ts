import type { z } from "zod";
import { type CelRule, flag, integer, list, object, oneOf, text } from "../fields.ts";
import { jsonPath, Paging } from "./paging.ts";

/** What a request may say wherever it is made. */
const REQUEST = {
  path: text("Path below the connection's baseUrl.", { max: 2048, min: 0, pattern: /^[^?#\s]*$/ }).default(""),
  method: oneOf("Method of the request. A POST must be safe to repeat.", ["GET", "POST"]).default("GET"),
  query: list(
    "Parameters of the query.",
    object("A parameter of the query.", {
      name: text("Name of the parameter.", { max: 128 }),
      value: text("Its value.", { max: 2048, min: 0 }),
    }),
    { max: 64 },
  ).optional(),
  body: text("JSON text that a POST sends.", { max: 16_384 }).optional(),
  format: oneOf("Format of the answer.", ["json", "jsonl", "csv"]).default("json"),
  records: jsonPath(
    "Path of the list of records, such as `data.items`. Put a name with a dot in quotation marks. Without it the answer is the list.",
  ).optional(),
  single: flag("The answer, or the value at `records`, is one record instead of a list.").optional(),
  statuses: list(
    "Statuses of answers with records. 200 if it is missing.",
    integer("A status.", { min: 200, max: 299 }),
    { max: 8 },
  ).optional(),
  allowedFields: list(
    "Fields that an answer may have without having failed, such as `errors` of a GraphQL API that answers with what it could read, or `meta` that comes with the last page alone. A load fails on `error` and the like where the records should be or beside an empty list, on `errors` beside a list, on a field beside an empty list that no page before had, and on one line of CSV without a delimiter.",
    text("Name of a field, or of the one column of CSV.", { max: 128 }),
    { max: 32 },
  ).optional(),
  paging: Paging.optional(),
};

const RULES: readonly CelRule[] = [
  {
    rule: "self.format == 'json' || !(has(self.records) || has(self.paging) || has(self.single))",
    message: "records, single and paging need the format json",
    holds: ({ format, records, paging, single }) =>
      format === "json" || (records === undefined && paging === undefined && single === undefined),
  },
  {
    rule: "!has(self.single) || !self.single || !has(self.paging)",
    message: "one record has no pages: set single or paging",
    holds: ({ single, paging }) => single !== true || paging === undefined,
  },
  {
    rule: "!has(self.body) || self.method == 'POST'",
    message: "only a POST has a body",
    holds: ({ body, method }) => body === undefined || method === "POST",
  },
  {
    rule: "!has(self.paging) || !has(self.paging.place) || self.paging.place == 'query' || self.method == 'POST'",
    message: "paging.place: body needs the method POST",
    holds: ({ paging, method }) =>
      (paging as Partial<z.infer<typeof Paging>> | undefined)?.place !== "body" || method === "POST",
  },
];

export const HttpRequest = object("A request to an HTTP API, and what its answer holds.", REQUEST, RULES);

const HttpIncrement = object(
  "Reads only records that are new or changed since the last load, by a parameter of the request. How far each load came is kept in _kelt_cursors in the target's schema and moves with the rows; a target that was dropped is loaded from the beginning.",
  {
    parameter: text(
      "Query parameter that gets the largest value that has been loaded, as the API wrote it. The API must answer records of that value and of larger ones.",
      { max: 128 },
    ),
    field: jsonPath(
      "Path of the value in a record, as `updated_at`: numbers, times as in ISO 8601, or text that grows by its characters.",
    ),
    start: text("Value that the first load asks for. Without it the first load sends no parameter.", {
      max: 128,
    }).optional(),
  },
);

/** A request whose records go straight into a table. */
export const LoadedHttpRequest = object(
  "A request to an HTTP API. Its records are loaded directly.",
  {
    ...REQUEST,
    incremental: HttpIncrement.optional(),
    overlap: oneOf(
      "Records with the same key in a merge: pages that overlap have them. fail (default): nothing is published. last: the one that came last is kept.",
      ["fail", "last"],
    ).optional(),
  },
  [
    ...RULES,
    {
      rule: "!has(self.incremental) || self.format == 'json'",
      message: "incremental needs the format json",
      holds: ({ incremental, format }) => incremental === undefined || format === "json",
    },
  ],
);
