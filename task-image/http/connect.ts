import type { CommandContext, SpecOf } from "../commands/command.ts";
import { type Answer, answerOf } from "../connections/answer.ts";
import { readHttpSettings } from "../connections/http-settings.ts";
import { namedConnection } from "../connections/named-connection.ts";
import { ConfigurationError, reworded } from "../errors.ts";
import { openHttpClient } from "./client.ts";
import { urlBelow } from "./path.ts";

/** A test tells what it finds, and leaves patience to loads. */
const TRIES = 1;
const ANSWER_TIMEOUT_MS = 20_000;

/** Gets the path that the connection names, with its credentials; any 2xx will do. */
export async function askApi(spec: SpecOf<"connect">, connection: string, context: CommandContext): Promise<Answer> {
  const options = namedConnection(spec, connection, "http");
  const settings = await readHttpSettings(connection, options, context.redactor);
  const { signal, redactor } = context;
  await using client = await openHttpClient(settings, {
    signal,
    redactor,
    tries: TRIES,
    answerTimeoutMs: ANSWER_TIMEOUT_MS,
  });
  const begun = context.monotonic();
  const url = urlBelow(settings, options.testPath ?? "");
  const { status, headers, body } = await client.stream({ url, method: "GET" }).catch((error: unknown) => {
    throw options.testPath === undefined ? withPathAdvice(error) : error;
  });
  // Nobody waits for the rest, nor for the error that giving it up is.
  body.on("error", () => undefined).destroy();
  const software = [headers.server].flat()[0];
  return answerOf(`HTTP ${status}${software === undefined ? "" : `, ${software}`}`, begun, context);
}

/** Many APIs have nothing at their base: such an answer says nothing about the paths below it. */
function withPathAdvice(error: unknown): unknown {
  if (!(error instanceof ConfigurationError) || !/^HTTP(400|404|405|410)$/.test(error.code)) return error;
  const text = `${error.message}, or set http.testPath to a path below baseUrl that answers a GET with 2xx`;
  return reworded(error, text, { cause: error });
}
