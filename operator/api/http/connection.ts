import { exactlyOne, integer, list, object, objectName, text } from "../fields.ts";

const HTTP_URL = /^https?:\/\/[^/?#@\s]+(\/[^?#\s]*)?$/;
/** A header field's name (RFC 9110, 5.1), without the rarer signs. */
export const HEADER_NAME = /^[A-Za-z0-9_-]+$/;
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
    value: text("Its value. Do not put a secret here.", { max: 1024 }),
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

const httpConnection = (expressions: boolean) =>
  object(
    "An HTTP API.",
    {
      baseUrl: text("URL to which the paths of requests are appended. Credentials go to this host alone.", {
        max: 2048,
        pattern: HTTP_URL,
        expected: "expected a URL such as https://api.example.org/v1, without user and query",
        expressions,
      }),
      secretRef: objectName(
        "Secret in the same namespace with what auth needs: username and password (basic), token (bearer), apiKey, or clientId and clientSecret (oauth2).",
      ).optional(),
      auth: object(
        "How requests authenticate.",
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
        "Path below baseUrl that the test of a Connection requests; it must answer with 2xx. baseUrl itself if it is missing.",
        { max: 2048, pattern: /^[^?#\s]*$/ },
      ).optional(),
      requestsPerSecond: integer("Maximum number of requests per second.", { min: 1, max: 1000 }).optional(),
    },
    [
      {
        rule: "has(self.auth) == has(self.secretRef)",
        message: "auth and secretRef go together",
        holds: ({ auth, secretRef }) => (auth === undefined) === (secretRef === undefined),
      },
    ],
  );

/** Of a Connection resource, and as a task has it. */
export const HttpConnection = httpConnection(false);
/** As a Pipeline writes it, with parameters. */
export const HttpEntry = httpConnection(true);
