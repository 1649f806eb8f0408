import type { z } from "zod";
import { type CelRule, exactlyOne, integer, list, object, oneOf, text } from "./fields.ts";
import { HEADER_NAME } from "./http-connection.ts";

const Page = object("The number of a page in a query parameter.", {
  param: text("The parameter.", { max: 128 }),
  start: integer("Number of the first page.", { min: 0, max: 1_000_000 }).default(1),
  sizeParam: text("Parameter for the number of records in a page.", { max: 128 }).optional(),
  size: integer("Number of records in a page.", { min: 1, max: 1_000_000 }).optional(),
});

const Offset = object("The number of records to skip, in a query parameter.", {
  param: text("The parameter.", { max: 128 }),
  limitParam: text("Parameter for the number of records in a page.", { max: 128 }),
  limit: integer("Number of records in a page.", { min: 1, max: 1_000_000 }),
});

const Cursor = object("A value of one answer is the query parameter of the next request.", {
  param: text("The parameter.", { max: 128 }),
  field: text("Path of the value, as `meta.next`. The last page has none, or null, or an empty text.", { max: 256 }),
});

const Total = object(
  "Where each answer says how many records there are in all pages. When the last page has come, as many must have come: an API that drops or repeats a page is found out.",
  {
    field: text("Path of the number in the answer, as `meta.total`.", { max: 256 }).optional(),
    header: text("Name of the header with the number, as `X-Total-Count`.", {
      max: 64,
      pattern: HEADER_NAME,
    }).optional(),
  },
  [exactlyOne(["field", "header"])],
);

const Paging = object(
  "How the answer goes on in further pages. By page and by offset, the first page without records is the last one.",
  {
    page: Page.optional(),
    offset: Offset.optional(),
    cursor: Cursor.optional(),
    link: object("The URL of the next page is the header Link with rel=next (RFC 8288).", {}).optional(),
    place: oneOf(
      "Where the parameters of pages go. query, which is what a missing field means: into the URL. body: they are members of the JSON object that a POST sends, numbers as numbers.",
      ["query", "body"],
    ).optional(),
    total: Total.optional(),
    maxPages: integer("An API that gives more pages than these fails the node.", { min: 1, max: 100_000 }).default(
      10_000,
    ),
  },
  [exactlyOne(["page", "offset", "cursor", "link"])],
);

type Paging = z.infer<typeof Paging>;

/** What a request may say wherever it is made. */
const REQUEST = {
  path: text("Path below the connection's baseUrl.", { max: 2048, min: 0, pattern: /^[^?#\s]*$/ }).default(""),
  method: oneOf("Method of the request. POST must be one that may be repeated.", ["GET", "POST"]).default("GET"),
  query: list(
    "Parameters of the query.",
    object("A parameter of the query.", {
      name: text("Name of the parameter.", { max: 128 }),
      value: text("Its value.", { max: 2048, min: 0 }),
    }),
    { max: 64 },
  ).optional(),
  body: text("JSON text that a POST sends.", { max: 16_384 }).optional(),
  format: oneOf("What the answer is.", ["json", "jsonl", "csv"]).default("json"),
  records: text("Path of the list of records in the answer, as `data.items`. Without it the answer is the list.", {
    max: 256,
  }).optional(),
  paging: Paging.optional(),
};

const RULES: readonly CelRule[] = [
  {
    rule: "self.format == 'json' || !(has(self.records) || has(self.paging))",
    message: "records and paging need the format json",
    holds: ({ format, records, paging }) => format === "json" || (records === undefined && paging === undefined),
  },
  {
    rule: "!has(self.body) || self.method == 'POST'",
    message: "only a POST has a body",
    holds: ({ body, method }) => body === undefined || method === "POST",
  },
  {
    rule: "!has(self.paging) || !has(self.paging.place) || self.paging.place == 'query' || self.method == 'POST'",
    message: "paging.place: body needs the method POST",
    holds: ({ paging, method }) => (paging as Partial<Paging> | undefined)?.place !== "body" || method === "POST",
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
    field: text(
      "Path of the value in a record, as `updated_at`: numbers, times as in ISO 8601, or text that grows by its characters.",
      { max: 256 },
    ),
    start: text("Value that the first load asks for; it sends no parameter where it is missing.", {
      max: 128,
    }).optional(),
  },
);

/** A request whose records go straight into a table. */
export const LoadedHttpRequest = object(
  "A request to an HTTP API whose records are loaded, none of them landing anywhere else.",
  { ...REQUEST, incremental: HttpIncrement.optional() },
  [
    ...RULES,
    {
      rule: "!has(self.incremental) || self.format == 'json'",
      message: "incremental needs the format json",
      holds: ({ incremental, format }) => incremental === undefined || format === "json",
    },
  ],
);
