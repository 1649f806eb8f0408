import { describe, expect, test } from "vitest";
import { Load } from "#api/load.ts";
import { useLoadDatabases } from "../../support/loads/load-databases.ts";
import { type HttpApi, type Reply, startHttpApi } from "../../support/servers/http-api.ts";

const databases = useLoadDatabases("18");

interface HttpLoad {
  readonly http: object;
  readonly format?: object;
}

function run(api: HttpApi, { http, format }: HttpLoad) {
  const from = { connection: "source", http, ...(format === undefined ? {} : { format }) };
  const what = Load.parse({ from, to: { connection: "warehouse", schema: "raw", table: "posts" } });
  return databases.load(what, { source: { kind: "http", baseUrl: `${api.origin}/v1` } });
}
const rows = () => databases.warehouse.query("SELECT * FROM raw.posts ORDER BY id");

describe("an answer that is no data", () => {
  test.each<[string, Reply, string]>([
    ["an object", { body: '{"ok":false,"error":"ratelimited"}' }, "NoRecords"],
    ["a part", { status: 206, body: '[{"id":9}]' }, "HTTP206"],
  ])("%s in place of all records leaves the table as it is", async (_what, reply, code) => {
    let answer: Reply = { body: '[{"id":1},{"id":2}]' };
    await using api = await startHttpApi(() => answer);
    await run(api, { http: { path: "posts" } });
    answer = reply;
    await expect(run(api, { http: { path: "posts" } })).rejects.toMatchObject({ code });
    expect(await rows()).toEqual([{ id: "1" }, { id: "2" }]);
  });

  test.each<[string, object, string, string, string]>([
    ["a sentence in place of CSV", { format: "csv" }, "id,t\n1,a\n2,b\n", "Rate limit exceeded", "FailedAnswer"],
    ["other columns of CSV", { format: "csv" }, "id,t\n1,a\n2,b\n", "code,text\n7,limited\n", "OtherRecords"],
    [
      "an error in place of JSON lines",
      { format: "jsonl" },
      '{"id":1}\n{"id":2}\n',
      '{"error":"limited"}',
      "FailedAnswer",
    ],
    [
      "JSON lines that end in an error",
      { format: "jsonl" },
      '{"id":1}\n{"id":2}\n',
      '{"id":1}\n{"error":"aborted"}\n\n',
      "FailedAnswer",
    ],
    ["an error in a list", {}, '[{"id":1},{"id":2}]', '[{"error":"limited"}]', "FailedAnswer"],
    ["other records", {}, '[{"id":1},{"id":2}]', '[{"key":1}]', "OtherRecords"],
  ])("%s leaves the table as it is", async (_what, more, good, bad, code) => {
    let body = good;
    await using api = await startHttpApi(() => ({ body }));
    const http = { path: "posts", ...more };
    await run(api, { http });
    body = bad;
    await expect(run(api, { http })).rejects.toMatchObject({ kind: "data", code });
    expect(await rows()).toMatchObject([{ id: "1" }, { id: "2" }]);
  });

  test.each<[string, object, string]>([
    ["JSON lines", { format: "jsonl" }, '{"error":"rate limited"}\n'],
    ["CSV", { format: "csv" }, "Rate limit exceeded\n"],
    ["a list", {}, '[{"error":{"code":429}}]'],
    ["one record", { single: true }, '{"status":500,"message":"internal"}'],
  ])(
    "an error in place of %s makes no table on the first load, unless its field is allowed",
    async (_what, more, body) => {
      await using api = await startHttpApi(() => ({ body }));
      const http = { path: "posts", ...more };
      await expect(run(api, { http })).rejects.toMatchObject({ kind: "data", code: "FailedAnswer" });
      expect(await databases.warehouse.query("SELECT to_regclass('raw.posts') AS t")).toEqual([{ t: null }]);
      const allowedFields = ["error", "status", "Rate limit exceeded"];
      await run(api, { http: { ...http, allowedFields } });
      expect(await databases.warehouse.query("SELECT to_regclass('raw.posts') IS NOT NULL AS t")).toEqual([{ t: "t" }]);
    },
  );

  test("one column of CSV without rows is a table where the delimiter is another character, or a row follows", async () => {
    const bodies: Record<string, string> = { other: "id:t\n", row: "id\n1\n" };
    await using api = await startHttpApi(({ url }) => ({ body: bodies[url.pathname.slice("/v1/".length)] ?? "" }));
    await run(api, { http: { path: "other", format: "csv" }, format: { csv: { delimiter: ":" } } });
    expect(await rows()).toEqual([]);
    await run(api, { http: { path: "row", format: "csv" } });
    expect(await rows()).toEqual([{ id: "1" }]);
  });
});
