/**
 * Characters that change how the text around them is shown: controls, terminal escapes, and marks that turn the direction of
 * writing. A name from a file or a message of a server may hold them, and people read results in terminals and on pages.
 * Unicode's categories Cc and Cf, without joiners, which words of some languages need: https://www.unicode.org/reports/tr44/#General_Category_Values
 */
const UNSEEN = /(?![\u200c\u200d])[\p{Cc}\p{Cf}\u2028\u2029]/gu;
const LINE_ENDS = /\r\n?|[\n\t\v\f\u0085\u2028\u2029]/g;

/** The text on one line, without characters that nobody sees. */
export function printable(text: string): string {
  return text.replaceAll(LINE_ENDS, " ").replaceAll(UNSEEN, "");
}
