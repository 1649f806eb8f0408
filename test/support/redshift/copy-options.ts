import { isSequence, type Token } from "./tokens.ts";

/** A COPY as the stand-in carries it out. */
export interface CopyCommand {
  readonly schema: string | undefined;
  readonly table: string;
  readonly columns: readonly string[];
  readonly from: string;
  readonly credentials:
    | { readonly role: string }
    | { readonly accessKeyId: string; readonly secretAccessKey: string; readonly sessionToken?: string };
  readonly region: string;
  readonly format: "csv" | "json";
  /** `auto`, `auto ignorecase` or the URI of a JSONPaths object. */
  readonly json: string;
  readonly delimiter: string;
  readonly quote: string;
  readonly null: string;
  readonly ignoreHeader: number;
  readonly compression: "none" | "gzip" | "zstd";
  readonly timeAuto: boolean;
  readonly roundDecimals: boolean;
  readonly maxError: number;
}

export class CopySyntaxError extends Error {}

/** "COPY", syntax. Throws a CopySyntaxError for anything else, and for what COPY wants and has not got. */
export function parseCopy(tokens: readonly Token[]): CopyCommand {
  const reader = new OptionReader(tokens, 1);
  const first = reader.name();
  const isQualified = reader.take(".");
  const table = isQualified ? reader.name() : first;
  const columns: string[] = [];
  if (reader.take("(")) {
    do columns.push(reader.name());
    while (reader.take(","));
    reader.expect(")");
  }
  reader.expect("FROM");
  const from = reader.literal();
  const options = readOptions(reader);
  if (!options.manifest) throw new CopySyntaxError("the stand-in reads objects by a manifest alone");
  const { role, accessKeyId, secretAccessKey, sessionToken, manifest: _manifest, ...rest } = options;
  const keys = accessKeyId !== undefined && secretAccessKey !== undefined;
  if (role === undefined && !keys)
    throw new CopySyntaxError("COPY needs authorization: IAM_ROLE, or ACCESS_KEY_ID and SECRET_ACCESS_KEY");
  const credentials =
    role !== undefined
      ? { role }
      : {
          accessKeyId: accessKeyId ?? "",
          secretAccessKey: secretAccessKey ?? "",
          ...(sessionToken === undefined ? {} : { sessionToken }),
        };
  return { schema: isQualified ? first : undefined, table, columns, from, credentials, ...rest };
}

type Options = Omit<CopyCommand, "schema" | "table" | "columns" | "from" | "credentials"> & {
  readonly role?: string;
  readonly accessKeyId?: string;
  readonly secretAccessKey?: string;
  readonly sessionToken?: string;
  readonly manifest: boolean;
};

const DEFAULTS: Options = {
  manifest: false,
  region: "us-east-1",
  format: "csv",
  json: "auto",
  delimiter: ",",
  quote: '"',
  null: "\\N",
  ignoreHeader: 0,
  compression: "none",
  timeAuto: false,
  roundDecimals: false,
  maxError: 0,
};

/** "Authorization parameters", "Data format parameters", "Data conversion parameters", "Data load operations". */
const OPTIONS: Readonly<Record<string, (reader: OptionReader) => Partial<Options>>> = {
  IAM_ROLE: (reader) => ({ role: reader.take("DEFAULT") ? "default" : reader.literal() }),
  ACCESS_KEY_ID: (reader) => ({ accessKeyId: reader.literal() }),
  SECRET_ACCESS_KEY: (reader) => ({ secretAccessKey: reader.literal() }),
  SESSION_TOKEN: (reader) => ({ sessionToken: reader.literal() }),
  REGION: (reader) => ({ region: reader.literal() }),
  MANIFEST: () => ({ manifest: true }),
  FORMAT: (reader) => {
    reader.take("AS");
    return {};
  },
  CSV: () => ({ format: "csv" }),
  JSON: (reader) => ({ format: "json", json: reader.literal() }),
  DELIMITER: (reader) => ({ delimiter: reader.literal() }),
  QUOTE: (reader) => ({ quote: reader.literal() }),
  NULL: (reader) => {
    reader.expect("AS");
    return { null: reader.literal() };
  },
  IGNOREHEADER: (reader) => ({ ignoreHeader: reader.number() }),
  GZIP: () => ({ compression: "gzip" }),
  ZSTD: () => ({ compression: "zstd" }),
  TIMEFORMAT: (reader) => ({ timeAuto: reader.literal() === "auto" }),
  ROUNDEC: () => ({ roundDecimals: true }),
  COMPUPDATE: (reader) => reader.off(),
  STATUPDATE: (reader) => reader.off(),
  MAXERROR: (reader) => ({ maxError: reader.number() }),
};

function readOptions(reader: OptionReader): Options {
  let options = DEFAULTS;
  for (let word = reader.word(); word !== undefined; word = reader.word()) {
    const read = OPTIONS[word];
    if (read === undefined) throw new CopySyntaxError(`syntax error at or near "${word}"`);
    options = { ...options, ...read(reader) };
  }
  if (options.maxError > 100_000) throw new CopySyntaxError("MAXERROR must be from 0 to 100000");
  return options;
}

class OptionReader {
  readonly #tokens: readonly Token[];
  #at: number;

  constructor(tokens: readonly Token[], at: number) {
    this.#tokens = tokens;
    this.#at = at;
  }

  take(word: string): boolean {
    if (!isSequence(this.#tokens, this.#at, word)) return false;
    this.#at += 1;
    return true;
  }

  expect(word: string): void {
    if (!this.take(word))
      throw new CopySyntaxError(
        `syntax error at or near "${this.#tokens[this.#at]?.sql ?? "the end"}": ${word} is expected`,
      );
  }

  /** What the stand-in does anyway. */
  off(): Partial<Options> {
    this.expect("OFF");
    return {};
  }

  /** The next word, or undefined at the end. */
  word(): string | undefined {
    const token = this.#tokens[this.#at];
    if (token === undefined) return undefined;
    this.#at += 1;
    return token.kind === "word" ? token.text : token.sql;
  }

  name(): string {
    return this.#next("word", "name").replace(/[A-Z]/g, (letter) => letter.toLowerCase());
  }

  literal(): string {
    return this.#next("literal");
  }

  number(): number {
    return Number(this.#next("number"));
  }

  #next(...kinds: readonly Token["kind"][]): string {
    const token = this.#tokens[this.#at];
    if (token === undefined || !kinds.includes(token.kind)) {
      throw new CopySyntaxError(
        `syntax error at or near "${token?.sql ?? "the end"}": a ${kinds.join(" or ")} is expected`,
      );
    }
    this.#at += 1;
    return token.text;
  }
}
