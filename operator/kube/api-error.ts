/** No answer came: the connection failed, or the deadline passed. Whether the server acted is not known. */
export const NO_ANSWER = 0;

export interface ApiErrorFacts {
  /** HTTP status, or {@link NO_ANSWER}. */
  readonly status: number;
  /** The reason of the API server's Status object (`NotFound`, `AlreadyExists`, `Conflict`), or one of our own. */
  readonly reason: string;
  readonly verb: string;
  /** Plural, with the subresource after a slash. */
  readonly resource: string;
  readonly namespace?: string | undefined;
  readonly name?: string | undefined;
  /** How long the server asked to be left alone. */
  readonly retryAfterMs?: number | undefined;
}

/** A call to the API server that did not do what was asked. It never carries a header, a token or a request body. */
export class ApiError extends Error implements ApiErrorFacts {
  readonly status: number;
  readonly reason: string;
  readonly verb: string;
  readonly resource: string;
  readonly namespace: string | undefined;
  // Error.name is taken: the object's name is kept under another word.
  readonly objectName: string | undefined;
  readonly retryAfterMs: number | undefined;

  constructor(message: string, facts: ApiErrorFacts, cause?: unknown) {
    super(describe(message, facts), cause === undefined ? undefined : { cause });
    this.name = "ApiError";
    this.status = facts.status;
    this.reason = facts.reason;
    this.verb = facts.verb;
    this.resource = facts.resource;
    this.namespace = facts.namespace;
    this.objectName = facts.name;
    this.retryAfterMs = facts.retryAfterMs;
  }
}

function describe(message: string, facts: ApiErrorFacts): string {
  const object = [facts.namespace, facts.name].filter((part) => part !== undefined).join("/");
  const target = object === "" ? facts.resource : `${facts.resource} ${object}`;
  const outcome = facts.status === NO_ANSWER ? facts.reason : `${facts.status} ${facts.reason}`;
  return `${facts.verb} ${target}: ${outcome}: ${message}`;
}

function hasStatus(error: unknown, status: number): error is ApiError {
  return error instanceof ApiError && error.status === status;
}

export function isNotFound(error: unknown): error is ApiError {
  return hasStatus(error, 404);
}

/** The object of this name exists already; a {@link isConflict} that only a create can meet. */
export function isAlreadyExists(error: unknown): error is ApiError {
  return hasStatus(error, 409) && error.reason === "AlreadyExists";
}

/** A resourceVersion or uid that the call insisted on is not the object's. */
export function isConflict(error: unknown): error is ApiError {
  return hasStatus(error, 409) && error.reason !== "AlreadyExists";
}

/** The resourceVersion or continue token is older than what the server remembers. */
export function isGone(error: unknown): error is ApiError {
  return hasStatus(error, 410);
}

/** The API server does not take the object as it is: it is too large (413), or not what its schema says (400, 422). */
export function isBadObject(error: unknown): error is ApiError {
  return [400, 413, 422].some((status) => hasStatus(error, status));
}

/** The port itself holds the write back, for reasons of its own: the API server has said nothing. */
export function isOfThePort({ reason }: ApiError): boolean {
  return reason === "NotLeading" || reason === "NotGranted";
}
