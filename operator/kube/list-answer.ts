import type { ApiObject } from "../kinds/objects.ts";
import { answerTooLarge, notJson, parseBody } from "./http-answer.ts";
import type { HttpCall } from "./http-call.ts";
import type { Page } from "./kube.ts";
import { ListScanner } from "./list-scanner.ts";
import { isUnread, readObject, tooLarge, type UnreadObject } from "./unread.ts";

export interface ListReading<T> {
  readonly objectBytesMax: number;
  /** Of the whole answer; without it the answer is as long as it is. */
  readonly pageBytesMax?: number | undefined;
  readonly project?: ((object: T) => T) | undefined;
}

interface ListHead {
  readonly metadata?: { readonly resourceVersion?: string; readonly continue?: string };
}

/**
 * A page of a list, read object by object: only what `project` leaves of each is kept. An object that is larger than its bound is
 * passed over. Throws an ApiError with the reason AnswerTooLarge for a page that is longer than its own bound, and NotJson for what
 * is no list.
 */
export async function readList<T extends ApiObject>(
  call: HttpCall,
  body: AsyncIterable<Buffer>,
  { objectBytesMax, pageBytesMax = Number.POSITIVE_INFINITY, project }: ListReading<T>,
): Promise<Page<T>> {
  const items: T[] = [];
  const unread: UnreadObject[] = [];
  const scanner = new ListScanner({
    objectBytesMax,
    object: (json) => {
      const read = readObject(parseBody<T>(call, json.toString("utf8")), project);
      if (isUnread(read)) unread.push(read);
      else items.push(read);
    },
    tooLarge: (begin) => {
      const object = tooLarge(begin, objectBytesMax);
      if (object === undefined) throw notJson(call);
      unread.push(object);
    },
  });
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    if (bytes > pageBytesMax) throw answerTooLarge(call, pageBytesMax);
    scanner.push(chunk);
  }
  const { metadata } = parseBody<ListHead>(call, scanner.end());
  return {
    items,
    unread,
    bytes,
    resourceVersion: metadata?.resourceVersion ?? "",
    ...(metadata?.continue ? { next: metadata.continue } : {}),
  };
}
