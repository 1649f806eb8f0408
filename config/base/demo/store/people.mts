/** Names of people in demos: with accents, apostrophes, commas and spaces, as names have them. */
export const FIRST_NAMES: readonly string[] = [
  "Ana",
  "Björn",
  "Chidi",
  "Dana",
  "Élodie",
  "Farid",
  "Grace",
  "Hiro",
  "Ines",
  "Jan",
  "Kaya",
  "Liam",
  "Zoë",
];
export const LAST_NAMES: readonly string[] = [
  "O'Brien",
  "Núñez",
  "Smith, Jr.",
  "van Dijk",
  "Larsen",
  "Okafor",
  "García",
  "Lee",
  "Müller",
  "Satō",
  "Diaz",
];
