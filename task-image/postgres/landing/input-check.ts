import type { Session } from "../session.ts";

/** pg_input_is_valid and pg_input_error_info came with Postgres 16. */
const VERSION_WITH_INPUT_CHECKS = 160_000;

/** SQL that tells whether a text is a value of a type, without an error when it is not. */
export interface InputCheck {
  /** A boolean. Both arguments are SQL of type text. */
  valid(value: string, type: string): string;
  /** Why it is not a value, as text. */
  reason(value: string, type: string): string;
}

/** A function for one session, which older servers need: slower, because every value is a subtransaction. A cast cuts what is too long. */
const CAREFUL = `CREATE OR REPLACE FUNCTION pg_temp.kelt_input_error(value text, type text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  longest int := pg_catalog.substring(type, '^(?:character|varchar|char|character varying)\\((\\d+)\\)$')::int;
  bits int := pg_catalog.substring(type, '^bit(?: varying)?\\((\\d+)\\)$')::int;
  found int;
BEGIN
  EXECUTE 'SELECT CAST(' || pg_catalog.quote_literal(value) || ' AS ' || type || ')';
  IF pg_catalog.length(pg_catalog.rtrim(value)) > longest THEN
    RETURN 'value too long for type ' || type;
  END IF;
  IF bits IS NOT NULL THEN
    found := pg_catalog.length(value::bit varying);
    IF found > bits OR (found < bits AND type ~ '^bit\\(') THEN
      RETURN 'bit string length ' || found || ' does not match type ' || type;
    END IF;
  END IF;
  RETURN NULL;
EXCEPTION WHEN OTHERS THEN
  RETURN SQLERRM;
END $$`;

/** The checks that the session's server can do. */
export async function inputCheck(session: Session): Promise<InputCheck> {
  if (session.serverVersion >= VERSION_WITH_INPUT_CHECKS) {
    return {
      valid: (value, type) => `pg_catalog.pg_input_is_valid(${value}, ${type})`,
      reason: (value, type) => `(SELECT e.message FROM pg_catalog.pg_input_error_info(${value}, ${type}) AS e)`,
    };
  }
  return await carefulInputCheck(session);
}

/** A check that also survives values which end a statement of the server, such as JSON that is too deep for its stack. */
export async function carefulInputCheck(session: Session): Promise<InputCheck> {
  await session.query(CAREFUL);
  return {
    valid: (value, type) => `pg_temp.kelt_input_error(${value}, ${type}) IS NULL`,
    reason: (value, type) => `pg_temp.kelt_input_error(${value}, ${type})`,
  };
}
