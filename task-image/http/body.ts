import type { Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import type { Dispatcher } from "undici";
import { ConfigurationError } from "../errors.ts";

/** The bytes of an answer, gzip undone. Undefined for an encoding that was not asked for. */
export function decoded({ body, headers }: Pick<Dispatcher.ResponseData, "body" | "headers">): Readable | undefined {
  const encoding = encodingOf(headers);
  if (encoding === "" || encoding === "identity") return body;
  if (encoding !== "gzip" && encoding !== "x-gzip") return undefined;
  const gunzip = createGunzip();
  body.on("error", (error) => gunzip.destroy(error));
  return body.pipe(gunzip);
}

/** The header Content-Encoding (RFC 9110, 8.4), in which case does not count. */
function encodingOf(headers: Dispatcher.ResponseData["headers"]): string {
  return [headers["content-encoding"] ?? []].flat().join(", ").trim().toLowerCase();
}

/** What is wrong with an answer that {@link decoded} has no bytes of. */
export function unknownEncoding(connection: string, request: string, { headers }: Dispatcher.ResponseData) {
  return new ConfigurationError(
    "UnknownEncoding",
    `connection ${connection}: ${request} answered in the encoding ${encodingOf(headers)}, expected gzip or none, which is all that was asked for. Set the header accept-encoding of the connection to identity, or correct the server`,
  );
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

/** The beginning of a body, for messages; nothing of one that cannot be read. */
export async function beginningOf(body: Readable | undefined, lengthMax: number): Promise<string> {
  let text = "";
  if (body === undefined) return text;
  for await (const chunk of body) {
    text += String(chunk);
    if (text.length >= lengthMax) break;
  }
  return text;
}
