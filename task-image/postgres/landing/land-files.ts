import { DataError } from "../../errors.ts";
import type { RejectedRow } from "../../formats/rejected-row.ts";
import { SEE_VALUES, showReject } from "../../loading/shown-reject.ts";
import { showTable } from "../../sql/identifier.ts";
import { publicReason } from "../public-reason.ts";
import { landCsv } from "./land-csv.ts";
import { landJson } from "./land-json.ts";
import type { FilesToStage, Landed, Landing, LandingPlace } from "./landed-files.ts";
import { type RejectScope, recordRejects } from "./rejects.ts";

/** Rejected rows above the limit that are still collected, so that most messages can say how many there are. */
const SAMPLE_OF_TOO_MANY = 100;

/** Prepares a landing that takes at most `max` rejected rows and a few more. */
export function prepareLanding(place: LandingPlace, wanted: FilesToStage, max: number, firstFile = 0): Landing {
  const rejects: RejectedRow[] = [];
  const reject = (row: RejectedRow) => {
    rejects.push(row);
    if (rejects.length > max + SAMPLE_OF_TOO_MANY) throw tooManyRejects(place.scope, rejects, max);
  };
  const restart = () => {
    rejects.length = 0;
    wanted.restart();
  };
  return { ...place, wanted, firstFile, rejects, reject, restart };
}

/** Brings the rows of files into their landing table as they are, by COPY, and rejected ones into the table of rejects. */
export async function landFiles(landing: Landing): Promise<Landed> {
  const landed = await landRows(landing);
  await recordRejects(landing.session, landing.scope, landing.rejects);
  return { ...landed, rejected: landed.rejected + landing.rejects.length };
}

async function landRows(landing: Landing): Promise<Landed> {
  const { format } = landing.wanted;
  if (format.kind === "csv") return landCsv(landing, format);
  if (format.kind === "parquet") return (await import("./stage-parquet.ts")).landParquet(landing, format);
  return landJson(landing, format);
}

function tooManyRejects({ target, uris }: RejectScope, rejects: readonly RejectedRow[], max: number): DataError {
  const named = rejects.slice(0, 3).map(({ file, line, value, reason }) => {
    return showReject(`${uris[file]}, line ${line}`, { value, reason }, publicReason);
  });
  return new DataError(
    "TooManyRejects",
    `loading ${showTable(target)}: more than ${max} rows (load.rejects.max) are rejected; nothing has been published. ${named.join("; ")}. Correct the files, or load.from.format. ${SEE_VALUES}`,
  );
}
