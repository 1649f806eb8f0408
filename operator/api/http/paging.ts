import { type CelRule, exactlyOne, flag, integer, list, object, oneOf, text } from "../fields.ts";
import { HEADER_NAME } from "./connection.ts";

const NAME = String.raw`([^".]+|"([^"\\]|\\.)+")`;

/** Path of a value in JSON: names with dots between them; a name that holds a dot stands in quotation marks. */
export function jsonPath(description: string) {
  return text(description, {
    max: 256,
    pattern: new RegExp(`^${NAME}([.]${NAME})*$`),
    expected: 'expected a path such as meta.next or "@odata.nextLink", a name with a dot in quotation marks',
  });
}

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

const Cursor = object("A value of each answer becomes the query parameter of the next request.", {
  param: text("The parameter.", { max: 128 }),
  field: jsonPath(
    "Path of the value, as `meta.next`. The last page has null, an empty text or the value that was sent there. After a page with the field, the last page may lack it.",
  ),
});

const Next = object("The URL of the next page is a value of the answer.", {
  field: jsonPath(
    'Path of the URL, as `links.next` or `"@odata.nextLink"`. The last page has null or an empty text there. After a page with the field, the last page may lack it.',
  ),
});

const Total = object(
  "Where each answer says how many records there are in all pages. After the last page the load compares: so it notices an API that drops or repeats a page.",
  {
    field: jsonPath("Path of the number in the answer, as `meta.total`.").optional(),
    header: text("Name of the header with the number, as `X-Total-Count`.", {
      max: 64,
      pattern: HEADER_NAME,
    }).optional(),
  },
  [exactlyOne(["field", "header"])],
);

/** Statuses that say something else than "no more pages": who asks, how often, or that the server is in trouble. */
const NO_END = [401, 403, 408, 425, 429];

const End = object(
  "Other ways in which an API ends its pages. What you set here is no longer an error; `total` still finds a lost page.",
  {
    statuses: list(
      "Statuses of the page after the last one, such as 404 or 400. 204 if it is missing. The first page cannot have them.",
      integer("A status.", { min: 204, max: 499 }),
      { max: 8 },
    ).optional(),
    noList: flag(
      "The page after the last one has null in place of the list, or no list. One with fields that no page before had is a fault.",
    ).optional(),
    repeated: flag(
      "The last page comes again. If that is the first page, it must have fewer records than `fullPage`: otherwise the API may not know the parameter.",
    ).optional(),
    field: jsonPath(
      "Path of a value that marks the last page, such as `has_more`. It counts more than a cursor or an empty page.",
    ).optional(),
    value: text("Value of `field` in the last page, as JSON. false if it is missing.", {
      max: 64,
    }).optional(),
    total: flag("The pages end when as many records have come as `total` says.").optional(),
    maxPages: flag("No more than `maxPages` pages are read.").optional(),
  },
  [
    {
      rule: `!has(self.statuses) || self.statuses.all(s, (s == 204 || s >= 400) && !(s in ${JSON.stringify(NO_END)}))`,
      message: `end.statuses are 204 and those of 400 to 499, without ${NO_END.join(", ")}`,
      holds: ({ statuses }) =>
        !Array.isArray(statuses) ||
        statuses.every((status: number) => (status === 204 || status >= 400) && !NO_END.includes(status)),
    },
    {
      rule: "!has(self.value) || has(self.field)",
      message: "end.value needs end.field",
      holds: ({ field, value }) => value === undefined || field !== undefined,
    },
  ],
);

const RULES: readonly CelRule[] = [
  exactlyOne(["page", "offset", "cursor", "link", "next"]),
  {
    rule: "!has(self.end) || !has(self.end.total) || !self.end.total || has(self.total)",
    message: "end.total needs total, which says how many records there are",
    holds: ({ end, total }) => (end as { total?: boolean } | undefined)?.total !== true || total !== undefined,
  },
];

export const Paging = object(
  "How to get the next pages. With `page` and `offset` the first page without records is the last one.",
  {
    page: Page.optional(),
    offset: Offset.optional(),
    cursor: Cursor.optional(),
    link: object(
      "The URL of the next page is the header Link with rel=next (RFC 8288). The last page has a Link without rel=next. After a page with a Link, the last page may have no Link.",
      {},
    ).optional(),
    next: Next.optional(),
    place: oneOf(
      "Where the parameters of pages go. query (default): into the URL. body: into the JSON object that a POST sends, numbers as numbers.",
      ["query", "body"],
    ).optional(),
    fullPage: integer(
      "Number of records in a full page. A first answer with fewer records is the only page. A first answer with a full page fails the load if it has no field or Link that shows what follows.",
      { min: 1, max: 1_000_000 },
    ).optional(),
    total: Total.optional(),
    end: End.optional(),
    maxPages: integer("The node fails if the API has more pages.", { min: 1, max: 100_000 }).default(10_000),
  },
  RULES,
);
