import { DataError, TransientError } from "../../errors.ts";
import { locatePath, parsePath } from "../../json/path.ts";
import { scalarText } from "../../json/scan.ts";
import { hidden } from "../../words/hidden-text.ts";
import type { Paging } from "./http-paging.ts";

/** An answer that says how many records there are in all. */
export interface CountedAnswer {
  readonly text: Buffer;
  /** Where the text's value begins. */
  readonly root: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

/** Compares how many records came with how many the API says there are. */
export interface TotalCheck {
  /** Throws a DataError when an answer does not say it. */
  add(rows: number, answer: CountedAnswer): void;
  /** Whether as many records have come as there are. */
  isReached(): boolean;
  /** Call after the last page. Throws a TransientError when records are missing, or have come twice: most often they moved meanwhile. */
  end(): void;
}

/** The largest of the answers' words counts: a record that is deleted while pages are read can hide another one. */
export function createTotalCheck(name: string, { field, header }: NonNullable<Paging["total"]>): TotalCheck {
  const place = field === undefined ? `header ${header}` : `field ${field}`;
  let rows = 0;
  let total = 0n;
  return {
    add: (more, answer) => {
      rows += more;
      const said = field === undefined ? headerText(answer, header ?? "") : fieldText(answer, field);
      if (said === undefined || !/^\d{1,18}$/.test(said)) {
        throw new DataError(
          "NoTotal",
          `${name}: expected a whole number in the ${place}, found ${said === undefined ? "nothing" : hidden(JSON.stringify(said.slice(0, 60)), "something else")}. Correct from.http.paging.total`,
        );
      }
      if (BigInt(said) > total) total = BigInt(said);
    },
    isReached: () => BigInt(rows) >= total,
    end: () => {
      if (BigInt(rows) === total) return;
      const what = BigInt(rows) < total ? "A page was dropped" : "A page came twice";
      throw new TransientError(
        "TotalMismatch",
        `${name}: expected ${total} records as the ${place} says, found ${rows} in all pages. ${what}, or the data moved while it was read`,
      );
    },
  };
}

function headerText({ headers }: CountedAnswer, header: string): string | undefined {
  return [headers[header.toLowerCase()]].flat()[0]?.trim();
}

function fieldText({ text, root }: CountedAnswer, field: string): string | undefined {
  const at = locatePath(text, root, parsePath(field));
  return at === undefined ? undefined : scalarText(text, at);
}
