import { knownSentence, type Sentence } from "../words/known-sentence.ts";
import { publicSentence } from "./server-sentence.ts";

/** Reasons that kelt itself gives for a rejected row. */
const OWN_REASONS: readonly Sentence[] = [
  /^expected [A-Za-z0-9 ,;-]+, found [A-Za-z0-9 ,;-]+$/,
  /^[a-z0-9_ (),]+ cannot hold it without a change$/,
  /^the target table has no such column$/,
];

/** What a message may say of the reason why a row was rejected. */
export function publicReason(reason: string): string | undefined {
  return publicSentence(reason) ?? knownSentence(OWN_REASONS, reason);
}
