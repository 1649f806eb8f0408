import { ConfigurationError } from "../errors.ts";

const MIB = 1024 * 1024;
/** Parts that are in memory at the same time: one is sent while the other is filled, or sent too. */
const BUFFERS = 2;
/** Limits of S3: https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html */
const PARTS_MAX = 10_000;
const PART_BYTES = 8 * MIB;
/** From here on parts double, and again after so many more: all of them hold the longest object that S3 takes, 5 TiB. */
const PARTS_OF_ONE_LENGTH = 5000;
const PARTS_BEFORE_DOUBLING = 500;
/** 4 GiB; S3 takes no part of more than 5. */
const DOUBLINGS_MAX = 9;

/** The requests that write one object. None of them may look at its bytes after it has settled: the buffer is used again. */
export interface UploadRequests {
  /** Writes the whole object at once and answers its etag. */
  put(bytes: Buffer): Promise<string>;
  /** Begins an upload in parts and answers its id. */
  begin(): Promise<string>;
  /** Writes a part, counted from 1, and answers its etag. */
  part(upload: string, number: number, bytes: Buffer): Promise<string>;
  /** Makes the object of its parts, given by their etags in order, and answers its etag. */
  complete(upload: string, etags: readonly string[]): Promise<string>;
  /** Ends the upload and takes its parts away. */
  abort(upload: string): Promise<void>;
}

export interface Uploaded {
  readonly bytes: number;
  readonly etag: string;
}

/** Bytes of the part of this number, from 1. The last one may be shorter. */
export function partBytes(number: number): number {
  const longer = Math.max(0, number - PARTS_OF_ONE_LENGTH);
  return PART_BYTES * 2 ** Math.min(DOUBLINGS_MAX, Math.ceil(longer / PARTS_BEFORE_DOUBLING));
}

/**
 * Writes what a body gives as one object, in parts where it is longer than one. Memory is that of two parts, whatever the length.
 * When body or store fail, no part stays.
 */
export async function uploadObject(requests: UploadRequests, body: AsyncIterable<Buffer>): Promise<Uploaded> {
  const upload = new Upload(requests);
  try {
    for await (const chunk of untilFailed(body, upload)) await upload.append(chunk);
    return await upload.end();
  } catch (error) {
    await upload.abort();
    throw error;
  }
}

class Upload {
  readonly #requests: UploadRequests;
  readonly #etags: string[] = [];
  /** Parts on their way. None of these promises rejects. */
  readonly #sending = new Set<Promise<void>>();
  readonly #free: Buffer[] = [];
  #id: string | undefined;
  #filling: Buffer = Buffer.allocUnsafeSlow(PART_BYTES);
  #length = 0;
  #number = 1;
  #bytes = 0;
  #failure: Error | undefined;
  /** Called when a part could not be sent; see {@link failure} for one that could not be sent before. */
  onFailure: (error: Error) => void = () => undefined;

  constructor(requests: UploadRequests) {
    this.#requests = requests;
  }

  /** Why a part could not be sent. */
  get failure(): Error | undefined {
    return this.#failure;
  }

  /** Takes the bytes of a chunk; they may change afterwards. */
  async append(chunk: Buffer): Promise<void> {
    for (let at = 0; at < chunk.length; ) {
      // A full part is sent when one more byte is there: until then it may be the whole object.
      if (this.#length === this.#filling.length) await this.#sendFull();
      const copied = chunk.copy(this.#filling, this.#length, at);
      at += copied;
      this.#length += copied;
      this.#bytes += copied;
    }
  }

  async end(): Promise<Uploaded> {
    const rest = this.#filling.subarray(0, this.#length);
    if (this.#id === undefined) return { bytes: this.#bytes, etag: await this.#requests.put(rest) };
    this.#send(this.#id, rest);
    await Promise.all(this.#sending);
    if (this.#failure !== undefined) throw this.#failure;
    return { bytes: this.#bytes, etag: await this.#requests.complete(this.#id, this.#etags) };
  }

  /** Waits for the parts on their way, because one that arrives later would stay. Never rejects. */
  async abort(): Promise<void> {
    await Promise.all(this.#sending);
    // The failure before this one is what matters; a lifecycle rule of the store can remove what is left of uploads.
    if (this.#id !== undefined) await this.#requests.abort(this.#id).catch(() => undefined);
  }

  async #sendFull(): Promise<void> {
    this.#id ??= await this.#requests.begin();
    this.#send(this.#id, this.#filling);
    if (this.#number > PARTS_MAX) throw tooLong(this.#bytes);
    while (this.#sending.size >= BUFFERS) await Promise.race(this.#sending);
    if (this.#failure !== undefined) throw this.#failure;
    const needed = partBytes(this.#number);
    const free = this.#free.pop();
    this.#filling = free?.length === needed ? free : Buffer.allocUnsafeSlow(needed);
    this.#length = 0;
  }

  #send(upload: string, part: Buffer): void {
    const number = this.#number;
    this.#number += 1;
    const sending = this.#requests.part(upload, number, part).then(
      (etag) => {
        this.#etags[number - 1] = etag;
        this.#free.push(part);
      },
      (error: Error) => {
        this.#failure ??= error;
        this.onFailure(error);
      },
    );
    const settled = sending.finally(() => this.#sending.delete(settled));
    this.#sending.add(settled);
  }
}

/** The chunks of a body; waiting for one ends when a part could not be sent. */
async function* untilFailed(body: AsyncIterable<Buffer>, upload: Upload): AsyncGenerator<Buffer> {
  const chunks = body[Symbol.asyncIterator]();
  try {
    for (;;) {
      const { done, value } = await new Promise<IteratorResult<Buffer>>((resolve, reject) => {
        if (upload.failure !== undefined) return reject(upload.failure);
        upload.onFailure = reject;
        chunks.next().then(resolve, reject);
      });
      if (done === true) return;
      yield value;
    }
  } finally {
    // Not waited for: a body that gives nothing would be waited for too.
    void chunks.return?.().catch(() => undefined);
  }
}

function tooLong(bytes: number): ConfigurationError {
  return new ConfigurationError(
    "ObjectTooLong",
    `expected an object that ${PARTS_MAX} parts hold, found more than ${bytes} bytes. Split what is extracted`,
  );
}
