import { readFileSync } from "node:fs";
import { SourceMap, type SourceMapPayload } from "node:module";
import { fileURLToPath } from "node:url";

/** Frames of V8's stacks end with the place: https://v8.dev/docs/stack-trace-api */
const PLACE = /(file:\/\/[^\s()]+):(\d+):(\d+)/g;
/** Stacks that are kept with their answer: what fails again and again fails in few ways. */
const KEPT_MAX = 50;

const kept = new Map<string, string>();

/**
 * A stack with the places in the sources instead of those in the bundle, where the bundle's map lies beside it. The map is read for a stack
 * alone and forgotten: Node.js' own `--enable-source-maps` holds it from the start, 58 MB of the operator's memory.
 */
export function sourceStack(stack: string): string {
  const known = kept.get(stack);
  if (known !== undefined) return known;
  const maps = new Map<string, SourceMap | undefined>();
  const answer = stack.replace(PLACE, (place, url: string, line: string, column: string) => {
    if (!maps.has(url)) maps.set(url, readMap(url));
    const origin = maps.get(url)?.findOrigin(Number(line), Number(column));
    if (origin === undefined || !("fileName" in origin)) return place;
    return `${origin.fileName}:${origin.lineNumber}:${origin.columnNumber}`;
  });
  if (kept.size >= KEPT_MAX) kept.clear();
  kept.set(stack, answer);
  return answer;
}

/** The map beside a file, or undefined: a stack without it is better than an error about it. */
function readMap(url: string): SourceMap | undefined {
  try {
    return new SourceMap(JSON.parse(readFileSync(`${fileURLToPath(url)}.map`, "utf8")) as SourceMapPayload);
  } catch {
    return undefined;
  }
}
