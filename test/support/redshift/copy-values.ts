/** A column that COPY fills. */
export interface CopyColumn {
  readonly name: string;
  /** As format_type writes it. */
  readonly type: string;
}

export interface BadValue {
  readonly code: number;
  readonly reason: string;
}

const INTEGERS: Readonly<Record<string, bigint>> = { smallint: 15n, integer: 31n, bigint: 63n };
const WORDS: Readonly<Record<string, string>> = {
  ...Object.fromEntries(["t", "true", "1", "yes", "y"].map((word) => [word, "true"])),
  ...Object.fromEntries(["f", "false", "0", "no", "n"].map((word) => [word, "false"])),
};

/**
 * A cell as its column takes it, or what is wrong with it: the codes and reasons are those of "Load error reference". Conversions that
 * COPY makes without a word are made here too, so that tests see them: digits beyond the scale are cut off unless ROUNDEC is set.
 */
export function convert(
  cell: string | null,
  { type }: CopyColumn,
  { timeAuto, roundDecimals }: { readonly timeAuto: boolean; readonly roundDecimals: boolean },
): { readonly value: string | null } | BadValue {
  const [, base = type, first = "", second = "0"] = /^([a-z ]+?)(?:\(([0-9]+)(?:,([0-9]+))?\))?$/.exec(type) ?? [];
  const isText = base === "character varying" || base === "character";
  if (cell === null || (cell === "" && !isText)) return { value: null };
  if (isText) return text(cell, Number(first));
  if (base in INTEGERS) return integer(cell, base);
  if (base === "numeric") return decimal(cell, Number(first), Number(second), roundDecimals);
  return OTHERS[base]?.(cell) ?? timestamp(cell, timeAuto);
}

/** Types whose values need nothing but a look. */
const OTHERS: Readonly<Record<string, (cell: string) => { readonly value: string } | BadValue>> = {
  real: float,
  "double precision": float,
  boolean: (cell) => {
    const value = WORDS[cell.toLowerCase()];
    return value === undefined ? { code: 1210, reason: "Unknown boolean format" } : { value };
  },
  date: (cell) =>
    isDay(cell) ? { value: cell } : { code: 1205, reason: "Invalid Date Format - length must be 10 or more" },
};

function float(cell: string): { readonly value: string } | BadValue {
  const isNumber = /^\s*[-+]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][-+]?[0-9]+)?\s*$/.test(cell);
  return isNumber ? { value: cell } : invalid(cell, "Double");
}

/** "Character types": VARCHAR(n) is n bytes. */
function text(cell: string, bytes: number): { readonly value: string } | BadValue {
  return Buffer.byteLength(cell) <= bytes
    ? { value: cell }
    : { code: 1204, reason: "String length exceeds DDL length" };
}

function integer(cell: string, base: string): { readonly value: string } | BadValue {
  const type = `${base.charAt(0).toUpperCase()}${base.slice(1)}`;
  if (!/^\s*[-+]?[0-9]+\s*$/.test(cell)) return invalid(cell, type);
  const value = BigInt(cell);
  const limit = 2n ** (INTEGERS[base] ?? 0n);
  if (value >= -limit && value < limit) return { value: String(value) };
  return { code: 1208, reason: `Overflow (Value ${cell.slice(0, 20)}, Type: ${type})` };
}

function decimal(
  cell: string,
  precision: number,
  scale: number,
  rounds: boolean,
): { readonly value: string } | BadValue {
  const [, sign = "", whole = "", fraction = ""] = /^\s*([-+]?)([0-9]*)(?:[.]([0-9]*))?\s*$/.exec(cell) ?? [];
  if (whole + fraction === "") return invalid(cell, "Decimal");
  const kept = fraction.padEnd(scale, "0").slice(0, scale);
  let units = BigInt(`${whole}${kept}` || "0");
  if (rounds && fraction.charAt(scale) >= "5") units += 1n;
  if (String(units).length > precision) return { code: 1231, reason: "Numeric data overflow (result precision)" };
  const digits = String(units).padStart(scale + 1, "0");
  const value = scale === 0 ? digits : `${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
  return { value: `${sign}${value}` };
}

function isDay(cell: string): boolean {
  const [, year, month, day] = /^([0-9]{4})-([0-9]{2})-([0-9]{2})$/.exec(cell) ?? [];
  const last = new Date(Date.UTC(Number(year), Number(month), 0)).getUTCDate();
  return day !== undefined && Number(month) >= 1 && Number(month) <= 12 && Number(day) >= 1 && Number(day) <= last;
}

/** "DATEFORMAT and TIMEFORMAT strings", "Using automatic recognition". */
function timestamp(cell: string, auto: boolean): { readonly value: string } | BadValue {
  const [, day = "", time = "", zone = ""] = /^(\S{10})[ T]([0-9:.]+)(Z|[+-][0-9:]+)?$/.exec(cell) ?? [];
  const plain = /^([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9](\.[0-9]{1,6})?)?$/.test(time);
  const isPlain = cell.charAt(10) === " " && zone === "" && /^..:..:..$/.test(time);
  if (isDay(cell) && auto) return { value: `${cell} 00:00:00` };
  if (isDay(day) && plain && (auto || isPlain)) return { value: `${day} ${time}${zone}` };
  return { code: 1206, reason: "Invalid timestamp format or value [YYYY-MM-DD HH24:MI:SS]" };
}

function invalid(cell: string, type: string): BadValue {
  const position = Math.max(0, cell.search(/[^0-9]/));
  return { code: 1207, reason: `Invalid digit, Value '${cell.charAt(position)}', Pos ${position}, Type: ${type}` };
}
