import type { IncomingMessage } from "node:http";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { REPORT_BYTES_MAX } from "#api/report.ts";

const unzip = promisify(gunzip);

/** Bytes of bodies that may be read at the same time. */
const UNDER_WAY_MAX = 32 * 1024 * 1024;

export type Body = { readonly json: unknown; readonly bytes: number } | BodyProblem;
export interface BodyProblem {
  readonly status: 400 | 413 | 503;
  readonly message: string;
}

const TOO_LARGE: BodyProblem = { status: 413, message: `expected at most ${REPORT_BYTES_MAX} bytes` };

/** Reads the bodies of messages, each up to its bound and all of them together up to theirs. */
export class Bodies {
  #underWay = 0;

  /** Undefined when the sender goes away. */
  async read(request: IncomingMessage): Promise<Body | undefined> {
    const isZipped = request.headers["content-encoding"] === "gzip";
    if (!isZipped && request.headers["content-encoding"] !== undefined) {
      return { status: 400, message: "expected no content-encoding, or gzip" };
    }
    const announced = Number(request.headers["content-length"] ?? REPORT_BYTES_MAX);
    if (!(announced <= REPORT_BYTES_MAX)) return TOO_LARGE;
    const reserved = isZipped ? REPORT_BYTES_MAX : announced;
    if (this.#underWay + reserved > UNDER_WAY_MAX) return { status: 503, message: "too many messages at once" };
    this.#underWay += reserved;
    try {
      const bytes = await collect(request);
      if (!Buffer.isBuffer(bytes)) return bytes === "gone" ? undefined : TOO_LARGE;
      return isZipped ? await unzipped(bytes) : parsed(bytes);
    } finally {
      this.#underWay -= reserved;
    }
  }
}

/** What is beyond the bound is read and thrown away, so that the sender hears the answer. */
function collect(request: IncomingMessage): Promise<Buffer | "long" | "gone"> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    request.on("data", (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= REPORT_BYTES_MAX) chunks.push(chunk);
      else resolve("long");
    });
    request.once("end", () => resolve(Buffer.concat(chunks)));
    request.once("error", () => resolve("gone"));
    request.once("close", () => resolve("gone"));
  });
}

async function unzipped(bytes: Buffer): Promise<Body> {
  try {
    return parsed(await unzip(bytes, { maxOutputLength: REPORT_BYTES_MAX }));
  } catch (error) {
    const isLong = (error as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE";
    return isLong ? TOO_LARGE : { status: 400, message: "expected a body in gzip, found something else" };
  }
}

function parsed(bytes: Buffer): Body {
  try {
    return { json: JSON.parse(bytes.toString("utf8")) as unknown, bytes: bytes.length };
  } catch {
    return { status: 400, message: "expected JSON, found something else" };
  }
}
