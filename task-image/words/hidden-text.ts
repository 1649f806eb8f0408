/*
 * Texts that a message quotes and that may hold values of rows: a server's DETAIL, a cell, an answer's body. They are marked where they
 * come in and stay marked when texts are joined, so that the places where text leaves the process decide about them:
 *
 * | where                                                     | what is written of a hidden text                    |
 * |-----------------------------------------------------------|-----------------------------------------------------|
 * | result, and by it status, Events and metrics              | what stands in its place, mostly nothing            |
 * | log of the pod                                            | the same; the text itself where spec.logValues says |
 * | `_kelt_rejects`, in the database of the data              | the value itself, unmarked                          |
 *
 * The marks are noncharacters, which Unicode keeps for a program's own use (The Unicode Standard, 23.7). A mark without its other one,
 * because somebody has cut the text, hides all that follows.
 */
const OPEN = "\u{FDD0}";
const INSTEAD = "\u{FDD1}";
const CLOSE = "\u{FDD2}";
const HIDDEN = /\u{FDD0}([^\u{FDD0}-\u{FDD2}]*)\u{FDD1}([^\u{FDD0}-\u{FDD2}]*)\u{FDD2}/gu;
const MARKS = /[\u{FDD0}-\u{FDD2}]/gu;

/** Marks a text that may hold a value of a row. `instead` is what readers of the result see. */
export function hidden(text: string, instead = ""): string {
  return `${OPEN}${wholeText(text)}${INSTEAD}${publicText(instead)}${CLOSE}`;
}

/** The text as everybody may read it. */
export function publicText(text: string): string {
  const shown = text.replace(HIDDEN, "$2");
  const broken = shown.indexOf(OPEN);
  return (broken < 0 ? shown : shown.slice(0, broken)).replace(MARKS, "");
}

/** The text with all that is hidden. */
export function wholeText(text: string): string {
  return text.replace(HIDDEN, "$1").replace(MARKS, "");
}
