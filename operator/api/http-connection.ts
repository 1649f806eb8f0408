import { exactlyOne, integer, list, object, objectName, oneOf, text } from "./fields.ts";

const HTTP_URL = /^https?:\/\/[^/?#@\s]+(\/[^?#\s]*)?$/;
/** A header field's name (RFC 9110, 5.1), without the rarer signs. */
const HEADER_NAME = /^[A-Za-z0-9_-]+$/;
/** Headers that carry secrets or belong to the connection itself. */
const OWN_HEADERS = ["authorization", "cookie", "proxy-authorization", "host", "content-length", "transfer-encoding"];

const ApiKey = object(
  "A key in a header or in the query.",
  {
    header: text("Name of the header.", { max: 64, pattern: HEADER_NAME }).optional(),
    query: text("Name of the query parameter.", { max: 64 }).optional(),
  },
  [exactlyOne(["header", "query"])],
);

const OAuth2 = object("Client credentials (RFC 6749, 4.4). The token is fetched when it is needed.", {
  tokenUrl: text("URL that gives tokens.", { max: 2048, pattern: HTTP_URL }),
  scope: text("Scopes to ask for, with spaces between them.", { max: 1024 }).optional(),
});

const Header = object(
  "A header of every request.",
  {
    name: text("Name of the header.", { max: 64, pattern: HEADER_NAME }),
    value: text("Its value. It is no place for a secret.", { max: 1024 }),
  },
  [
    {
      rule: `!(self.name.lowerAscii() in ${JSON.stringify(OWN_HEADERS).replaceAll('"', "'")})`,
      message:
        "headers that carry secrets come from auth and secretRef, and those of the connection itself are set by kelt",
      holds: ({ name }) => !OWN_HEADERS.includes(String(name).toLowerCase()),
    },
  ],
);

export const HttpConnection = object(
  "An HTTP API.",
  {
    baseUrl: text("What the paths of requests are appended to. Credentials go to this host and no other.", {
      max: 2048,
      pattern: HTTP_URL,
      expected: "expected a URL such as https://api.example.org/v1, without user and query",
    }),
    secretRef: objectName(
      "Secret in the same namespace with what auth needs: username and password (basic), token (bearer), apiKey, or clientId and clientSecret (oauth2).",
    ).optional(),
    auth: object(
      "How requests say who they are.",
      {
        basic: object("User name and password.", {}).optional(),
        bearer: object("A token in the header Authorization.", {}).optional(),
        apiKey: ApiKey.optional(),
        oauth2: OAuth2.optional(),
      },
      [exactlyOne(["basic", "bearer", "apiKey", "oauth2"])],
    ).optional(),
    headers: list("Headers of every request.", Header, { max: 16 }).optional(),
    testPath: text(
      "Path below baseUrl that the test of a Connection gets, and that answers with 2xx; baseUrl itself where it is missing.",
      { max: 2048, pattern: /^[^?#\s]*$/ },
    ).optional(),
    requestsPerSecond: integer("Most requests that are begun in a second.", { min: 1, max: 1000 }).optional(),
  },
  [
    {
      rule: "has(self.auth) == has(self.secretRef)",
      message: "auth and secretRef go together",
      holds: ({ auth, secretRef }) => (auth === undefined) === (secretRef === undefined),
    },
  ],
);

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

const Paging = object(
  "How the answer goes on in further pages. By page and by offset, the first page without records is the last one.",
  {
    page: Page.optional(),
    offset: Offset.optional(),
    cursor: Cursor.optional(),
    link: object("The URL of the next page is the header Link with rel=next (RFC 8288).", {}).optional(),
    maxPages: integer("An API that gives more pages than these fails the node.", { min: 1, max: 100_000 }).default(
      10_000,
    ),
  },
  [exactlyOne(["page", "offset", "cursor", "link"])],
);

export const HttpRequest = object(
  "A request to an HTTP API, and what its answer holds.",
  {
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
  },
  [
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
  ],
);
