import { describe, expect, test } from "vitest";
import { readApi } from "../support/loads/http-reading.ts";
import type { Reply, SeenRequest } from "../support/servers/http-api.ts";

const json = (value: unknown, more: Partial<Reply> = {}): Reply => ({ body: JSON.stringify(value), ...more });
const ids = (...numbers: readonly number[]) => numbers.map((id) => ({ id }));
const byPage = { page: { param: "page" } };

describe("an answer that is no data", () => {
  test.each<[string, object, Reply, string, string]>([
    [
      "an object for a list",
      {},
      json({ ok: false, error: "ratelimited" }),
      "NoRecords",
      "expected a list of records, found an object",
    ],
    [
      "an object for the list of pages",
      { paging: byPage },
      json({ ok: false }),
      "NoRecords",
      "found an object: the answer has the fields ok",
    ],
    [
      "a status of failure beside an empty list",
      { records: "data" },
      json({ status: "error", data: [] }),
      "FailedAnswer",
      "its status is that of a failure",
    ],
    [
      "a sentence beside an empty list that nothing came before",
      { records: "data" },
      json({ data: [], message: "Monthly quota of ada@x.example is used up" }),
      "FailedAnswer",
      "its list is empty, and its message may say why. Nothing",
    ],
    [
      "a warning beside an empty first page",
      { records: "data", paging: byPage },
      json({ data: [], warnings: ["scheduled maintenance"] }),
      "FailedAnswer",
      "its warnings may say why",
    ],
    [
      "an error beside null for the list, where that is an end",
      { records: "data", paging: { ...byPage, end: { noList: true } } },
      json({ data: null, error: "internal" }),
      "FailedAnswer",
      "it has error",
    ],
    [
      "errors as GraphQL's",
      { records: "data.items" },
      json({ data: { items: [] }, errors: [{ message: "ada@x.example" }] }),
      "FailedAnswer",
      "its list is empty, and it has errors",
    ],
    [
      "an error in the place of the one record",
      { single: true },
      json({ success: false, message: "ada@x.example" }),
      "FailedAnswer",
      "its only record has fields of errors alone, and its success is false. Nothing",
    ],
    [
      "nothing beside an error, for one record",
      { single: true, records: "data" },
      json({ data: {}, error: "internal" }),
      "FailedAnswer",
      "it has error",
    ],
    [
      "an error in a list of one",
      {},
      json([{ errorCode: "INVALID_SESSION", message: "m" }]),
      "FailedAnswer",
      "has errorCode",
    ],
    [
      "an error in pages of a list",
      { paging: byPage },
      json([{ code: 503, detail: "m" }]),
      "FailedAnswer",
      "its code is that",
    ],
    [
      "an error in place of JSON lines",
      { format: "jsonl" },
      { body: '{"errors":[{"message":"m"}],"data":null}\n' },
      "FailedAnswer",
      "it has errors",
    ],
    [
      "a sentence for CSV",
      { format: "csv" },
      { body: "Rate limit exceeded" },
      "FailedAnswer",
      "one line without a delimiter",
    ],
    [
      "JSON for CSV, whatever its type says",
      { format: "csv" },
      { body: '{"error":"limited","code":1}', headers: { "content-type": "text/plain" } },
      "NotJson",
      "expected CSV",
    ],
    ["status 206", {}, json(ids(1), { status: 206 }), "HTTP206", "That is a part of what was asked for"],
    ["status 201", {}, json(ids(1), { status: 201 }), "HTTP201", "set from.http.statuses"],
    ["status 204", {}, { status: 204 }, "HTTP204", "set from.http.statuses"],
    ["JSON for CSV", { format: "csv" }, json({ ok: false }), "NotJson", "expected CSV"],
    [
      "a page for people",
      { format: "csv" },
      { body: "<html>", headers: { "content-type": "text/html" } },
      "NotJson",
      "expected CSV",
    ],
  ])("is refused: %s", async (_what, http, reply, code, message) => {
    await expect(readApi(http, () => reply)).rejects.toMatchObject({ code, message: expect.stringContaining(message) });
  });

  test.each<[string, object, Reply]>([
    ["a record with an error and a name", { single: true }, json({ name: "job 7", error: "timeout" })],
    ["a list of one failed job", {}, json([{ id: 7, status: "failed" }])],
    ["an empty list with words of success", { records: "data" }, json({ data: [], code: 0, msg: "OK", info: "" })],
    ["an empty list that says so", { records: "data" }, json({ data: [], message: "No records found." })],
    ["an empty list with other fields", { records: "data" }, json({ data: [], request: "r-1", meta: { page: 1 } })],
    [
      "an empty list with a sentence that the manifest allows",
      { records: "data", allowedFields: ["message"] },
      json({ data: [], message: "See the new version of this API" }),
    ],
    ["a list of two errors", {}, json([{ error: "a" }, { error: "b" }])],
    [
      "errors that the manifest names as records",
      { records: "errors" },
      json({ errors: [{ message: "m", code: 500 }] }),
    ],
    ["a record whose error is empty", { single: true }, json({ error: null, message: "m" })],
    [
      "an empty list beside counts of none",
      { records: "d" },
      json({ d: [], errorCount: 0, hasErrors: false, code: 200, terror: "x" }),
    ],
    ["a header alone", { format: "csv" }, { body: "id,error\n" }],
    ["a header that begins with a bracket", { format: "csv" }, { body: "<TICKER>,<DATE>\nX,1\n" }],
  ])("is not taken for one: %s", async (_what, http, reply) => {
    await expect(readApi(http, () => reply)).resolves.toMatchObject({ lines: expect.any(Array) });
  });

  test("status 202 is asked again, and as late as it says", async () => {
    const reply = ({ number }: SeenRequest): Reply =>
      number === 1 ? json({}, { status: 202, headers: { "retry-after": "7" } }) : json(ids(1));
    expect(await readApi({}, reply)).toMatchObject({ rows: 1, waits: [7000] });
    await expect(readApi({}, () => json([], { status: 202 }))).rejects.toMatchObject({
      kind: "transient",
      code: "HTTP202",
    });
  });

  test("is what the manifest says that it is", async () => {
    expect(await readApi({ statuses: [200, 201] }, () => json(ids(1), { status: 201 }))).toMatchObject({ rows: 1 });
    expect(await readApi({ statuses: [204] }, () => ({ status: 204 }))).toMatchObject({ rows: 0 });
    const one = { single: true, records: "data" };
    expect(await readApi(one, () => ({ body: '{"data":{"id":1.10,\n"é":"ü"}}' }))).toMatchObject({
      lines: ['{"id":1.10, "é":"ü"}'],
      rows: 1,
    });
    await expect(readApi(one, () => json({ data: [] }))).rejects.toMatchObject({
      code: "NoRecords",
      message: expect.stringContaining("expected one record at data, found a list"),
    });
  });
});
