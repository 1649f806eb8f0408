/** An error as Snowflake's answers carry it: `code` has six digits. */
export class SnowflakeFailure extends Error {
  readonly code: string;
  readonly sqlState: string;

  constructor(code: string, sqlState: string, message: string) {
    super(message);
    this.code = code;
    this.sqlState = sqlState;
  }
}

export function syntaxFailure(what: string): SnowflakeFailure {
  return new SnowflakeFailure("001003", "42000", `SQL compilation error:\nsyntax error: ${what}`);
}

export function missingFailure(kind: string, name: string): SnowflakeFailure {
  const message = `SQL compilation error:\n${kind} '${name}' does not exist or not authorized.`;
  return new SnowflakeFailure("002003", "42S02", message);
}
