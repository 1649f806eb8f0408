import type { ScalarTag, Tags } from "yaml";

/**
 * What plain text in YAML means to PyYAML, which dbt reads with: YAML 1.1 with its own patterns. `yes` is true and `y` is text; `010`
 * is eight and `08` text; `1e3` is text and `1.0e+3` a float; `12:30` is 750. Whole numbers are bigints; dates are text as Python
 * prints them. The patterns are those of its resolver.
 */
const SCALARS: readonly ScalarTag[] = [
  {
    tag: "tag:yaml.org,2002:bool",
    default: true,
    test: /^(?:yes|Yes|YES|true|True|TRUE|on|On|ON|no|No|NO|false|False|FALSE|off|Off|OFF)$/,
    resolve: (text) => /^(?:y|t|on)/i.test(text),
  },
  {
    tag: "tag:yaml.org,2002:int",
    default: true,
    test: /^[-+]?(?:0b[01_]+|0x[0-9a-fA-F_]+|0[0-7_]*|[1-9][0-9_]*(?::[0-5]?[0-9])*)$/,
    resolve: readInteger,
  },
  {
    tag: "tag:yaml.org,2002:float",
    default: true,
    test: /^(?:[-+]?[0-9][0-9_]*\.[0-9_]*(?:[eE][-+][0-9]+)?|\.[0-9][0-9_]*(?:[eE][-+][0-9]+)?|[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+\.[0-9_]*|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$/,
    resolve: readFloat,
  },
];
const TIMESTAMP_TAG = {
  tag: "tag:yaml.org,2002:timestamp",
  default: true,
  test: /^(?:\d{4}-\d\d-\d\d|\d{4}-\d\d?-\d\d?(?:[Tt]|[ \t]+)\d\d?:\d\d:\d\d(?:\.\d*)?(?:[ \t]*(?:Z|[-+]\d\d?(?::\d\d)?))?)$/,
} as const;
const REPLACED = new Set([...SCALARS, TIMESTAMP_TAG].map(({ tag }) => tag));

/** What a date or a time becomes, of its text as Python prints it. */
export type TimestampOf = (text: string) => unknown;

/** YAML 1.1's tags with PyYAML's scalars in place of the library's. */
export function pyYamlTags(timestampOf: TimestampOf): (tags: Tags) => Tags {
  const timestamp: ScalarTag = { ...TIMESTAMP_TAG, resolve: (text) => timestampOf(readTimestamp(text)) };
  return (tags) => [...SCALARS, timestamp, ...tags.filter((tag) => typeof tag === "string" || !REPLACED.has(tag.tag))];
}

const OTHERS = /^(?:~|null|Null|NULL|<<|=|)$/;

/** Whether PyYAML reads plain text as text. */
export function isPlainText(text: string): boolean {
  return ![...SCALARS, TIMESTAMP_TAG].some(({ test }) => test?.test(text) === true) && !OTHERS.test(text);
}

function readInteger(text: string): bigint {
  const digits = text.replaceAll("_", "").replace(/^[-+]/, "");
  const sign = text.startsWith("-") ? -1n : 1n;
  if (/^0[bx]/.test(digits)) return sign * BigInt(digits);
  if (digits.startsWith("0")) return sign * BigInt(`0o${digits}`);
  return sign * digits.split(":").reduce((sum, part) => sum * 60n + BigInt(part), 0n);
}

function readFloat(text: string): number {
  const digits = text.replaceAll("_", "").toLowerCase().replace(/^[-+]/, "");
  const sign = text.startsWith("-") ? -1 : 1;
  if (digits === ".inf") return sign * Number.POSITIVE_INFINITY;
  if (digits === ".nan") return Number.NaN;
  return sign * digits.split(":").reduce((sum, part) => sum * 60 + Number(part), 0);
}

const TIMESTAMP =
  /^(\d{4})-(\d\d?)-(\d\d?)(?:(?:[Tt]|[ \t]+)(\d\d?):(\d\d):(\d\d)(?:\.(\d*))?(?:[ \t]*(Z|[-+]\d\d?(?::\d\d)?))?)?$/;

function readTimestamp(text: string): string {
  const [, year, month, day, hour, minute, second, fraction = "", zone] = TIMESTAMP.exec(text) ?? [];
  const two = (part: string | undefined) => (part ?? "").padStart(2, "0");
  const date = `${year}-${two(month)}-${two(day)}`;
  if (hour === undefined) return date;
  const micros = fraction.slice(0, 6).padEnd(6, "0");
  const time = `${two(hour)}:${minute}:${second}${/[1-9]/.test(micros) ? `.${micros}` : ""}`;
  return `${date} ${time}${zone === undefined ? "" : offset(zone)}`;
}

function offset(zone: string): string {
  if (zone === "Z") return "+00:00";
  const [hours = "", minutes = "00"] = zone.slice(1).split(":");
  return `${zone[0]}${hours.padStart(2, "0")}:${minutes}`;
}
