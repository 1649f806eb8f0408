import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { nextPage } from "../../task-image/sources/http/http-paging.ts";
import { readApi } from "../support/loads/http-reading.ts";
import type { Reply } from "../support/servers/http-api.ts";

const json = (value: unknown, more: Partial<Reply> = {}): Reply => ({ body: JSON.stringify(value), ...more });
const raw = (body: string): Reply => ({ body });
const byNext = { records: "data", paging: { next: { field: "meta.next" } } };
const byCursor = { records: "data", paging: { cursor: { param: "c", field: "meta.next" } } };

describe("an answer that is not what it should be fails the load in words, and is not asked for again:", () => {
  test.each<[string, object, Reply, string, string]>([
    [
      "a list that its object has twice",
      { records: "data" },
      raw('{"data":[{"id":1}],"data":[{"id":2}]}'),
      "NotJson",
      'expected "data" once in its object, found it again at byte 19',
    ],
    [
      "a next page that its object has twice",
      byNext,
      raw('{"data":[{"id":1}],"meta":{"next":"/b","next":null}}'),
      "NotJson",
      'page 1 is not what format says: expected "next" once in its object',
    ],
    [
      "a total that its object has twice",
      { records: "data", paging: { ...byNext.paging, total: { field: "total" } } },
      raw('{"data":[{"id":1}],"total":1,"total":9,"meta":{"next":null}}'),
      "NotJson",
      'expected "total" once in its object',
    ],
    [
      "a missing colon beside the records",
      byNext,
      raw('{"data":[{"id":1}],"meta":{"next" "/b"}}'),
      "NotJson",
      "expected a colon at byte 34",
    ],
    [
      "a cursor with a bad escape",
      byCursor,
      raw('{"data":[{"id":1}],"meta":{"next":"\\x41"}}'),
      "NotJson",
      "escapes of JSON",
    ],
    [
      "a name with a bad escape",
      byCursor,
      raw('{"data":[{"id":1}],"m\\q":{"next":"a"}}'),
      "NotJson",
      "escapes of JSON",
    ],
    [
      "a next page that is no URL",
      byNext,
      json({ data: [{ id: 1 }], meta: { next: "http://[bad" } }),
      "NoNextPage",
      "expected a URL at from.http.paging.next.field meta.next",
    ],
    [
      "a Link that is no URL",
      { paging: { link: {} } },
      json([{ id: 1 }], { headers: { link: '<http://[bad>; rel="next"' } }),
      "NoNextPage",
      "expected a URL of rel=next in the header Link",
    ],
    [
      "a next page of another protocol",
      byNext,
      json({ data: [{ id: 1 }], meta: { next: "file:///etc/passwd" } }),
      "ForbiddenAddress",
      "expected an http or https URL, found file://",
    ],
    [
      "a redirect to what is no URL",
      {},
      { status: 302, headers: { location: "http://[bad" } },
      "BadRedirect",
      "is redirected to what is no URL",
    ],
    [
      "a redirect to another protocol",
      {},
      { status: 302, headers: { location: "gopher://127.0.0.1/" } },
      "ForbiddenAddress",
      "found gopher://",
    ],
    [
      "a total of a million digits",
      { records: "data", paging: { ...byNext.paging, total: { field: "total" } } },
      raw(`{"data":[{"id":1}],"total":${"9".repeat(1_000_000)},"meta":{"next":null}}`),
      "NoTotal",
      "expected a whole number in the field total",
    ],
    [
      "a small page that unpacks to a very large one",
      { records: "data" },
      { body: gzipSync(Buffer.alloc(80_000_000, " ")), headers: { "content-type": "application/gzip" } },
      "AnswerTooLong",
      "an answer has more than 67108864 bytes",
    ],
    [
      "the same in the encoding of the answer",
      { records: "data" },
      { body: gzipSync(Buffer.alloc(80_000_000, " ")), headers: { "content-encoding": "gzip" } },
      "AnswerTooLong",
      "an answer has more than 67108864 bytes",
    ],
  ])("%s", async (_what, http, reply, code, message) => {
    let asked = 0;
    const reading = readApi(http, () => {
      asked += 1;
      return reply;
    });
    await expect(reading).rejects.toMatchObject({ code, message: expect.stringContaining(message) });
    expect(asked).toBe(1);
  });
});

test("a page around its records may be as deep and as odd as it likes", async () => {
  const deep = `${"[".repeat(100_000)}${"]".repeat(100_000)}`;
  const body = `{"__proto__":${deep},"data":[{"id":1,"__proto__":{"id":2}},{"constructor":3}],"meta":{"next":null}}`;
  expect((await readApi(byNext, () => raw(body))).lines).toEqual([
    '{"id":1,"__proto__":{"id":2}}',
    '{"constructor":3}',
  ]);
});

test("a next page whose number has many digits is asked for with all of them", async () => {
  const digits = "9".repeat(400);
  const { asked } = await readApi(byCursor, ({ number }) =>
    number === 1
      ? raw(`{"data":[{"id":1}],"meta":{"next":${digits}}}`)
      : raw('{"data":[{"id":2}],"meta":{"next":null}}'),
  );
  expect(asked).toEqual(["/", `/?c=${digits}`]);
});

describe("the next page of an answer that came encrypted", () => {
  const seen = (url: string, next: string) => ({
    name: "page 1",
    rows: 1,
    text: Buffer.from(JSON.stringify({ next })),
    root: 0,
    link: undefined,
    url: new URL(url),
    saidBefore: false,
  });
  const pageAfter = (url: string, next: string) => {
    const page = nextPage({ next: { field: "next" }, maxPages: 9 }, { parameters: {}, skipped: 0 }, seen(url, next));
    return page !== undefined && "url" in page ? page.url.href : undefined;
  };

  test("is asked for encrypted, where a proxy has made the API forget it", () => {
    expect(pageAfter("https://api.example/v1/a?page=1", "http://api.example/v1/a?page=2")).toBe(
      "https://api.example/v1/a?page=2",
    );
    expect(pageAfter("https://api.example/a", "/b")).toBe("https://api.example/b");
    expect(pageAfter("http://api.example/a", "http://api.example/b")).toBe("http://api.example/b");
  });

  test.each(["http://other.example/b", "http://api.example:8080/b"])("is refused at %s", (next) => {
    expect(() => pageAfter("https://api.example/a", next)).toThrow(/expected an encrypted URL .* is not encrypted/);
  });
});
