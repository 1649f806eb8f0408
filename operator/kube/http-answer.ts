import { ApiError, NO_ANSWER } from "./api-error.ts";
import type { HttpCall } from "./http-call.ts";
import { isJsonObject } from "./json.ts";
import { boundedRetryAfter } from "./retry-after.ts";

/** Enough for any message of the API server, and little enough for a log line. */
const MESSAGE_CHARACTERS_MAX = 1_000;

/** The body as text. Throws an ApiError when it is longer than `bytesMax`; the rest is then not read. */
export async function readBody(call: HttpCall, body: AsyncIterable<Buffer>, bytesMax: number): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    if (bytes > bytesMax) throw answerTooLarge(call, bytesMax);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

/** The body as JSON; throws an ApiError that does not quote it. */
export function parseBody<T>(call: HttpCall, body: string): T {
  try {
    return JSON.parse(body) as T;
  } catch (error) {
    throw notJson(call, error);
  }
}

/** A 413 of ours: the same question would get the same answer. */
export function answerTooLarge(call: HttpCall, bytesMax: number): ApiError {
  const facts = { ...call, status: 413, reason: "AnswerTooLarge" };
  return new ApiError(`expected an answer of at most ${bytesMax} bytes, found more`, facts);
}

/** What came is not the API server's. */
export function notJson(call: HttpCall, cause?: unknown): ApiError {
  const facts = { ...call, status: 502, reason: "NotJson" };
  return new ApiError("expected JSON, found something else: is there a proxy between?", facts, cause);
}

type Headers = Readonly<Record<string, string | string[] | undefined>>;

/** What an answer with an error status says: the API server's Status object, or whatever a proxy wrote instead. */
export function answerError(call: HttpCall, status: number, headers: Headers, body: string): ApiError {
  return statusError(call, parseOrUndefined(body), {
    status,
    message: body.slice(0, MESSAGE_CHARACTERS_MAX) || "no message",
    retryAfterMs: boundedRetryAfter([headers["retry-after"]].flat()[0], Date.now()),
  });
}

interface Otherwise {
  readonly status: number;
  readonly message: string;
  readonly retryAfterMs?: number | undefined;
}

/** An ApiError from a Status object; `otherwise` fills in what it does not say. */
export function statusError(call: HttpCall, body: unknown, otherwise: Otherwise): ApiError {
  const said = isJsonObject(body) ? body : {};
  const details = isJsonObject(said.details) ? said.details : {};
  const seconds = details.retryAfterSeconds;
  const message = typeof said.message === "string" ? said.message : otherwise.message;
  return new ApiError(message.slice(0, MESSAGE_CHARACTERS_MAX), {
    ...call,
    status: otherwise.status,
    reason: typeof said.reason === "string" && said.reason !== "" ? said.reason : "Unknown",
    retryAfterMs: otherwise.retryAfterMs ?? (typeof seconds === "number" ? seconds * 1000 : undefined),
  });
}

/** Everything that is not an answer of the server's. ApiErrors and the caller's own abort pass. */
export function noAnswer(call: HttpCall, deadline: AbortSignal, error: unknown): unknown {
  if (error instanceof ApiError) return error;
  if (call.signal?.aborted) return call.signal.reason;
  return deadline.aborted
    ? new ApiError("no answer within the deadline", { ...call, status: NO_ANSWER, reason: "DeadlineExceeded" }, error)
    : new ApiError(reasonOf(error), { ...call, status: NO_ANSWER, reason: "NoAnswer" }, error);
}

/** Of several failed addresses, as of localhost's two, Node says nothing but their code. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.message || String((error as NodeJS.ErrnoException).code ?? error.name);
}

function parseOrUndefined(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
