import { pipeline } from "node:stream/promises";
import type { Session } from "./session.ts";

/** Bytes that wait between the two connections. */
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
  const { to: copyTo, from: copyFrom } = (await import("pg-copy-streams")).default;
  const { from, to } = statements;
  const output = from.client.query(copyTo(statements.out, { highWaterMark: BUFFER_BYTES }));
  const input = to.client.query(copyFrom(statements.in, { highWaterMark: BUFFER_BYTES }));
  // The driver can report the end of a connection a second time, after the pipeline has rejected.
  output.on("error", () => undefined);
  input.on("error", () => undefined);
  let bytes = 0;
  output.on("data", (chunk: Buffer) => {
    bytes += chunk.length;
    onBytes(bytes);
  });
  try {
    await pipeline(output, input);
    // The source's count comes after its last row: an empty query returns when it has been read.
    await from.query("");
  } catch (error) {
    from.destroy();
    to.destroy();
    throw error;
  }
  return { rowsRead: output.rowCount, rowsWritten: input.rowCount, bytes };
}
