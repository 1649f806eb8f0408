import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { expect, test } from "vitest";
import {
  type ObjectAnswer,
  type ObjectSource,
  readObjectBody,
} from "../../../../task-image/object-store/object-body.ts";

const BYTES = Buffer.from("0123456789");

/** One answer of the store: so many bytes from the offset on, and how it ends. */
interface Answer {
  readonly bytes: number;
  readonly end: "done" | "broken" | "silent" | "refused";
  /** The store has not looked at the range: all bytes from the first on. */
  readonly whole?: true;
  /** What the header says in the place of the truth. */
  readonly contentRange?: string;
}

/** A store that answers one request after the other as `answers` say, and everything after them. */
function source(answers: readonly Answer[], more: Partial<ObjectSource> = {}) {
  const offsets: number[] = [];
  const pauses: number[] = [];
  const open = (offset: number): Promise<ObjectAnswer> => {
    const answer: Answer = answers[offsets.length] ?? { bytes: BYTES.length, end: "done" };
    offsets.push(offset);
    if (answer.end === "refused") return Promise.reject(new Error("refused"));
    if (answer.whole === true) return Promise.resolve({ body: bodyOf(BYTES.subarray(0, answer.bytes), answer.end) });
    const body = bodyOf(BYTES.subarray(offset, offset + answer.bytes), answer.end);
    const asked = offset === 0 ? undefined : `bytes ${offset}-9/10`;
    return Promise.resolve({ body, contentRange: answer.contentRange ?? asked });
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

test("a store that answers a range with the whole object doubles no byte", async () => {
  const { source: from, offsets } = source([
    { bytes: 4, end: "done" },
    { bytes: 7, end: "broken", whole: true },
    { bytes: 2, end: "done", whole: true },
    { bytes: 10, end: "done", whole: true },
  ]);
  expect(await text(from)).toBe("0123456789");
  expect(offsets).toEqual([0, 4, 7, 7]);
});

test.each(["bytes 5-9/10", "bytes 4-9/12", "items 4-9/10"])(
  "the range %s in the place of 4-9/10 is refused",
  async (contentRange) => {
    const wrong: Answer = { bytes: 6, end: "done", contentRange };
    const { source: from } = source([{ bytes: 4, end: "done" }, wrong], {
      mayRetry: () => false,
      explain: (error) => error as Error,
    });
    await expect(text(from)).rejects.toMatchObject({
      kind: "transient",
      code: "ObjectRange",
      message: expect.stringContaining(`the bytes from 4 on of 10, found the header Content-Range "${contentRange}"`),
    });
  },
);

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
