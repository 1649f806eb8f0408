import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { expect, test } from "vitest";
import { type ObjectSource, readObjectBody } from "../../../../task-image/object-store/object-body.ts";

const BYTES = Buffer.from("0123456789");

/** One answer of the store: so many bytes from the offset on, and how it ends. */
interface Answer {
  readonly bytes: number;
  readonly end: "done" | "broken" | "silent" | "refused";
}

/** A store that answers one request after the other as `answers` say, and everything after them. */
function source(answers: readonly Answer[], more: Partial<ObjectSource> = {}) {
  const offsets: number[] = [];
  const pauses: number[] = [];
  const open = (offset: number): Promise<Readable> => {
    const answer = answers[offsets.length] ?? { bytes: BYTES.length, end: "done" };
    offsets.push(offset);
    if (answer.end === "refused") return Promise.reject(new Error("refused"));
    return Promise.resolve(bodyOf(BYTES.subarray(offset, offset + answer.bytes), answer.end));
  };
  const whole: ObjectSource = {
    uri: "s3://lake/x",
    bytes: BYTES.length,
    open,
    mayRetry: (error) => (error as Error).message !== "refused",
    explain: (error) => new Error(`reading s3://lake/x: ${(error as Error).message}`),
    pause: (fruitless) => Promise.resolve(void pauses.push(fruitless)),
    ...more,
  };
  return { source: whole, offsets, pauses };
}

function bodyOf(bytes: Buffer, end: "done" | "broken" | "silent"): Readable {
  const body = new Readable({ read: () => undefined });
  if (bytes.length > 0) body.push(bytes);
  if (end === "done") body.push(null);
  if (end === "broken") setImmediate(() => body.destroy(new Error("broken off")));
  return body;
}

const text = async (from: ObjectSource) => (await buffer(readObjectBody(from))).toString();

test("a body that is cut short goes on where it stopped", async () => {
  const { source: from, offsets } = source([
    { bytes: 3, end: "done" },
    { bytes: 4, end: "done" },
  ]);
  expect(await text(from)).toBe("0123456789");
  expect(offsets).toEqual([0, 3, 7]);
});

test("a body that breaks off or falls silent is asked for again, and no byte comes twice", async () => {
  const { source: from, offsets } = source(
    [
      { bytes: 5, end: "silent" },
      { bytes: 0, end: "broken" },
    ],
    { idleMs: 20 },
  );
  expect(await text(from)).toBe("0123456789");
  expect(offsets).toEqual([0, 5, 5]);
});

test("requests in a row that bring nothing end after five, each later than the one before it", async () => {
  const nothing = Array.from({ length: 9 }, (): Answer => ({ bytes: 0, end: "done" }));
  const { source: from, pauses } = source(nothing);
  await expect(text(from)).rejects.toMatchObject({
    kind: "transient",
    code: "ObjectLength",
    message: expect.stringContaining("s3://lake/x was listed with 10 bytes, and 0 came"),
  });
  expect(pauses).toEqual([1, 2, 3, 4]);
});

test("progress starts the count of requests in vain again", async () => {
  const answers = Array.from({ length: 18 }, (_, index): Answer => ({ bytes: index % 2, end: "done" }));
  expect(await text(source(answers).source)).toBe("0123456789");
});

test("an error that no second request can mend ends the body at once, in the words that explain it", async () => {
  const { source: from, offsets } = source([{ bytes: 0, end: "refused" }]);
  await expect(text(from)).rejects.toThrow("reading s3://lake/x: refused");
  expect(offsets).toHaveLength(1);
});

test("a body longer than the object is an error, not data", async () => {
  await expect(text({ ...source([]).source, bytes: 4 })).rejects.toThrow("was listed with 4 bytes, and 10 came");
});

test("an object without bytes is not asked for", async () => {
  const { source: from, offsets } = source([], { bytes: 0 });
  expect(await text(from)).toBe("");
  expect(offsets).toEqual([]);
});
