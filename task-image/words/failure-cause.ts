import { hidden } from "./hidden-text.ts";

/** What the log says of the error behind a failure: where it was made, and in its own words only what it hides. */
export function describeCause(cause: unknown): { readonly stack?: string } {
  if (!(cause instanceof Error) || cause.stack === undefined) return {};
  // A stack begins with the error's message, which may quote values.
  const at = cause.stack.indexOf(cause.message);
  const frames = at < 0 || cause.message === "" ? cause.stack : cause.stack.slice(at + cause.message.length);
  const places = frames.split("\n").filter((line) => /^\s+at /.test(line));
  return { stack: `${cause.name}${hidden(`: ${cause.message}`)}\n${places.join("\n")}` };
}
