import { expect, test } from "vitest";
import { partBytes, type UploadRequests, uploadObject } from "../../../../task-image/object-store/multipart-upload.ts";

const MIB = 1024 * 1024;
const PART = 8 * MIB;

/** A store in memory. What it was given is copied, because buffers are used again. */
function memoryStore(part: (number: number) => Promise<void> = () => Promise.resolve()) {
  const parts = new Map<number, Buffer>();
  const memory = new Set<ArrayBufferLike>();
  const store = { object: undefined as Buffer | undefined, uploads: 0, parts, memory };
  const requests: UploadRequests = {
    put: (bytes) => {
      store.object = Buffer.from(bytes);
      return Promise.resolve("put");
    },
    begin: () => {
      store.uploads += 1;
      return Promise.resolve("upload");
    },
    part: async (_upload, number, bytes) => {
      memory.add(bytes.buffer);
      await part(number);
      parts.set(number, Buffer.from(bytes));
      return `etag-${number}`;
    },
    complete: (_upload, etags) => {
      store.object = Buffer.concat(etags.map((etag) => parts.get(Number(etag.slice(5))) as Buffer));
      store.uploads -= 1;
      parts.clear();
      return Promise.resolve(`parts-${etags.length}`);
    },
    abort: () => {
      store.uploads -= 1;
      parts.clear();
      return Promise.resolve();
    },
  };
  return { store, requests };
}

/** Chunks of odd lengths that are overwritten as soon as the next one is asked for. */
async function* chunksOf(bytes: Buffer, length = 1_000_003): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += length) {
    const chunk = await Promise.resolve(Buffer.from(bytes.subarray(at, at + length)));
    yield chunk;
    chunk.fill(0);
  }
}

function patterned(length: number): Buffer {
  const bytes = Buffer.alloc(length);
  for (let at = 0; at + 4 <= length; at += 4096) bytes.writeUInt32LE(at, at);
  return bytes;
}

test.each([0, 1, PART - 1, PART])("an object of %i bytes is written at once", async (length) => {
  const { store, requests } = memoryStore();
  const bytes = patterned(length);
  expect(await uploadObject(requests, chunksOf(bytes))).toEqual({ bytes: length, etag: "put" });
  expect(store.object?.equals(bytes)).toBe(true);
  expect(store.uploads).toBe(0);
});

test("a long object comes whole through two buffers, also when parts end in another order", async () => {
  const even: (() => void)[] = [];
  const { store, requests } = memoryStore(async (number) => {
    if (number % 2 === 1) return even.pop()?.();
    if (number < 8) await new Promise<void>((resolve) => even.push(resolve));
  });
  const bytes = patterned(8 * PART + 17);
  expect(await uploadObject(requests, chunksOf(bytes))).toEqual({ bytes: bytes.length, etag: "parts-9" });
  expect(store.object?.equals(bytes)).toBe(true);
  expect(store.memory.size).toBe(2);
});

test("a part that fails ends the upload at once, though the body gives nothing, and no part stays", async () => {
  const { store, requests } = memoryStore((number) =>
    number === 2 ? Promise.reject(new Error("the store is full")) : Promise.resolve(),
  );
  const stuck = async function* () {
    yield* chunksOf(patterned(2 * PART + 1));
    await new Promise(() => undefined);
  };
  await expect(uploadObject(requests, stuck())).rejects.toThrow("the store is full");
  expect(store).toMatchObject({ object: undefined, uploads: 0 });
  expect(store.parts.size).toBe(0);
});

test("a body that fails waits for the parts on their way, so that none stays", async () => {
  let arrive: () => void = () => undefined;
  const { store, requests } = memoryStore((number) =>
    number === 1 ? new Promise<void>((resolve) => (arrive = resolve)) : Promise.resolve(),
  );
  const failing = async function* () {
    yield* chunksOf(patterned(PART + 1));
    setImmediate(() => arrive());
    throw new Error("the source broke off");
  };
  await expect(uploadObject(requests, failing())).rejects.toThrow("the source broke off");
  expect(store).toMatchObject({ object: undefined, uploads: 0 });
  expect(store.parts.size).toBe(0);
});

test("an object that cannot be completed leaves no part", async () => {
  const { store, requests } = memoryStore();
  const complete = () => Promise.reject(new Error("no answer"));
  await expect(uploadObject({ ...requests, complete }, chunksOf(patterned(PART + 1)))).rejects.toThrow("no answer");
  expect(store).toMatchObject({ object: undefined, uploads: 0 });
});

test("parts are of 8 MiB for the first 39 GiB and hold S3's longest object, and none is longer than S3 takes", () => {
  const lengths = Array.from({ length: 10_000 }, (_, index) => partBytes(index + 1));
  expect(new Set(lengths.slice(0, 5000))).toEqual(new Set([PART]));
  expect(lengths[5000]).toBe(2 * PART);
  expect(Math.max(...lengths)).toBeLessThanOrEqual(5 * 1024 * MIB);
  expect(lengths.reduce((sum, each) => sum + each, 0)).toBeGreaterThanOrEqual(5 * MIB * MIB);
});
