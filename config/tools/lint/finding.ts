/** Something wrong with a manifest in a file. Line and column count from 1. */
export interface Finding {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** The reason that the operator would write into a condition, or `InvalidYaml`. */
  readonly rule: string;
  /** The field, as the API server writes paths; empty where the text itself is wrong. */
  readonly path: string;
  readonly message: string;
  /** Nothing refuses it: it is said and does not count. */
  readonly warns?: true;
}

export const FORMATS = ["text", "json", "github"] as const;
export type Format = (typeof FORMATS)[number];

/** The findings as compilers print them, as one JSON array, or as annotations of a GitHub workflow. */
export function formatFindings(findings: readonly Finding[], format: Format): string {
  if (format === "json") return `${JSON.stringify(findings, undefined, 2)}\n`;
  return findings.map((finding) => `${format === "text" ? textOf(finding) : annotationOf(finding)}\n`).join("");
}

function textOf(finding: Finding): string {
  const level = finding.warns === true ? "warning: " : "";
  return `${finding.file}:${finding.line}:${finding.column} ${finding.rule} ${level}${sentenceOf(finding)}`;
}

function sentenceOf({ path, message }: Finding): string {
  return path === "" ? message : `${path}: ${message}`;
}

/** https://docs.github.com/actions/reference/workflow-commands-for-github-actions */
function annotationOf(finding: Finding): string {
  const { file, line, column, rule } = finding;
  return `::${finding.warns === true ? "warning" : "error"} file=${escapeProperty(file)},line=${line},col=${column},title=${escapeProperty(rule)}::${escapeData(sentenceOf(finding))}`;
}

function escapeData(text: string): string {
  return text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}

function escapeProperty(text: string): string {
  return escapeData(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
}
