import { describe, expect, test } from "vitest";
import { Load } from "#api/load.ts";
import { useLoadDatabases } from "../../support/loads/load-databases.ts";
import { until } from "../../support/machine/until.ts";
import { type HttpApi, type Reply, type SeenRequest, startHttpApi } from "../../support/servers/http-api.ts";
import { startTask } from "../../support/tasks/task-process.ts";

const databases = useLoadDatabases("18");

interface HttpLoad {
  readonly http: object;
  readonly format?: object;
  readonly uid?: string;
  readonly [field: string]: unknown;
}

function loadOf({ http, format, uid: _, ...more }: HttpLoad) {
  const from = { connection: "source", http, ...(format === undefined ? {} : { format }) };
  return Load.parse({ from, to: { connection: "warehouse", schema: "raw", table: "posts" }, ...more });
}

const runOf = (api: HttpApi, { uid }: HttpLoad) => ({
  uid,
  source: { kind: "http" as const, baseUrl: `${api.origin}/v1` },
});
const run = (api: HttpApi, settings: HttpLoad) => databases.load(loadOf(settings), runOf(api, settings));
const rows = () => databases.warehouse.query("SELECT * FROM raw.posts ORDER BY id");

describe("an answer goes straight into a table", () => {
  test("in pages, every value as it is written", async () => {
    const bodies = [
      '{"items":[{"id":1,"price":1.10}]}',
      '{"items":[{"id":9007199254740993,"price":2}]}',
      '{"items":[]}',
    ];
    await using api = await startHttpApi(({ url }) => ({
      body: bodies[Number(url.searchParams.get("page")) - 1] ?? "",
    }));
    const http = { path: "posts", records: "items", paging: { page: { param: "page" } } };
    const uid = "same";
    expect(await run(api, { http, uid })).toMatchObject({ message: "1 table, 2 rows" });
    expect(await rows()).toEqual([
      { id: "1", price: "1.10" },
      { id: "9007199254740993", price: "2" },
    ]);
    expect(await run(api, { http, uid })).toMatchObject({ message: "1 table, 2 rows, loaded by attempt 1" });
    expect(api.seen.length).toBe(3);
  });

  test("as JSON of one request, JSON lines and CSV of another dialect", async () => {
    const bodies: Record<string, string> = {
      json: '[{"id":1}]',
      jsonl: '{"id":2}\n{"id":3}\n',
      csv: 'id;t\n4;"a\nb"\n',
    };
    await using api = await startHttpApi(({ url }) => ({ body: bodies[url.pathname.slice("/v1/".length)] ?? "" }));
    await run(api, { http: { path: "json" } });
    expect(await rows()).toEqual([{ id: "1" }]);
    await run(api, { http: { path: "jsonl", format: "jsonl" } });
    expect(await rows()).toEqual([{ id: "2" }, { id: "3" }]);
    await run(api, { http: { path: "csv", format: "csv" }, format: { csv: { delimiter: ";" } } });
    expect(await rows()).toEqual([{ id: "4", t: "a\nb" }]);
  });

  test("without the byte order mark, and CSV in the encoding that the manifest says", async () => {
    const bodies: Record<string, string | Buffer> = {
      json: '\ufeff[{"id":1}]',
      jsonl: '\ufeff{"id":2}\n',
      csv: "\ufeffid,t\n3,é\n",
      latin1: Buffer.from("id,t\n4,é\n", "latin1"),
    };
    await using api = await startHttpApi(({ url }) => ({ body: bodies[url.pathname.slice("/v1/".length)] ?? "" }));
    await run(api, { http: { path: "json" } });
    expect(await rows()).toEqual([{ id: "1" }]);
    await run(api, { http: { path: "jsonl", format: "jsonl" } });
    expect(await rows()).toEqual([{ id: "2" }]);
    await run(api, { http: { path: "csv", format: "csv" } });
    expect(await rows()).toEqual([{ id: "3", t: "é" }]);
    await run(api, { http: { path: "latin1", format: "csv" }, format: { csv: { encoding: "latin1" } } });
    expect(await rows()).toEqual([{ id: "4", t: "é" }]);
  });

  test("a line end inside of a string, which no JSON has, rejects its record and is not made a space", async () => {
    const body = '[{"id":1,\n"t":"a"},\r\n{"id":2,"t":"\\"\n"},{"id":3,"t":"\\n"}]';
    await using api = await startHttpApi(() => ({ body }));
    await run(api, { http: { path: "posts", paging: { link: {}, fullPage: 100 } }, rejects: { max: 1 } });
    expect(await rows()).toEqual([
      { id: "1", t: "a" },
      { id: "3", t: "\n" },
    ]);
    expect(await databases.warehouse.query("SELECT line FROM raw._kelt_rejects")).toEqual([{ line: "2" }]);
  });

  test("bad records are rejected by their number; too many of them publish nothing", async () => {
    await using api = await startHttpApi(() => ({ body: '[{"id":1},{"id":"x"},{"id":3}]' }));
    const settings = { http: { records: undefined, path: "posts" }, columns: { posts: { id: "integer" } } };
    await expect(run(api, settings)).rejects.toMatchObject({ code: "TooManyRejects" });
    expect(await databases.warehouse.query("SELECT to_regclass('raw.posts') AS t")).toEqual([{ t: null }]);
    await run(api, { ...settings, rejects: { max: 1 } });
    expect(await rows()).toEqual([{ id: "1" }, { id: "3" }]);
    const [reject] = await databases.warehouse.query("SELECT uri, column_name, value FROM raw._kelt_rejects");
    expect(reject).toEqual({ uri: `${api.origin}/v1/posts`, column_name: "id", value: "x" });
  });

  test("a host that cannot be read is said to be so, and not a database that was lost", async () => {
    await using api = await startHttpApi(() => ({ body: "[]" }));
    const source = { kind: "http" as const, baseUrl: api.origin.replace("http:", "https:") };
    await expect(databases.load(loadOf({ http: { path: "posts" } }), { source })).rejects.toMatchObject({
      kind: "configuration",
      message: expect.stringMatching(/^connection source: GET https:.* failed: the host does not speak TLS there/),
    });
  });

  test("an answer that breaks off is asked for again from its beginning, with and without pages", async () => {
    const body = '[{"id":1},{"id":2}]';
    const reply = ({ number }: SeenRequest): Reply => (number % 2 === 1 ? { body, cutAt: 9 } : { body });
    await using api = await startHttpApi(reply);
    await run(api, { http: { path: "posts", paging: { link: {}, fullPage: 100 } } });
    expect(await rows()).toEqual([{ id: "1" }, { id: "2" }]);
    await run(api, { http: { path: "posts" }, mode: "append" });
    expect(await rows()).toHaveLength(4);
    expect(api.seen).toHaveLength(4);
  });
});

describe("pages that overlap in a merge", () => {
  const pages: readonly string[] = [
    '[{"id":1,"t":"a"},{"id":2,"t":"early"},{"id":3,"t":"early"}]',
    '[{"id":2,"t":"late"},{"id":null,"t":"x"},{"id":3,"t":"late"}]',
    '[{"id":3,"t":"last"},{"id":4,"t":"d"}]',
  ];
  const served = (bodies: readonly string[]) =>
    startHttpApi(({ url }) => ({ body: bodies[Number(url.searchParams.get("page")) - 1] ?? "[]" }));
  const merge = (more: object = {}) => ({
    http: { paging: { page: { param: "page" } }, ...more },
    mode: "merge",
    key: ["id"],
  });

  test("are refused, or leave the record of each key that came last, which is counted", async () => {
    const bodies = pages.map((page) => page.replace('{"id":null,"t":"x"},', ""));
    await using api = await served(bodies);
    await expect(run(api, merge())).rejects.toMatchObject({ kind: "data", code: "UnusableKey" });
    for (const _load of ["first", "second"]) {
      const outcome = await run(api, merge({ overlap: "last" }));
      expect(outcome).toMatchObject({ message: "1 table, 4 rows, 3 duplicates left out", rows: 4 });
      expect(await rows()).toEqual([
        { id: "1", t: "a" },
        { id: "2", t: "late" },
        { id: "3", t: "last" },
        { id: "4", t: "d" },
      ]);
    }
  });

  test("do not hide a record without a key", async () => {
    await using api = await served(pages);
    await expect(run(api, merge({ overlap: "last" }))).rejects.toMatchObject({ kind: "data", code: "UnusableKey" });
  });
});

describe("the declared total", () => {
  const pages =
    (ids: readonly (readonly number[])[], totals: readonly (number | string)[]) => (request: SeenRequest) => {
      const at = Number(request.url.searchParams.get("page")) - 1;
      const items = (ids[at] ?? []).map((id) => `{"id":${id}}`).join(",");
      return { body: `{"total":${totals[Math.min(at, totals.length - 1)]},"items":[${items}]}` };
    };
  const http = { records: "items", paging: { page: { param: "page" }, total: { field: "total" } } };

  test("that all pages reach is right, also where records were added meanwhile", async () => {
    await using api = await startHttpApi(
      pages(
        [
          [1, 2],
          [3, 4],
        ],
        [3, 4, "4"],
      ),
    );
    await expect(run(api, { http })).resolves.toMatchObject({ rows: 4 });
  });

  test.each([
    [
      "a dropped page",
      [[1, 2], [5]],
      [5],
      "expected 5 records as the field total says, found 3 in all pages. A page was dropped",
    ],
    [
      "a record that hid when another one was deleted",
      [[1, 2], [4]],
      [4, 3],
      "expected 4 records as the field total says, found 3",
    ],
    [
      "a record that came twice",
      [
        [1, 2],
        [2, 3],
      ],
      [3],
      "found 4 in all pages. A page came twice",
    ],
  ])("finds %s, and nothing is published", async (_, ids, totals, message) => {
    await using api = await startHttpApi(pages(ids, totals));
    await expect(run(api, { http })).rejects.toMatchObject({
      kind: "transient",
      code: "TotalMismatch",
      message: expect.stringContaining(message),
    });
    expect(await databases.warehouse.query("SELECT to_regclass('raw.posts') AS t")).toEqual([{ t: null }]);
  });

  test("may be a header, and has to be there", async () => {
    const reply = ({ number }: SeenRequest): Reply => ({
      body: number === 1 ? '[{"id":1}]' : "[]",
      headers: { "X-Total-Count": "2" },
    });
    await using api = await startHttpApi(reply);
    const byHeader = { paging: { page: { param: "page" }, total: { header: "x-total-count" } } };
    await expect(run(api, { http: byHeader })).rejects.toMatchObject({ code: "TotalMismatch" });
    await using silent = await startHttpApi(() => ({ body: "[]" }));
    await expect(run(silent, { http: byHeader })).rejects.toMatchObject({
      kind: "data",
      code: "NoTotal",
      message: expect.stringContaining("expected a whole number in the header x-total-count, found nothing"),
    });
  });
});

describe("incremental by parameter", () => {
  /** An API of records that change; it answers those from the parameter on, in pages of two. */
  interface Post {
    readonly id: number;
    readonly at: string;
    readonly text: string;
  }
  const answerOf =
    (posts: readonly Post[]) =>
    (request: SeenRequest): Reply => {
      const { searchParams } = request.url;
      const since = searchParams.get("since") ?? "";
      const from = (Number(searchParams.get("page")) - 1) * 2;
      const found = posts.filter(({ at }) => at >= since).sort((a, b) => (a.at < b.at ? -1 : 1));
      return { body: JSON.stringify(found.slice(from, from + 2)) };
    };
  const incremental = { parameter: "since", field: "at", start: "2026-01-02" };
  const http = { path: "posts", paging: { page: { param: "page" } }, incremental };
  const merge = { http, mode: "merge", key: ["id"] };
  const post = (id: number, at: string, text = `post ${id}`): Post => ({ id, at, text });
  const cursor = () => databases.warehouse.query("SELECT source, cursor_column, type, value FROM raw._kelt_cursors");
  const asked = (api: HttpApi, from: number) => [
    ...new Set(api.seen.slice(from).map(({ url }) => url.searchParams.get("since"))),
  ];

  test("every load asks from the last value on; what changed is updated, what is as new as the last one is not lost", async () => {
    const posts = [post(1, "2026-01-01"), post(2, "2026-01-02"), post(3, "2026-01-03T10:00:00.5Z")];
    await using api = await startHttpApi(answerOf(posts));
    await run(api, merge);
    expect(asked(api, 0)).toEqual(["2026-01-02"]);
    expect(await cursor()).toEqual([
      { source: "GET /posts", cursor_column: "at", type: "time", value: "2026-01-03T10:00:00.5Z" },
    ]);
    posts.push(post(4, "2026-01-03T10:00:00.5Z"), post(2, "2026-01-04", "changed"));
    posts.splice(1, 1);
    const before = api.seen.length;
    await run(api, merge);
    expect(asked(api, before)).toEqual(["2026-01-03T10:00:00.5Z"]);
    expect((await rows()).map(({ id, text }) => [id, text])).toEqual([
      ["2", "changed"],
      ["3", "post 3"],
      ["4", "post 4"],
    ]);
    expect(await cursor()).toMatchObject([{ value: "2026-01-04" }]);
  });

  test("an answer without records leaves the cursor where it is, and older ones do not move it back", async () => {
    const posts = [post(1, "2026-02-01")];
    let answer = answerOf(posts);
    await using api = await startHttpApi((request) => answer(request));
    await run(api, merge);
    answer = () => ({ body: "[]" });
    await expect(run(api, merge)).resolves.toMatchObject({ rows: 0 });
    expect(await cursor()).toMatchObject([{ value: "2026-02-01" }]);
    answer = ({ url }) => ({
      body: url.searchParams.get("page") === "1" ? JSON.stringify([post(2, "2026-01-15")]) : "[]",
    });
    await run(api, merge);
    expect(await cursor()).toMatchObject([{ value: "2026-02-01" }]);
    expect(await rows()).toHaveLength(2);
  });

  test("records that the schema contract leaves out have been read: they are not asked for again", async () => {
    const posts = [post(1, "2026-02-01")];
    await using api = await startHttpApi(answerOf(posts));
    await run(api, merge);
    await databases.warehouse.query("ALTER TABLE raw.posts DROP COLUMN text");
    posts.splice(0, 1, post(2, "2026-02-02"));
    const outcome = await run(api, { ...merge, schemaChange: "discardRow" });
    expect(outcome).toMatchObject({ message: "1 table, 0 rows, 1 rows discarded" });
    expect(await cursor()).toMatchObject([{ value: "2026-02-02" }]);
    expect(await databases.warehouse.query("SELECT column_name, value, action FROM raw._kelt_rejects")).toEqual([
      { column_name: "text", value: "post 2", action: "discardRow" },
    ]);
  });

  test("a target that is gone is loaded from the beginning; another field is refused", async () => {
    await using api = await startHttpApi(answerOf([post(1, "2026-01-01"), post(2, "2026-01-05")]));
    await run(api, merge);
    const otherField = { ...merge, http: { ...http, incremental: { parameter: "since", field: "id" } } };
    await expect(run(api, otherField)).rejects.toMatchObject({
      kind: "configuration",
      code: "CursorChanged",
      message: expect.stringContaining("from.http.incremental.field: GET /posts has been loaded by column at"),
    });
    await databases.warehouse.query("DROP TABLE raw.posts");
    const before = api.seen.length;
    await run(api, merge);
    expect(asked(api, before)).toEqual(["2026-01-02"]);
    expect(await rows()).toHaveLength(1);
  });

  test("a load that fails moves neither rows nor cursor", async () => {
    const posts = [post(1, "2026-03-01")];
    await using api = await startHttpApi(answerOf(posts));
    await run(api, merge);
    posts.push(post(2, "2026-03-02"), post(2, "2026-03-03"));
    await expect(run(api, merge)).rejects.toMatchObject({ kind: "data" });
    expect(await cursor()).toMatchObject([{ value: "2026-03-01" }]);
    expect(await rows()).toHaveLength(1);
  });

  test("a process that is killed at any page leaves nothing; the next attempt loads every record once", async () => {
    const posts = Array.from({ length: 6 }, (_, index) => post(index + 1, `2026-04-0${index + 1}`));
    const answer = answerOf(posts);
    for (const page of [1, 2, 3, 4]) {
      await databases.warehouse.query("DROP SCHEMA IF EXISTS raw CASCADE");
      let isHeld = true;
      const reply = (request: SeenRequest): Reply =>
        isHeld && request.url.searchParams.get("page") === String(page) ? { silent: true } : answer(request);
      await using api = await startHttpApi(reply);
      const uid = `killed-${page}`;
      const { process: child, ended } = startTask(databases.task(loadOf(merge), runOf(api, { ...merge, uid })));
      await until(`page ${page} to be asked for`, () => api.seen.length === page);
      child.kill("SIGKILL");
      await ended;
      isHeld = false;
      expect(await run(api, { ...merge, uid })).toMatchObject({ rows: 6 });
      expect(await rows()).toHaveLength(6);
      expect(await cursor()).toMatchObject([{ value: "2026-04-06" }]);
    }
  }, 120_000);
});
