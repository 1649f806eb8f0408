import type { Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Session } from "./session.ts";

/** Bytes that wait between the two ends. */
const BUFFER_BYTES = 256 * 1024;

/** What a COPY moved: rows as both servers counted them, and bytes of row data. */
export interface Copied {
  readonly rowsRead: number;
  readonly rowsWritten: number;
  readonly bytes: number;
}

export interface CopyStatements {
  readonly from: Session;
  /** `COPY … TO STDOUT` */
  readonly out: string;
  readonly to: Session;
  /** `COPY … FROM STDIN`, in the same format. */
  readonly in: string;
}

/**
 * Moves rows from one server to the other as the bytes that the first one sends; no row is looked at here. Memory is bounded by
 * the buffers of the two sockets. When it rejects, both sessions are closed, because a COPY that stands still cannot be ended
 * in any other way.
 */
export async function copy(statements: CopyStatements, onBytes: (bytes: number) => void): Promise<Copied> {
  const { from: copyFrom } = (await import("pg-copy-streams")).default;
  const { to } = statements;
  const input = to.client.query(copyFrom(statements.in, { highWaterMark: BUFFER_BYTES }));
  let bytes = 0;
  try {
    const rowsRead = await copyOut(statements.from, statements.out, input, (chunk) => {
      bytes += chunk.length;
      onBytes(bytes);
    });
    return { rowsRead, rowsWritten: input.rowCount, bytes };
  } catch (error) {
    to.destroy();
    throw error;
  }
}

/** Writes what a `COPY … TO STDOUT` sends and answers the server's count of rows. When it rejects, the session is closed. */
export async function copyOut(
  from: Session,
  statement: string,
  target: Writable,
  onChunk: (chunk: Buffer) => void,
): Promise<number> {
  const { to: copyTo } = (await import("pg-copy-streams")).default;
  const output = from.client.query(copyTo(statement, { highWaterMark: BUFFER_BYTES }));
  // The driver can report the end of a connection a second time, after the pipeline has rejected.
  output.on("error", () => undefined);
  target.on("error", () => undefined);
  output.on("data", onChunk);
  try {
    await pipeline(output, target);
    // The count comes after the last row: an empty query returns when it has been read.
    await from.query("");
    return output.rowCount;
  } catch (error) {
    from.destroy();
    throw error;
  }
}
