import { OtherLeader, ReportAnswer, type ReportOrder } from "#api/report.ts";
import { parseRetryAfter } from "#api/retry-after.ts";

/** A response, read to its end. */
export interface Reply {
  readonly status: number;
  readonly body: string;
  readonly retryAfter: string | undefined;
}

/**
 * What a response means.
 *
 * | kind         | response                                | what the task does                                       |
 * |--------------|-----------------------------------------|----------------------------------------------------------|
 * | acknowledged | 200 with a valid body                   | forgets what it has sent; obeys                          |
 * | forgotten    | 409                                     | sends all that it knows                                  |
 * | tooLarge     | 413                                     | sends counts and failed items from now on                |
 * | elsewhere    | 421                                     | asks the leader that is named, else the next address     |
 * | early        | 425                                     | the same again after 50 ms                               |
 * | busy         | 429, 503                                | the same again after Retry-After                         |
 * | refused      | 401, 403                                | gives up                                                 |
 * | nonsense     | any other, and a 200 without a valid body | asks the next address, later and later                 |
 */
export type Answer =
  | { readonly kind: "acknowledged"; readonly order: ReportOrder; readonly everyMs: number }
  | { readonly kind: "forgotten" | "tooLarge" | "early" | "refused" | "nonsense" }
  | { readonly kind: "elsewhere"; readonly leader: string | undefined }
  | { readonly kind: "busy"; readonly retryAfterMs: number | undefined };

/** `wallMs` is the time now, in ms since 1970: Retry-After may name a time. */
export function readAnswer({ status, body, retryAfter }: Reply, wallMs: number): Answer {
  switch (status) {
    case 200: {
      const answer = ReportAnswer.safeParse(parsed(body));
      return answer.success ? { kind: "acknowledged", ...answer.data } : { kind: "nonsense" };
    }
    case 401:
    case 403:
      return { kind: "refused" };
    case 409:
      return { kind: "forgotten" };
    case 413:
      return { kind: "tooLarge" };
    case 421:
      return { kind: "elsewhere", leader: OtherLeader.safeParse(parsed(body)).data?.leader };
    case 425:
      return { kind: "early" };
    case 429:
    case 503:
      return { kind: "busy", retryAfterMs: parseRetryAfter(retryAfter, wallMs) };
    default:
      return { kind: "nonsense" };
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
