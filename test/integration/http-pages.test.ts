import { describe, expect, test } from "vitest";
import { readApi } from "../support/loads/http-reading.ts";
import type { Reply, SeenRequest } from "../support/servers/http-api.ts";

const param = ({ url }: SeenRequest, name: string) => url.searchParams.get(name);
const json = (value: unknown, more: Partial<Reply> = {}): Reply => ({ body: JSON.stringify(value), ...more });
const ids = (...numbers: readonly number[]) => numbers.map((id) => ({ id }));
const lines = (...numbers: readonly number[]) => numbers.map((id) => `{"id":${id}}`);
const PAGES = [ids(1, 2), ids(3, 4), ids(5)];
const byPage = { page: { param: "page" } };

/** Answers page by page, and what comes after the last one. */
const pages =
  (after: (request: SeenRequest) => Reply, wrap: (items: object[], number: number) => unknown = (items) => items) =>
  (request: SeenRequest): Reply => {
    const number = Number(param(request, "page"));
    const items = PAGES[number - 1];
    return items === undefined ? after(request) : json(wrap(items, number));
  };
const data = (items: object[]) => ({ data: items, error: null });

describe("pages end with", () => {
  test.each<[string, object, (request: SeenRequest) => Reply]>([
    ["a page without records", { paging: byPage }, pages(() => json([]))],
    ["status 204, without a word in the manifest", { paging: byPage }, pages(() => ({ status: 204 }))],
    [
      "status 404",
      { paging: { ...byPage, end: { statuses: [404] } } },
      pages(() => ({ status: 404, body: "no page" })),
    ],
    ["status 400", { paging: { ...byPage, end: { statuses: [404, 400] } } }, pages(() => ({ status: 400 }))],
    [
      "null in place of the list",
      { records: "data", paging: { ...byPage, end: { noList: true } } },
      pages(() => json({ data: null }), data),
    ],
    [
      "no list, in an answer that says nothing else",
      { records: "data", paging: { ...byPage, end: { noList: true } } },
      pages(() => json({ error: null }), data),
    ],
    ["the last page once more", { paging: { ...byPage, end: { repeated: true } } }, pages(() => json(PAGES[2]))],
    [
      "a flag that says so, and no page is asked for after it",
      { records: "data", paging: { ...byPage, end: { field: "meta.has_more" } } },
      pages(
        () => ({ status: 404 }),
        (items, number) => ({ data: items, meta: { has_more: number < 3 } }),
      ),
    ],
    [
      "a flag of another value",
      { records: "data", paging: { ...byPage, end: { field: "last", value: "true" } } },
      pages(
        () => ({ status: 404 }),
        (items, number) => ({ data: items, last: number === 3 }),
      ),
    ],
    [
      "as many records as there are",
      { records: "data", paging: { ...byPage, total: { field: "total" }, end: { total: true } } },
      pages(
        () => ({ status: 404 }),
        (items) => ({ data: items, total: 5 }),
      ),
    ],
    [
      "the largest number of pages that is wanted",
      { paging: { ...byPage, maxPages: 3, end: { maxPages: true } } },
      pages(() => json(ids(6))),
    ],
  ])("%s", async (_what, http, reply) => {
    expect(await readApi(http, reply)).toMatchObject({ lines: lines(1, 2, 3, 4, 5), rows: 5 });
  });

  test("the cursor that was sent, as Solr's do", async () => {
    const http = { records: "docs", paging: { cursor: { param: "mark", field: "next" } } };
    const next: Record<string, readonly [object[], string]> = { "": [ids(1), "a"], a: [ids(2), "b"], b: [ids(3), "b"] };
    const read = await readApi(http, (request) => {
      const [docs, cursor] = next[param(request, "mark") ?? ""] ?? [[], "?"];
      return json({ docs, next: cursor });
    });
    expect(read).toMatchObject({ lines: lines(1, 2, 3), asked: ["/", "/?mark=a", "/?mark=b"] });
  });

  test("has_more, although there is a cursor", async () => {
    const http = { records: "data", paging: { cursor: { param: "after", field: "last" }, end: { field: "has_more" } } };
    const read = await readApi(http, (request) =>
      param(request, "after") === null
        ? json({ data: ids(1), last: 1, has_more: true })
        : json({ data: ids(2), last: 2, has_more: false }),
    );
    expect(read).toMatchObject({ lines: lines(1, 2), asked: ["/", "/?after=1"] });
  });

  test.each([
    ["null", { next: null }],
    ["an empty text", { next: "" }],
    ["its absence, once it was there", {}],
  ])("%s at the URL of the next page, which may be relative", async (_what, end) => {
    const read = await readApi({ records: "data", paging: { next: { field: "next" } } }, (request) => {
      const n = Number(param(request, "k") ?? "1");
      const next = n === 1 ? "/?k=2" : `http://${request.headers.host}/?k=3`;
      return json({ data: ids(n), ...(n < 3 ? { next } : end) });
    });
    expect(read).toMatchObject({ lines: lines(1, 2, 3), asked: ["/", "/?k=2", "/?k=3"] });
  });
});

describe("what is not there proves no end:", () => {
  const twoPages = (request: SeenRequest) =>
    json(
      param(request, "k") === null
        ? { value: ids(1), "@odata.nextLink": `http://${request.headers.host}/?k=2`, meta: { "next.page": "2" } }
        : { value: ids(2) },
    );
  const read = (paging: object, more: object = {}) => readApi({ records: "value", paging, ...more }, twoPages);

  test.each(['"@odata.nextLink"', "@odata.nextLink"])("a name with a dot is found as %s", async (field) => {
    expect(await read({ next: { field } })).toMatchObject({ lines: lines(1, 2) });
  });

  test("a name with a dot below another one stands in quotation marks", async () => {
    expect(await read({ cursor: { param: "k", field: 'meta."next.page"' } })).toMatchObject({ lines: lines(1, 2) });
  });

  test("a misspelt field is refused with the fields that are there", async () => {
    await expect(read({ next: { field: "@odata.nextlink" } })).rejects.toMatchObject({
      kind: "configuration",
      code: "NoNextPage",
      message: expect.stringContaining(
        'page 1: expected a value at from.http.paging.next.field @odata.nextlink, and the answer has the fields value, "@odata.nextLink", meta; 1 records came',
      ),
    });
    await expect(read({ cursor: { param: "k", field: "meta.next" } })).rejects.toThrow(
      'cursor.field meta.next, and meta has the fields "next.page"; 1 records came',
    );
    await expect(read({ cursor: { param: "k", field: "meta" } })).rejects.toThrow("a list or an object is there");
    await expect(read({ page: { param: "p" }, end: { field: "has_more" } })).rejects.toMatchObject({
      code: "NoNextPage",
    });
  });

  test("an answer without Link is refused, and read where another page had it, or where it is not full", async () => {
    const answer =
      (headers: Readonly<Record<string, string>> = {}) =>
      () =>
        json(ids(1, 2), { headers });
    const link = { paging: { link: {} } };
    await expect(readApi(link, answer())).rejects.toMatchObject({
      code: "NoNextPage",
      message: expect.stringContaining(
        "expected the header Link, which says whether there is a next page, and there is none; 2 records",
      ),
    });
    await expect(readApi({ paging: { link: {}, fullPage: 2 } }, answer())).rejects.toMatchObject({
      code: "NoNextPage",
    });
    expect(await readApi({ paging: { link: {}, fullPage: 3 } }, answer())).toMatchObject({ rows: 2 });
    expect(await readApi(link, answer({ link: '</first>; rel="first"' }))).toMatchObject({ rows: 2 });
    expect(await readApi(link, () => json([]))).toMatchObject({ rows: 0 });
    const asking = (size: string) => ({ ...link, query: [{ name: "per_page", value: size }] });
    expect(await readApi(asking("100"), answer())).toMatchObject({ rows: 2 });
    await expect(readApi(asking("2"), answer())).rejects.toMatchObject({ code: "NoNextPage" });
    const ten = () => json(ids(...Array.from({ length: 10 }, (_, index) => index)));
    await expect(readApi(asking("100"), ten)).rejects.toMatchObject({ code: "NoNextPage" });
  });
});

describe("a page that could hide records is no end:", () => {
  const refused = (http: object, reply: (request: SeenRequest) => Reply) =>
    readApi(http, reply).then(
      () => "read",
      ({ code }: { code: string }) => code,
    );

  test("a status without a name, and one of the first page", async () => {
    expect(
      await refused(
        { paging: byPage },
        pages(() => ({ status: 404 })),
      ),
    ).toBe("HTTP404");
    const end = { end: { statuses: [404] } };
    expect(await refused({ paging: { ...byPage, ...end } }, () => ({ status: 404 }))).toBe("HTTP404");
  });

  test("an error in place of a page, with status 200", async () => {
    const http = { records: "data", paging: { ...byPage, end: { noList: true } } };
    const failed = () => json({ ok: false, error: "ratelimited" });
    expect(await refused(http, pages(failed, data))).toBe("NoRecords");
    expect(
      await refused(
        { records: "data", paging: byPage },
        pages(() => json({ data: null }), data),
      ),
    ).toBe("NoRecords");
    expect(await refused(http, () => json({}))).toBe("NoRecords");
  });

  test.each<[string, object, unknown]>([
    ["an error beside an empty list", {}, { data: [], error: "internal" }],
    ["a field that no page before had", {}, { data: [], reason: "maintenance" }],
    ["a list of errors beside records", {}, { data: ids(9), errors: [{ message: "timeout" }] }],
    ["success: false", { success: true }, { data: [], success: false }],
  ])("%s, unless the manifest allows the field", async (_what, first, last) => {
    const http = { records: "data", paging: byPage };
    const reply = (request: SeenRequest) => {
      const page = Number(param(request, "page"));
      return json(page === 1 ? { data: ids(1, 2), ...first } : page === 2 ? last : { data: [] });
    };
    expect(await refused(http, reply)).toBe("FailedAnswer");
    const [, field = ""] = Object.keys(last as object);
    expect(await refused({ ...http, allowedFields: [field] }, reply)).toBe("read");
  });

  test("no list beside a field that no page before had, unless the manifest allows it", async () => {
    const http = { records: "data", paging: { ...byPage, end: { noList: true } } };
    const reply = pages(
      () => json({ took: 3 }),
      (items) => ({ data: items }),
    );
    expect(await refused(http, reply)).toBe("NoRecords");
    expect(await readApi({ ...http, allowedFields: ["took"] }, reply)).toMatchObject({ rows: 5 });
  });

  test("fields that only lead to other pages, or say nothing, may come with the last page", async () => {
    const last = {
      data: [],
      prev: "/?page=1",
      previousPage: 1,
      _links: { prev: 1 },
      error: null,
      errors: [],
      note: "",
    };
    expect(
      await readApi(
        { records: "data", paging: byPage },
        pages(() => json(last), data),
      ),
    ).toMatchObject({ rows: 5 });
  });

  test("no next page, where end.field says that there is one", async () => {
    const flagged = {
      records: "data",
      paging: { cursor: { param: "after", field: "next" }, end: { field: "has_more" } },
    };
    expect(await refused(flagged, () => json({ data: ids(1), next: null, has_more: true }))).toBe("NoNextPage");
    const linked = { records: "data", paging: { next: { field: "next" }, end: { field: "has_more" } } };
    expect(await refused(linked, () => json({ data: [], next: "", has_more: true }))).toBe("NoNextPage");
  });

  test("the first page once more, unless it is known not to be full", async () => {
    const same = () => json(ids(1, 2));
    const repeated = { ...byPage, end: { repeated: true } };
    expect(await refused({ paging: byPage }, same)).toBe("PageRepeated");
    expect(await refused({ paging: repeated }, same)).toBe("PageRepeated");
    expect(await refused({ paging: { ...repeated, fullPage: 2 } }, same)).toBe("PageRepeated");
    expect(await readApi({ paging: { ...repeated, fullPage: 3 } }, same)).toMatchObject({ rows: 2 });
  });

  test("a URL that differs from the one before behind its # alone", async () => {
    const http = { records: "data", paging: { next: { field: "next" } } };
    const reply = ({ number }: SeenRequest) => json({ data: ids(number), next: `/#${number}` });
    expect(await refused(http, reply)).toBe("PageRepeated");
  });

  test("an earlier page once more", async () => {
    const circle = pages(() => json(PAGES[0]));
    expect(await refused({ paging: { ...byPage, end: { repeated: true } } }, circle)).toBe("PageRepeated");
  });
});
