import { Readable } from "node:stream";
import { describe, expect, it } from "vitest";
import type { CustomObject } from "../../../operator/kinds/objects.ts";
import type { HttpCall } from "../../../operator/kube/http-call.ts";
import { type ListReading, readList } from "../../../operator/kube/list-answer.ts";

const CALL: HttpCall = {
  verb: "list",
  resource: "pipelines",
  method: "GET",
  path: "/",
  pool: "call",
  idempotent: true,
};
const BYTES_MAX = 2_000;

function anObject(name: string, spec: unknown = {}): CustomObject {
  return {
    metadata: {
      annotations: { a: '"items":[{"x":1}]' },
      name,
      namespace: "ns",
      uid: `uid-${name}`,
      resourceVersion: "7",
    },
    spec,
  };
}

/** The answer in pieces of `size` bytes. */
function read(text: string, options: Partial<ListReading<CustomObject>> = {}, size = text.length + 1) {
  const bytes = Buffer.from(text);
  const chunks: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += size) chunks.push(bytes.subarray(at, at + size));
  return readList<CustomObject>(CALL, Readable.from(chunks), { objectBytesMax: BYTES_MAX, ...options });
}

const list = (items: unknown, metadata: object = { resourceVersion: "100", continue: "more" }) =>
  JSON.stringify({ kind: "PipelineList", apiVersion: "kelt.dev/v1alpha1", metadata, items });

describe("the answer of a list", () => {
  const tricky = [
    anObject("a", { text: 'a "quote", a \\ and "items":[ in a text' }),
    anObject("größe", { items: [{ items: [] }, "]", "}"] }),
    anObject("c", { text: "\\\\", empty: {}, list: [[], [{}]] }),
  ];

  it("is its objects, version and place to go on, wherever the chunks end", async () => {
    const text = list(tricky);
    for (let size = 1; size < 90; size++) {
      expect(await read(text, {}, size)).toEqual({
        ...{ items: tricky, unread: [], bytes: Buffer.byteLength(text), resourceVersion: "100", next: "more" },
      });
    }
  });

  it("is the same when its members come in another order, as those of custom resources do", async () => {
    const text = JSON.stringify(
      { apiVersion: "v1", items: tricky, kind: "List", metadata: { resourceVersion: "5" } },
      null,
      2,
    );
    for (const size of [1, 3, 50, 10_000]) {
      expect(await read(text, {}, size)).toMatchObject({ items: tricky, resourceVersion: "5" });
    }
  });

  it.each([
    ["null", null],
    ["empty", []],
  ])("has no objects when they are %s", async (_, items) => {
    expect(await read(list(items, { resourceVersion: "3" }))).toMatchObject({ items: [], resourceVersion: "3" });
    expect((await read(list(items, { resourceVersion: "3", continue: "" }))).next).toBeUndefined();
  });

  it("keeps of each object what the projection leaves, and takes each as soon as it is there", async () => {
    const seen: string[] = [];
    const project = ({ metadata }: CustomObject) => {
      seen.push(metadata.name);
      return { metadata };
    };
    const answer = function* () {
      yield Buffer.from(list(tricky.slice(0, 2)).slice(0, -2));
      expect(seen).toEqual(["a", "größe"]);
      yield Buffer.from("]}");
    };
    const body = Readable.from(answer());
    const { items } = await readList<CustomObject>(CALL, body, { objectBytesMax: BYTES_MAX, project });
    expect(items).toEqual(tricky.slice(0, 2).map(({ metadata }) => ({ metadata })));
  });

  it("passes an object over that is too large, says which, and has all the others", async () => {
    const objects = [anObject("a"), anObject("large", { text: '}]"\\'.repeat(100_000) }), anObject("c")];
    const text = list(objects);
    for (const size of [1_000, 65_536, text.length]) {
      const page = await read(text, {}, size);
      expect(page.items.map(({ metadata }) => metadata.name)).toEqual(["a", "c"]);
      expect(page.unread).toEqual([
        {
          metadata: { namespace: "ns", name: "large", uid: "uid-large", resourceVersion: "7" },
          why: "it is larger than 2000 bytes",
        },
      ]);
    }
  });

  it("passes an object over that the projection cannot take", async () => {
    const project = (object: CustomObject) => {
      if (object.metadata.name === "b") throw new TypeError("no");
      return object;
    };
    const page = await read(list([anObject("a"), anObject("b"), anObject("c")]), { project });
    expect(page.items.map(({ metadata }) => metadata.name)).toEqual(["a", "c"]);
    expect(page.unread).toMatchObject([{ metadata: { name: "b" } }]);
  });

  it("is given up when it is longer than a page may be", async () => {
    const answer = read(list(tricky), { pageBytesMax: 100 }, 10);
    await expect(answer).rejects.toMatchObject({ status: 413, reason: "AnswerTooLarge" });
  });

  it.each([
    ["a proxy's page", "<html>login"],
    ["a cut answer", list([anObject("a")]).slice(0, -3)],
    ["a cut object", list([anObject("a")]).slice(0, 120)],
    ["a broken object", list([anObject("a")]).replace('"spec":{}', '"spec":{:}')],
    ["endless text", "x".repeat(3_000_000)],
    ["a large object of no name", list([{ spec: "x".repeat(5_000) }])],
  ])("is refused when it is %s, without being quoted", async (_, text) => {
    const error = await read(text, {}, 100_000).catch((reason) => reason);
    expect(error).toMatchObject({ name: "ApiError", reason: "NotJson" });
    expect(error.message).not.toMatch(/login|xxx/);
  });
});
