import type { Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import type { Dispatcher } from "undici";
import { ConfigurationError } from "../errors.ts";

/** The bytes of an answer, gzip undone. */
export function decoded({ body, headers }: Pick<Dispatcher.ResponseData, "body" | "headers">): Readable {
  if (headers["content-encoding"] !== "gzip") return body;
  const gunzip = createGunzip();
  body.on("error", (error) => gunzip.destroy(error));
  return body.pipe(gunzip);
}

/** The whole body. Throws a ConfigurationError when it is longer than `bytesMax`. */
export async function collect(body: Readable, bytesMax: number, connection: string): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > bytesMax) {
      throw new ConfigurationError(
        "AnswerTooLong",
        `connection ${connection}: an answer has more than ${bytesMax} bytes. Ask for smaller pages`,
      );
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** The beginning of a body, for messages. */
export async function beginningOf(body: Readable, lengthMax: number): Promise<string> {
  let text = "";
  for await (const chunk of body) {
    text += String(chunk);
    if (text.length >= lengthMax) break;
  }
  return text;
}
